"""The front end's copies of what has its source in Python are the same as the source."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ninja import Schema
from riverchief.site.api import api
from riverchief.site.export import exports

WEB = Path(__file__).resolve().parents[3] / "web"


@pytest.mark.parametrize("name", sorted(exports()))
def test_an_exported_file_is_what_python_says_now(name: str) -> None:
    assert (WEB / name).read_text(encoding="utf-8") == exports()[name], "run: riverchief export-web"


def test_the_api_document_refers_to_nothing_outside_itself() -> None:
    references = re.findall(r'"\$ref": "([^"]+)"', exports()["openapi.json"])
    assert references
    assert all(reference.startswith("#/") for reference in references)


def _shapes(kind: type[Schema] = Schema) -> Iterator[type[Schema]]:
    for shape in kind.__subclasses__():
        yield shape
        yield from _shapes(shape)


def test_shapes_of_one_name_are_alike_for_the_document_knows_them_by_name() -> None:
    api.get_openapi_schema()  # all of them are there
    of_name: dict[str, set[str]] = {}
    for shape in _shapes():
        if shape.__module__.startswith("riverchief.") and not shape.__pydantic_generic_metadata__["origin"]:
            fields = {name: field.annotation for name, field in shape.model_fields.items()}
            of_name.setdefault(shape.__name__, set()).add(str(fields))
    assert {name for name, found in of_name.items() if len(found) > 1} == set()
