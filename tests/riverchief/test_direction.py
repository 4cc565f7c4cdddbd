"""Slices lean downwards only: foreign keys too, for what import contracts cannot see."""

from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField, OneToOneField
from importlinter.api import read_configuration

ORDER = ("base", "accounts", "registry", "monitor", "trace", "rectify", "demo", "site")
REPOSITORY = Path(__file__).resolve().parents[2]


def relations() -> list[tuple[str, str, str]]:
    found = []
    for model in apps.get_models():
        if model._meta.app_label not in ORDER:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey | OneToOneField | ManyToManyField):
                target = field.related_model._meta.app_label
                found.append((model._meta.app_label, target, f"{model.__name__}.{field.name}"))
    return found


def test_there_are_relations_to_check() -> None:
    assert len(relations()) > 40


@pytest.mark.parametrize(("own", "target", "name"), relations())
def test_a_foreign_key_points_downwards(own: str, target: str, name: str) -> None:
    assert target in ORDER, f"{name} points out of the slices, to {target}"
    assert ORDER.index(target) <= ORDER.index(own), f"{own}.{name} points upwards, to {target}"


def test_the_import_contract_names_every_slice_in_this_order() -> None:
    contracts = read_configuration(str(REPOSITORY / "pyproject.toml"))["contracts_options"]
    slices = next(row for row in contracts if row["name"] == "Slices call downwards only")
    layers = [part.strip().removeprefix("riverchief.") for row in slices["layers"] for part in row.split("|")]
    assert set(layers) == set(ORDER)
    below = [layer for layer in reversed(layers) if layer not in {"demo", "site"}]
    assert tuple(below) == ORDER[:-2]
