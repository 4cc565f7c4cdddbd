"""What the packages export is what they promise."""

import importlib

import pytest

PACKAGES = [
    "riverkit.detection",
    "riverkit.loads",
    "riverkit.placement",
    "riverkit.quality",
    "riverkit.protocols.hj212",
    "riverkit.protocols.sl651",
]


@pytest.mark.parametrize("name", PACKAGES)
def test_every_promised_name_exists_and_every_public_name_is_promised(name: str) -> None:
    package = importlib.import_module(name)
    public = {
        key
        for key, value in vars(package).items()
        if not key.startswith("_") and not isinstance(value, type(importlib))
    }
    assert set(package.__all__) == public


@pytest.mark.parametrize("name", PACKAGES)
def test_the_list_of_promises_is_in_order(name: str) -> None:
    promised = importlib.import_module(name).__all__
    constants = [word for word in promised if word.isupper()]
    classes = [word for word in promised if word[0].isupper() and not word.isupper()]
    functions = [word for word in promised if word[0].islower()]
    assert promised == sorted(constants) + sorted(classes) + sorted(functions)


@pytest.mark.parametrize("name", PACKAGES)
def test_every_promised_class_and_function_says_what_it_is(name: str) -> None:
    package = importlib.import_module(name)
    for word in package.__all__:
        if callable(member := getattr(package, word)) and isinstance(member, type) | hasattr(
            member, "__code__"
        ):
            assert member.__doc__, word
