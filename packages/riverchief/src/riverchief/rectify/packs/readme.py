"""README.txt of an inspection pack: what is in it, and how to verify it."""

from typing import Any

from riverchief.base.audit.statement import Statement
from riverchief.rectify.packs.codes import AUDIENCES

_TEXT = """迎检包 {about}（{audience_zh}）
生成：{made_by}，{made_at}

内容
  pack.pdf              供阅读：数量、缺项清单、问题清单
  pack.json             供程序读取的目录与数字
  gaps.csv, gaps.json   缺项清单，逐条注明所属记录
  problems/             每个问题的案卷（.json 供程序，.pdf 供阅读）
  documents.json        已签发的公文，及签收、答复
  outfalls.json         排口及其排污许可、整治
  campaigns.json        行动的定稿数字
  enforcement.json      查处案件（区县副本中没有）
  chains/               日志中的哈希链，及其在检查点之下的证明
  checkpoint.json       签名的检查点
  evidence/             证据文件原件，以内容的 SHA-256 命名
  public_key.pem        公钥（Ed25519）
  manifest.json         以上各文件的 SHA-256；manifest.signature 是对它的签名

核验（不需要数据库，也不需要联网）
  riverchief audit verify 本文件.zip
  公钥指纹，请与从别处得到的核对：
    {public_key}
  依据第 {checkpoint} 号检查点（{checkpoint_at}）。
  链中 body 为 null 的记录内容不予提供，其哈希仍参与核验。
  举报人、溯源的怀疑对象不在其中；区县副本另不含线索、查处、责任主体，以及未发给该区县的公文。

------------------------------------------------------------------------------------------

Inspection pack {about} ({audience_en})
Made by {made_by}, {made_at}

Content
  pack.pdf              to read: counts, what is missing, the list of problems
  pack.json             index and figures for programs
  gaps.csv, gaps.json   what is missing, each naming its row
  problems/             the case of each problem (.json for programs, .pdf to read)
  documents.json        the issued letters with receipts and replies
  outfalls.json         the outfalls with their permits and remediation
  campaigns.json        the signed figures of the campaigns
  enforcement.json      cases of enforcement (not in a copy for a district)
  chains/               hash chains of the log, with the proof that each stands under the checkpoint
  checkpoint.json       the signed checkpoint
  evidence/             the files of evidence as they were handed in, named by the SHA-256 of their content
  public_key.pem        the public key (Ed25519)
  manifest.json         the SHA-256 of each of these; manifest.signature is the signature over it

To verify it (without any database or network)
  riverchief audit verify THIS.zip
  Compare the key's fingerprint with one had from elsewhere:
    {public_key}
  It rests on checkpoint {checkpoint} of {checkpoint_at}.
  An entry of a chain whose body is null is withheld, and its hash still counts.
  Who reported and whom a trace suspected are not in it; a copy for a district holds besides no clues, no enforcement, nobody who
  is responsible for an outfall, and no letter that did not go to that district.

By hand
  As README.txt of a case file says it; of the list of files, signed are the bytes "riverchief pack 1\\n" + manifest.json.
  Hash of an entry: SHA-256 over its JSON (UTF-8, keys sorted, no blanks, without "hash"); "previous_hash" is the hash of
  the entry before, 64 zeros for the first.
  Leaf of a chain: SHA-256(0x00 + "LENGTH HASH CHAIN"). Up along "path", as in RFC 6962: SHA-256(0x01 + left + right).
  The root is in "checkpoint"; signed (Ed25519) are the bytes "riverchief checkpoint 1\\n" + checkpoint.
"""


def about_in_words(about: dict[str, Any], language: str = "zh") -> str:
    """What a pack is about, in one line."""
    name = "name_en" if language == "en" else "name_zh"
    parts = [about["river"][name] if about["river"] else "", about["area"][name]]
    parts += [about["campaign"]["number"]] if about["campaign"] else []
    if about["since"] or about["until"]:
        parts.append(f"{about['since'] or '…'} – {about['until'] or '…'}")
    return " · ".join(part for part in parts if part)


def text(index: dict[str, Any], statement: Statement, public_key: str) -> bytes:
    """The text, in both languages."""
    zh, en = AUDIENCES[index["audience"]]
    return _TEXT.format(
        about=about_in_words(index["about"]),
        audience_zh=zh,
        audience_en=en,
        made_by=index["made_by"],
        made_at=index["made_at"][:19],
        public_key=public_key,
        checkpoint=statement.number,
        checkpoint_at=f"{statement.at:%Y-%m-%d %H:%M:%S} UTC",
    ).encode()
