"""All code tables in one answer: class names, colours and labels have one source, here in Python."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.http import HttpRequest
from ninja import Router

from riverchief.accounts.api import auth
from riverchief.rectify.kinds import kinds

SLICES = ("registry", "monitor", "trace", "rectify", "rectify.remediation")
router = Router(tags=["site"])


@cache
def code_tables() -> dict[str, list[dict[str, Any]]]:
    """The `TABLES` of every slice that has a `codes` module, by name of the table.

    Raises:
        ValueError: two slices use one name.
    """
    tables: dict[str, list[dict[str, Any]]] = {}
    for name in SLICES:
        if find_spec(f"riverchief.{name}.codes") is None:
            continue
        for table, rows in import_module(f"riverchief.{name}.codes").TABLES.items():
            if table in tables:
                raise ValueError(
                    f"The code table {table!r} of {name} is already there. Give it its own name."
                )
            tables[table] = rows
    return tables


@router.get("/codes", response=dict[str, list[dict[str, Any]]], auth=auth)
def list_codes(request: HttpRequest) -> dict[str, list[dict[str, Any]]]:
    """Every code with its Chinese and English label, and a unit or colour where it has one."""
    return {**code_tables(), **kinds().tables()}
