"""The outbox: an event reaches each subscriber once, in a transaction of its own, however often it is delivered."""

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from riverchief.base import outbox
from riverchief.base.clock import now
from riverchief.base.models import Delivery, Heartbeat, OutboxEvent

SUBSCRIBERS = {
    "test.happened": (f"{__name__}.note", f"{__name__}.note_too"),
    "test.broken": (f"{__name__}.fail",),
}


def note(event: OutboxEvent) -> None:
    Heartbeat.objects.create(process=f"note {event.pk}", at=now())


def note_too(event: OutboxEvent) -> None:
    Heartbeat.objects.create(process=f"note too {event.pk}", at=now())


def fail(event: OutboxEvent) -> None:
    note(event)
    raise RuntimeError("the subscriber broke")


@pytest.fixture(autouse=True)
def _our_subscribers(monkeypatch, db) -> None:
    handlers = {f"{__name__}.{handler.__name__}": handler for handler in (note, note_too, fail)}
    monkeypatch.setattr(outbox, "subscribers", lambda: SUBSCRIBERS)
    monkeypatch.setattr(outbox, "import_string", handlers.__getitem__)


def jobs() -> list[dict[str, object]]:
    ours = ProcrastinateJob.objects.filter(task_name="base.deliver", args__subscriber__startswith=__name__)
    return list(ours.order_by("id").values_list("args", flat=True))


def test_an_event_defers_one_job_per_subscriber_and_each_runs_once() -> None:
    event = outbox.announce("test.happened", {"id": 1}, area="/1/")
    assert [job["subscriber"] for job in jobs()] == list(SUBSCRIBERS["test.happened"])
    for job in jobs() * 3:
        outbox.deliver(**job)
    assert set(Heartbeat.objects.values_list("process", flat=True)) == {
        f"note {event.pk}",
        f"note too {event.pk}",
    }
    assert Delivery.objects.count() == 2


def test_an_event_nobody_listens_to_is_kept_for_the_live_stream() -> None:
    outbox.announce("test.unheard", {})
    assert OutboxEvent.objects.get().name == "test.unheard"
    assert jobs() == []


def test_an_event_of_a_change_that_was_undone_never_was() -> None:
    with transaction.atomic():
        outbox.announce("test.happened", {})
        transaction.set_rollback(True)
    assert not OutboxEvent.objects.exists()
    assert jobs() == []


def test_a_subscriber_that_breaks_leaves_nothing_and_is_tried_again() -> None:
    outbox.announce("test.broken", {})
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broke"), transaction.atomic():
            outbox.deliver(**jobs()[0])
        assert not Heartbeat.objects.exists()
        assert not Delivery.objects.exists()
