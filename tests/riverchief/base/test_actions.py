"""Actions: permission before state, all or nothing, nothing without a line in the log."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from riverchief.base import audit
from riverchief.base.actions import SYSTEM, Action, NotLogged
from riverchief.base.clock import now
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.base.models import Heartbeat, OutboxEvent


@dataclass(kw_only=True)
class Beat(Action[Heartbeat]):
    """Writes a row."""

    name: ClassVar[str] = "test.beat"
    permitted: bool = True
    ready: bool = True
    logs: bool = True
    fails: bool = False

    def check_permission(self) -> None:
        if not self.permitted:
            raise PermissionRefused("no")

    def check_state(self) -> None:
        if not self.ready:
            raise StateRefused("not now")

    def execute(self) -> Heartbeat:
        row = Heartbeat.objects.create(process="test", at=now())
        self.announce("test.beaten", area="/1/", process="test")
        if self.logs:
            self.log("test:1", process="test")
        if self.fails:
            raise RuntimeError("in the middle")
        return row


def nothing_is_left() -> bool:
    return not (Heartbeat.objects.exists() or OutboxEvent.objects.exists() or audit.entries("test:1"))


def test_row_log_and_announcement_are_written_together(db) -> None:
    assert Beat(actor=SYSTEM).run().process == "test"
    assert [entry.action for entry in audit.entries("test:1")] == ["test.beat"]
    assert OutboxEvent.objects.get().payload == {"process": "test"}


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"permitted": False, "ready": False}, PermissionRefused),
        ({"ready": False}, StateRefused),
        ({"fails": True}, RuntimeError),
        ({"logs": False}, NotLogged),
    ],
)
def test_whatever_goes_wrong_leaves_nothing_behind(db, how: dict[str, bool], error: type[Exception]) -> None:
    with pytest.raises(error):
        Beat(actor=SYSTEM, **how).run()
    assert nothing_is_left()


@pytest.mark.parametrize("kind", [InvalidInput, NotFound, PermissionRefused, StateRefused])
def test_a_refusal_says_what_to_do_in_both_languages_even_where_nothing_special_is_known(kind) -> None:
    told = [kind("没有。|There is none.").as_json(language)["cure"] for language in ("zh", "en")]
    assert all(told)
    assert told[0] != told[1]
    assert kind("没有。|There is none.", cure="等。|Wait.").as_json("en")["cure"] == "Wait."
