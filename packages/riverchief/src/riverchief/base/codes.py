"""Code tables as the API gives them out."""

from collections.abc import Mapping
from typing import Any


def code_rows(labels: Mapping[Any, tuple[str, str]]) -> list[dict[str, str]]:
    """A table of codes: key and words in both languages."""
    return [{"key": str(key), "zh": zh, "en": en} for key, (zh, en) in labels.items()]
