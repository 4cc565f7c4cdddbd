"""The front end's copies of what has its source in Python are the same as the source."""

import re
from pathlib import Path

import pytest
from riverchief.site.export import exports

WEB = Path(__file__).resolve().parents[3] / "web"


@pytest.mark.parametrize("name", sorted(exports()))
def test_an_exported_file_is_what_python_says_now(name: str) -> None:
    assert (WEB / name).read_text(encoding="utf-8") == exports()[name], "run: riverchief export-web"


def test_the_api_document_refers_to_nothing_outside_itself() -> None:
    references = re.findall(r'"\$ref": "([^"]+)"', exports()["openapi.json"])
    assert references
    assert all(reference.startswith("#/") for reference in references)
