"""README.txt of a case file: what is in it, and how to verify it with us and without us."""

from typing import Any

from riverchief.base.audit.statement import Statement

_TEXT = """案卷 {number}  {title}
导出：{made_by}，{made_at}

内容
  case.pdf          供阅读
  case.json         供程序读取，内容相同
  chain.json        该问题在日志中的哈希链，每一步一条记录
  proof.json        签名的检查点，以及该链在检查点之下的证明
  evidence/         证据文件原件，以内容的 SHA-256 命名
  public_key.pem    公钥（Ed25519）
  manifest.json     以上各文件的 SHA-256；manifest.signature 是对它的签名

核验（不需要数据库，也不需要联网）
  riverchief audit verify 本文件.zip
  文件自身只能证明各部分相互一致、由同一密钥签名。密钥是谁的，请另行核对公钥指纹：
    {public_key}
  有从别处得到的公钥或检查点时：
  riverchief audit verify 本文件.zip --public-key public_key.pem --checkpoint 检查点文件
  本案卷依据第 {checkpoint} 号检查点（{checkpoint_at}）。
  链中 body 为 null 的记录引用了举报人信息，内容不予提供，其哈希仍参与核验。

------------------------------------------------------------------------------------------

Case {number}
Taken by {made_by}, {made_at}

Content
  case.pdf          to read
  case.json         the same for programs
  chain.json        the problem's hash chain of the log, an entry for each step
  proof.json        a signed checkpoint, and the proof that the chain stands under it
  evidence/         the files of evidence as they were handed in, named by the SHA-256 of their content
  public_key.pem    the public key (Ed25519)
  manifest.json     the SHA-256 of each of these; manifest.signature is the signature over it

To verify it (without any database or network)
  riverchief audit verify THIS.zip
  The file itself proves that its parts fit and were signed by one key. Whose key that is, ask elsewhere by its fingerprint:
    {public_key}
  With a public key or a checkpoint that you had from elsewhere:
  riverchief audit verify THIS.zip --public-key public_key.pem --checkpoint CHECKPOINT.json
  This case rests on checkpoint {checkpoint} of {checkpoint_at}.
  An entry of the chain whose body is null quotes who reported; it is withheld, and its hash still counts.

By hand
  Hash of an entry: SHA-256 over its JSON (UTF-8, keys sorted, no blanks, without "hash"); "previous_hash" is the hash of
  the entry before, 64 zeros for the first.
  Leaf of the chain: SHA-256(0x00 + "LENGTH HASH CHAIN"). Up along "path", as in RFC 6962: SHA-256(0x01 + left + right).
  The root is in "checkpoint"; signed (Ed25519) are the bytes "riverchief checkpoint 1\\n" + checkpoint.
  Of the list of files: "riverchief case 1\\n" + manifest.json.
"""


def text(case: dict[str, Any], statement: Statement, public_key: str) -> bytes:
    """The text, in both languages."""
    return _TEXT.format(
        number=case["problem"]["number"],
        title=case["problem"]["title"],
        made_by=case["made_by"],
        made_at=case["made_at"][:19],
        public_key=public_key,
        checkpoint=statement.number,
        checkpoint_at=f"{statement.at:%Y-%m-%d %H:%M:%S} UTC",
    ).encode()
