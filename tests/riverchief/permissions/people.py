"""Accounts, roles and duties: every operation, and how the test calls it."""

from typing import Any

from riverchief.accounts.roles import Role

from tests.riverchief.permissions.calls import Operation, lists, read, write
from tests.riverchief.permissions.world import World


def _new_account(world: World) -> dict[str, Any]:
    county = world.office.county.pk
    return {"username": "new", "name_zh": "新", "role": "inspector", "area": county}


def _role(world: World) -> dict[str, Any]:
    return {"role": "inspector", "area": world.office.county.pk}


def _another(world: World) -> int:
    return world.here[Role.CHIEF].pk


def _duty(world: World) -> dict[str, Any]:
    here = {"kind": "deputy_head", "area": world.office.county.pk}
    return {"user_id": _another(world), "valid_from": "2026-11-01", **here}


def _stand_in(world: World) -> dict[str, Any]:
    days = {"valid_from": "2026-11-01", "valid_to": "2026-11-30"}
    return {"user_id": _another(world), "reason": "学习", **days}


PEOPLE: dict[str, Operation] = {
    "GET /accounts": read("/accounts?limit=200", lists("id", lambda world: world.office["chief"].pk)),
    "GET /accounts/{user_id}": read("/accounts/{chief}"),
    "POST /accounts": write("/accounts", _new_account),
    "POST /accounts/{user_id}": write(
        "/accounts/{chief}", lambda world: {"name_zh": "李", "name_en": "Li", "phone": "13800000001"}
    ),
    "POST /accounts/{user_id}/close": write("/accounts/{chief}/close", lambda world: {"reason": "调离"}),
    "POST /accounts/{user_id}/open": write("/accounts/{closed}/open"),
    "POST /accounts/{user_id}/password": write("/accounts/{chief}/password"),
    "POST /accounts/{user_id}/second_factor/reset": write("/accounts/{chief}/second_factor/reset"),
    "POST /accounts/{user_id}/unlink": write("/accounts/{chief}/unlink"),
    "POST /accounts/{user_id}/roles": write("/accounts/{chief}/roles", _role),
    "POST /accounts/{user_id}/hand_over": write(
        "/accounts/{chief}/hand_over",
        lambda world: {"to_user_id": _another(world), "since": "2026-11-21"},
    ),
    "POST /roles/{membership_id}/end": write(
        "/roles/{membership}/end", lambda world: {"last_day": "2026-11-30"}
    ),
    "GET /duties": read("/duties", lists("id", lambda world: world.duty.pk)),
    "GET /duties/{duty_id}": read("/duties/{duty}"),
    "GET /duties/{duty_id}/subordinates": read("/duties/{duty}/subordinates"),
    "GET /chiefs/{user_id}": read("/chiefs/{chief}"),
    "POST /duties": write("/duties", _duty),
    "POST /duties/{duty_id}/hand_over": write(
        "/duties/{duty}/hand_over", lambda world: {"user_id": _another(world), "since": "2026-11-20"}
    ),
    "POST /duties/{duty_id}/end": write("/duties/{duty}/end", lambda world: {"last_day": "2026-11-20"}),
    "POST /duties/{duty_id}/stand_ins": write("/duties/{duty}/stand_ins", _stand_in),
    "GET /rivers/{river_id}/areas": read("/rivers/{river}/areas"),
    "POST /rivers/{river_id}/areas": write(
        "/rivers/{river}/areas", lambda world: {"areas": [world.office.county.pk]}
    ),
}
