"""An uploaded file as one on disk, for as long as it is read."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ninja.files import UploadedFile

from riverchief.base.errors import InvalidInput

LARGEST = 200 * 1024 * 1024
"""Bytes of a file that a page may send; the server takes larger ones from its own disk."""


@contextmanager
def kept(file: UploadedFile) -> Iterator[Path]:
    """The uploaded file on disk, under its own suffix."""
    if (file.size or 0) > LARGEST:
        raise InvalidInput(
            "文件超过 200 MB。|The file is larger than 200 MB.",
            cure="请拆分文件，或在服务器上用 riverchief import。|Split it, or use `riverchief import` on the server.",
            field="file",
        )
    suffix = Path(file.name or "").suffix.lower()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{suffix}"
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        yield path
