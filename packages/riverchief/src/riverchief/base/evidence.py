"""The evidence store: content-addressed, never overwritten, checked by content and not by name."""

import hashlib
import os
import re
import tempfile
from datetime import datetime
from pathlib import Path

from django.conf import settings

from riverchief.base import clock
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.base.models import Evidence

MAX_BYTES = 50_000_000

# How the kinds of file that are evidence begin; anything else is refused, whatever its name says.
_KINDS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"RIFF.{4}WEBPVP8", re.DOTALL), "image/webp"),
    (re.compile(rb"%PDF-\d"), "application/pdf"),
    # The first box is a short one: its length, its name, its brand. No text begins so.
    (re.compile(rb"\0\0\0[\x10-\xff]ftyp[ -~]{4}"), "video/mp4"),
)


def media_type_of(content: bytes) -> str:
    """The media type by content; `InvalidInput` for what is no photo, PDF or MP4."""
    for beginning, media_type in _KINDS:
        if beginning.match(content):
            return media_type
    raise InvalidInput(
        "文件内容不是照片、PDF 或 MP4 视频。|The file is no photo, PDF or MP4 video, whatever its name says.",
        cure="请上传 JPEG、PNG、WebP、PDF 或 MP4。|Upload JPEG, PNG, WebP, PDF or MP4.",
        field="file",
    )


def path_of(sha256: str) -> Path:
    """Where the content of that hash is kept."""
    return Path(settings.RIVERCHIEF_EVIDENCE_DIR) / sha256[:2] / sha256


def store(
    content: bytes,
    *,
    name: str,
    uploaded_by_id: int | None,
    taken_at: datetime | None = None,
    lon: float | None = None,
    lat: float | None = None,
    device: str = "",
    media_type: str = "",
) -> Evidence:
    """Keep a file; the same bytes are kept once, with the first upload's name, time and place.

    `media_type`: given by whoever has just read the file as that, else found by content.
    """
    if not content or len(content) > MAX_BYTES:
        raise InvalidInput(
            f"文件大小为 {len(content)} 字节，允许 1 至 {MAX_BYTES} 字节。"
            f"|The file has {len(content)} bytes; 1 to {MAX_BYTES} are allowed.",
            cure="请压缩后再上传。|Make it smaller and upload it again.",
            field="file",
        )
    if (lon is None) != (lat is None) or (
        lon is not None and lat is not None and not (-180 <= lon <= 180 and -90 <= lat <= 90)
    ):
        raise InvalidInput(
            "拍摄位置须同时给出经度与纬度，且在有效范围内。|A position needs a longitude and a latitude on earth.",
            cure="请去掉位置或改正坐标。|Leave the position out or correct it.",
            field="lon",
        )
    media_type = media_type or media_type_of(content)
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(sha256)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and renamed: a crash never leaves half a file under a hash that promises the whole.
        descriptor, aside = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    row, _ = Evidence.objects.get_or_create(
        sha256=sha256,
        defaults={
            "name": Path(name).name[:200] or sha256[:12],
            "media_type": media_type,
            "size": len(content),
            "taken_at": taken_at,
            "lon": lon,
            "lat": lat,
            "device": device[:80],
            "uploaded_by_id": uploaded_by_id,
            "uploaded_at": clock.now(),
        },
    )
    return row


def read(evidence: Evidence) -> bytes:
    """The content, checked against its hash."""
    path = path_of(evidence.sha256)
    if not path.exists():
        raise NotFound(
            f"证据文件 {evidence.sha256[:12]} 不在存储中。|The file of evidence {evidence.sha256[:12]} is not in the store.",
            cure="请从备份恢复证据目录。|Restore the evidence folder from a backup.",
        )
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != evidence.sha256:
        raise NotFound(
            f"证据文件 {evidence.sha256[:12]} 已被改动。|The file of evidence {evidence.sha256[:12]} was changed.",
            cure="请从备份恢复该文件。|Restore that file from a backup.",
        )
    return content
