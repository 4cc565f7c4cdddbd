"""Requests generated from the API's own document, and what each answer is held against."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import schemathesis.openapi
from hypothesis import HealthCheck, Phase, given, settings
from riverchief.site.api import api
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

Call = Callable[[Case], Any]


def operations() -> Iterator[APIOperation]:
    """Every operation of the document."""
    document = dict(api.get_openapi_schema(path_prefix="/api/v1/"))
    _loosen_tuples(document)
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        yield found.ok()


def _loosen_tuples(part: Any) -> None:
    """schemathesis 4.32 rewrites `prefixItems` into what its own validator refuses: a list of any of the kinds is left."""
    if isinstance(part, dict):
        if "prefixItems" in part:
            part["items"] = {"anyOf": part.pop("prefixItems")}
        for inner in part.values():
            _loosen_tuples(inner)
    elif isinstance(part, list):
        for inner in part:
            _loosen_tuples(inner)


def aim(case: Case, known: Mapping[str, int | str]) -> None:
    """Let three of four requests be about something that is there: a number at random hits nothing."""
    for name, value in (case.path_parameters or {}).items():
        if name in known and isinstance(value, int) and value % 4:
            case.path_parameters[name] = known[name]


def defects(
    operation: APIOperation,
    call: Call,
    known: Mapping[str, int | str],
    examples: int,
    around: Callable[[], AbstractContextManager[None]],
) -> list[str]:
    """What is wrong with the answers to `examples` valid and as many invalid requests, in words."""
    found: list[str] = []
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Case) -> None:
            aim(case, known)
            with around():
                answer = call(case)
            try:
                case.validate_response(answer, checks=CHECKS)
            except FailureGroup as group:
                found.extend(_told(case, failure) for failure in group.exceptions)
            except Failure as failure:
                found.append(_told(case, failure))

        if mode is GenerationMode.POSITIVE or _has_input(operation):
            send()
    return sorted(set(found))


def _has_input(operation: APIOperation) -> bool:
    return bool(list(operation.iter_parameters()) or operation.body)


def _told(case: Case, failure: BaseException) -> str:
    return f"{case.method} {case.formatted_path} {case.query or ''} {str(case.body)[:200]}: {failure}"[:900]
