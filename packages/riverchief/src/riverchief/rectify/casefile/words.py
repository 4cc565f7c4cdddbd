"""How names, codes, times and files are written in a case file or a pack."""

from collections.abc import Mapping
from typing import Any

from riverchief.rectify.casefile.pack import EVIDENCE

Shown = dict[str, Any]

_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "video/mp4": "mp4",
}


def names(row: Any) -> Shown:
    """The name in both languages."""
    return {"name_zh": row.name_zh, "name_en": row.name_en}


def named(row: Any) -> Shown | None:
    """Somebody, or something, by name; None where there is nobody."""
    return names(row) if row else None


def coded(table: Mapping[Any, tuple[str, str]], key: str) -> Shown | None:
    """A code with its words."""
    return {"key": key, "zh": table[key][0], "en": table[key][1]} if key else None


def time_of(at: Any) -> str | None:
    """A time or day as text."""
    return at.isoformat() if at else None


def file_name(sha256: str, media_type: str) -> str:
    """A file of evidence by its hash. The name that somebody gave it may name somebody."""
    return f"{EVIDENCE}{sha256}.{_ENDINGS[media_type]}"
