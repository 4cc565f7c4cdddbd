"""What every answer has: strict headers, one shape of error in the reader's language, and no page for strangers."""

from datetime import timedelta
from pathlib import Path

import pytest
from axes.models import AccessAttempt
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from django.utils.module_loading import import_string
from riverchief.site.api import api
from riverchief.site.middleware import Compression
from riverchief.site.subscribers import SUBSCRIBERS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/map", "/api/v1/session", "/api/v1/nope", "/health"])
def test_no_answer_lets_anything_from_elsewhere_in(client: Client, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert "unsafe-eval" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert len(headers["X-Request-ID"]) == 32


@pytest.mark.parametrize(
    ("method", "kind", "compressed"),
    [
        ("GET", "application/json", True),
        ("GET", "application/vnd.mapbox-vector-tile", True),
        ("POST", "application/json", False),
        ("GET", "image/jpeg", False),
    ],
)
def test_what_is_read_and_shrinks_is_compressed_and_nothing_else(
    method: str, kind: str, compressed: bool
) -> None:
    request = RequestFactory().generic(method, "/api/v1/codes", headers={"Accept-Encoding": "gzip"})
    answer = Compression(lambda _: HttpResponse(b"water " * 1000, content_type=kind))(request)
    assert answer.headers.get("Content-Encoding") == ("gzip" if compressed else None)


def test_a_callers_request_id_is_not_taken_over(client: Client) -> None:
    answer = client.get("/api/v1/session", headers={"X-Request-ID": "forged"})
    assert answer.headers["X-Request-ID"] != "forged"


@pytest.mark.parametrize(
    ("language", "message"), [("zh", "请先登录。"), ("en", "Sign in first."), ("", "请先登录。")]
)
def test_an_error_is_told_in_the_readers_language_in_one_shape(
    client: Client, language: str, message: str
) -> None:
    answer = client.get("/api/v1/areas", headers={"Accept-Language": language} if language else {})
    assert answer.status_code == 401
    assert answer.json() == {
        "code": "sign_in_needed",
        "message": message,
        "cure": answer.json()["cure"],
        "field": None,
    }


@pytest.mark.parametrize("path", ["/api/v1/nope", "/api/v1/events/6%0Ac", "/api/%0A", "/api/"])
def test_an_address_that_the_api_does_not_have_is_a_404_in_the_same_shape(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_body_of_the_wrong_shape_names_the_field(client: Client) -> None:
    answer = client.post(
        "/api/v1/session", {"username": "li"}, "application/json", headers={"Accept-Language": "en"}
    )
    assert answer.status_code == 422
    assert answer.json()["field"] == "password"
    assert "password" in answer.json()["message"]


@pytest.mark.parametrize(("language", "told"), [("zh", "还剩 15 分钟"), ("en", "locked for 15 more minutes")])
def test_too_many_wrong_passwords_are_answered_with_the_time_that_is_left(
    client: Client, language: str, told: str
) -> None:
    def attempt() -> HttpResponse:
        credentials = {"username": "li", "password": "wrong"}
        return client.post(
            "/api/v1/session", credentials, "application/json", headers={"Accept-Language": language}
        )

    answers = [attempt() for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [429] * 2
    for answer in answers[4:]:
        assert answer.json()["code"] == "too_many_attempts"
        assert told in answer.json()["message"]
        assert "15" in answer.json()["cure"]
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14, seconds=30))
    assert "15" not in attempt().json()["message"], "an attempt in between must not lengthen the lock"
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15))
    assert attempt().status_code == 422


def test_a_body_that_is_no_json_is_refused_in_the_same_shape(client: Client) -> None:
    answer = client.post("/api/v1/session", "{", "application/json")
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_input"


@pytest.mark.parametrize("text", ["a\\u0000b", "half \\ud800"])
def test_a_character_that_the_database_cannot_keep_is_refused_wherever_it_stands(
    client: Client, text: str
) -> None:
    body = f'{{"username": "{text}", "password": "x"}}'
    answer = client.post("/api/v1/session", body, "application/json", headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "cannot be kept" in answer.json()["message"]


def test_health_says_what_is_wrong_while_nothing_runs(client: Client) -> None:
    answer = client.get("/health")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["database"]["ok"]
    assert not checks["worker"]["ok"]
    assert "riverchief serve" in checks["worker"]["detail"]


def test_figures_are_for_this_machine_or_for_who_has_the_token(client: Client, settings) -> None:
    assert b"riverchief_jobs" in client.get("/metrics").content
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 403
    forwarded = {"X-Forwarded-For": "10.0.0.7"}
    assert client.get("/metrics", headers=forwarded).status_code == 403
    settings.RIVERCHIEF_METRICS_TOKEN = "s3cret"
    assert client.get("/metrics", headers={**forwarded, "Authorization": "Bearer s3cret"}).status_code == 200
    assert client.get("/metrics", headers={**forwarded, "Authorization": "Bearer guess"}).status_code == 403


def test_every_page_address_gets_the_built_front_end_and_a_missing_file_does_not(
    client: Client, settings, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>front end")
    settings.RIVERCHIEF_WEB_DIST = tmp_path
    for path in ("/", "/map", "/events/12", "/problems/7"):
        answer = client.get(path)
        assert answer.content == b"<!doctype html>front end"
        assert "no-cache" in answer.headers["Cache-Control"]
        assert "csrftoken" in answer.cookies
    assert client.get("/assets/gone-12345678.js").status_code == 404


def test_a_front_end_that_was_not_built_says_how_to_build_it(
    client: Client, settings, tmp_path: Path
) -> None:
    settings.RIVERCHIEF_WEB_DIST = tmp_path
    answer = client.get("/map")
    assert answer.status_code == 503
    assert "make demo" in answer.content.decode()


def test_every_subscriber_in_the_table_exists_and_can_be_called() -> None:
    paths = [path for listeners in SUBSCRIBERS.values() for path in listeners]
    assert paths
    assert all(callable(import_string(path)) for path in paths)


def test_the_api_document_needs_nothing_from_elsewhere() -> None:
    document = str(api.get_openapi_schema(path_prefix="/api/v1/"))
    assert "'$ref': 'http" not in document
