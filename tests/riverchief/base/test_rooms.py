"""The small rooms of base: clock, calendar, rules, evidence, messages, errors, pages, idempotency."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from hypothesis import given, settings
from riverchief.base import clock, evidence, http
from riverchief.base.calendar import due_date
from riverchief.base.errors import InvalidInput, NotFound, StateRefused, in_both, in_language
from riverchief.base.models import Evidence, IdempotencyKey, InboxMessage, RuleVersion
from riverchief.base.notifications import notify
from riverchief.base.rules import get_rule, load_rules


class TestClock:
    def test_a_clock_is_used_inside_its_block_only(self) -> None:
        moment = datetime(2020, 1, 1, tzinfo=UTC)
        with clock.use_clock(moment):
            assert clock.now() == moment
        assert clock.now() > moment

    def test_the_day_is_that_of_the_office(self) -> None:
        with clock.use_clock(datetime(2026, 1, 1, 17, 0, tzinfo=UTC)):
            assert clock.today() == date(2026, 1, 2)


class TestCalendar:
    @pytest.mark.parametrize(
        ("start", "days", "due"),
        [
            # The National Day week of 2025 (1 to 8 October) does not count; the swapped Saturday 11 October does.
            (datetime(2025, 9, 30, 1, 0, tzinfo=UTC), 3, datetime(2025, 10, 11, 16, 0, tzinfo=UTC)),
            (datetime(2025, 9, 30, 1, 0, tzinfo=UTC), 1, datetime(2025, 10, 9, 16, 0, tzinfo=UTC)),
            # 23:30 UTC on Thursday is Friday in Shanghai: the next working day is Monday.
            (datetime(2025, 11, 20, 23, 30, tzinfo=UTC), 1, datetime(2025, 11, 24, 16, 0, tzinfo=UTC)),
            (datetime(2025, 11, 20, 1, 0, tzinfo=UTC), 0, datetime(2025, 11, 20, 16, 0, tzinfo=UTC)),
        ],
    )
    def test_deadlines_follow_the_official_calendar(self, start, days, due) -> None:
        deadline = due_date(start, days)
        assert (deadline.at, deadline.provisional) == (due, False)

    def test_a_year_that_is_not_announced_is_provisional(self) -> None:
        deadline = due_date(datetime(2080, 1, 1, tzinfo=UTC), 5)
        assert deadline.provisional
        assert deadline.at.astimezone(clock.SHANGHAI).hour == 0

    @settings(max_examples=60, derandomize=True, deadline=None)
    @given(
        st.datetimes(datetime(2019, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
        st.integers(0, 30),
    )
    def test_more_days_are_never_earlier_and_no_deadline_is_past(self, start, days) -> None:
        first, second = due_date(start, days), due_date(start, days + 1)
        assert start < first.at < second.at
        assert second.at - first.at >= timedelta(days=1)


class TestRules:
    def add(self, version: str, valid_from: date, valid_to: date | None = None) -> None:
        RuleVersion.objects.create(
            name="r",
            version=version,
            valid_from=valid_from,
            valid_to=valid_to,
            source="s",
            body={"v": version},
        )

    def test_the_version_that_holds_on_the_day(self, db) -> None:
        self.add("1", date(2020, 1, 1), date(2020, 12, 31))
        self.add("2", date(2021, 1, 1))
        assert get_rule("r", date(2020, 12, 31)) == {"v": "1"}
        assert get_rule("r", date(2025, 6, 1)) == {"v": "2"}
        with pytest.raises(NotFound, match="2019-12-31"):
            get_rule("r", date(2019, 12, 31))

    def test_loading_again_adds_nothing_and_changes_nothing(self, db) -> None:
        assert load_rules() > 0
        RuleVersion.objects.filter(name="rectify.deadlines").update(body={"ours": True})
        assert load_rules() == 0
        assert get_rule("rectify.deadlines") == {"ours": True}

    def test_every_rule_names_its_source(self, db) -> None:
        load_rules()
        assert all(rule.source.strip() for rule in RuleVersion.objects.all())


JPEG, PDF = b"\xff\xd8\xff\xe0 picture", b"%PDF-1.7 document"


class TestEvidence:
    def store(self, content: bytes, **details: Any) -> Evidence:
        return evidence.store(content, **{"name": "a.jpg", "uploaded_by_id": 1, **details})

    @pytest.mark.parametrize(
        ("content", "media_type"),
        [
            (JPEG, "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n..", "image/png"),
            (b"RIFF....WEBPVP8 ", "image/webp"),
            (PDF, "application/pdf"),
            (b"\0\0\0\x18ftypmp42", "video/mp4"),
        ],
    )
    def test_the_content_says_what_it_is(self, db, content: bytes, media_type: str) -> None:
        row = self.store(content, name="anything.exe")
        assert row.media_type == media_type
        assert evidence.read(row) == content

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"MZ\x90",
            b"<html>",
            b"\xff\xd8",
            b"PK\x03\x04",
            b"<script>WEBP",
            b"<!--ftyp--><script>alert(1)</script>",
        ],
    )
    def test_what_is_no_evidence_is_refused(self, db, content: bytes) -> None:
        with pytest.raises(InvalidInput):
            self.store(content, name="photo.jpg")
        assert not Evidence.objects.exists()

    def test_too_large_a_file_is_refused(self, db, monkeypatch) -> None:
        monkeypatch.setattr(evidence, "MAX_BYTES", 10)
        with pytest.raises(InvalidInput, match="10"):
            self.store(JPEG)

    @pytest.mark.parametrize("place", [{"lon": 106.0}, {"lat": 29.0}, {"lon": 29.0, "lat": 106.0}])
    def test_half_a_position_or_one_off_the_earth_is_refused(self, db, place) -> None:
        with pytest.raises(InvalidInput):
            self.store(JPEG, **place)

    def test_equal_bytes_are_kept_once(self, db, settings) -> None:
        assert self.store(JPEG) == self.store(JPEG, name="other.jpg")
        files = [path for path in settings.RIVERCHIEF_EVIDENCE_DIR.rglob("*") if path.is_file()]
        assert [path.name for path in files] == [Evidence.objects.get().sha256]

    def test_a_path_in_the_name_is_dropped(self, db) -> None:
        assert self.store(JPEG, name="../../etc/passwd").name == "passwd"

    def test_a_file_that_was_changed_or_lost_is_not_handed_out(self, db, settings) -> None:
        row = self.store(JPEG)
        path = settings.RIVERCHIEF_EVIDENCE_DIR / row.sha256[:2] / row.sha256
        path.write_bytes(JPEG + b"!")
        with pytest.raises(NotFound, match="已被改动"):
            evidence.read(row)
        path.unlink()
        with pytest.raises(NotFound, match="不在存储中"):
            evidence.read(row)


def test_a_matter_is_told_once(db) -> None:
    for _ in range(2):
        notify([1, 2], kind="k", title_zh="中", title_en="en", link="/x", dedupe="same")
    assert InboxMessage.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        InboxMessage.objects.get(recipient_id=1).__class__.objects.create(
            recipient_id=1, kind="k", title_zh="", title_en="", link="", dedupe="same", created_at=clock.now()
        )


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ("中|en", "zh", "中"),
        ("中|en", "zh-hans", "中"),
        ("中|en", "en", "en"),
        ("both", "en", "both"),
        ("不认识“a|b”。|“a|b” is not known.", "zh", "不认识“a|b”。"),
        ("不认识“a|b”。|“a|b” is not known.", "en", "“a|b” is not known."),
        (in_both("reach a|b|c"), "en", "reach a|b|c"),
    ],
)
def test_a_text_is_shown_in_the_readers_language(text: str, language: str, shown: str) -> None:
    assert in_language(text, language) == shown


class TestIdempotency:
    """The same key: done once, answered the same; with another body, refused; after a failure, free again."""

    class Somebody:
        pk = 1

    def call(self, view: http.View, body: bytes = b"{}", key: str = "k", user: int = 1) -> Any:
        request: HttpRequest = RequestFactory().post("/x", body, "application/json")
        request.META["HTTP_IDEMPOTENCY_KEY"] = key
        request.auth = type("Somebody", (), {"pk": user})()  # type: ignore[attr-defined]
        answer = view(request)
        return json.loads(answer.content) if isinstance(answer, HttpResponse) else answer

    def counting(self) -> tuple[list[int], http.View]:
        calls: list[int] = []

        @http.idempotent
        def view(request: HttpRequest) -> dict[str, int]:
            calls.append(1)
            return {"n": len(calls)}

        return calls, view

    def test_it_is_done_once(self, db) -> None:
        calls, view = self.counting()
        assert [self.call(view) for _ in range(3)] == [{"n": 1}] * 3
        assert len(calls) == 1

    def test_another_person_or_key_is_another_request(self, db) -> None:
        calls, view = self.counting()
        self.call(view)
        self.call(view, key="other")
        self.call(view, user=2)
        assert len(calls) == 3

    def test_without_a_key_it_is_done_each_time(self, db) -> None:
        calls, view = self.counting()
        self.call(view, key="")
        self.call(view, key="")
        assert len(calls) == 2

    def test_another_body_under_the_same_key_is_refused(self, db) -> None:
        _, view = self.counting()
        self.call(view)
        with pytest.raises(StateRefused):
            self.call(view, body=b'{"other": 1}')

    def test_a_failed_request_may_be_sent_again(self, db) -> None:
        @http.idempotent
        def view(request: HttpRequest) -> dict[str, int]:
            raise InvalidInput("no")

        with pytest.raises(InvalidInput):
            self.call(view)
        assert not IdempotencyKey.objects.exists()
