"""Signing in by a code: once, for five minutes, by chiefs, and nobody learns whose numbers are known."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from riverchief.accounts.models import SignInCode, User
from riverchief.accounts.sms import codes
from riverchief.accounts.sms.adapters import HttpAdapter, NotSent, adapter
from riverchief.base.clock import use_clock

from tests.riverchief.rectify.office import NOON, make_office

CHIEF, OFFICE, NOBODY = "13800000001", "13800000002", "13800000003"


@pytest.fixture
def post(db, settings, tmp_path, monkeypatch):
    """Call the API as a stranger; jobs are done at once."""
    settings.RIVERCHIEF_SMS = tmp_path / "sms.toml"
    settings.RIVERCHIEF_SMS.write_text('adapter = "file"\n')
    monkeypatch.setattr(
        "riverchief.accounts.sms.tasks.send_sign_in_code.defer", lambda code_id: codes.send(code_id)
    )
    office = make_office()
    for name, phone in (("chief", CHIEF), ("inspector", OFFICE)):
        User.objects.filter(pk=office[name].pk).update(phone=phone)
    client = Client()

    def post(path, address="10.0.0.1", **body):
        given = {"content_type": "application/json", "REMOTE_ADDR": address}
        return client.post(f"/api/v1/session/{path}", body, **given).status_code

    post.client, post.sent = client, tmp_path / "sms.log"
    with use_clock(NOON):
        yield post


def last_code(post) -> str:
    return post.sent.read_text().split()[-1]


def test_a_chief_signs_in_with_the_code_once(post):
    assert post("code", phone=CHIEF) == 204
    code = last_code(post)
    assert code not in json.dumps(list(SignInCode.objects.values("digest", "phone")))
    assert post("by_code", phone=CHIEF, code=code) == 200
    assert post.client.get("/api/v1/session").json()["user"]["username"] == "chief"
    assert post("by_code", phone=CHIEF, code=code) == 422


def test_a_code_ends_after_five_minutes_and_after_five_wrong_attempts(post):
    post("code", phone=CHIEF)
    code = last_code(post)
    with use_clock(NOON + codes.VALID_FOR + timedelta(seconds=1)):
        assert post("by_code", phone=CHIEF, code=code) == 422
        assert post("code", phone=CHIEF) == 204
        code = last_code(post)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        assert [post("by_code", phone=CHIEF, code=wrong) for _ in range(5)] == [422] * 5
        assert post("by_code", phone=CHIEF, code=code) == 422


def test_a_number_that_nobody_has_is_answered_and_limited_like_one_that_a_chief_has(post):
    """And so is one of the office, where passwords hold; only the chief's is sent anything."""
    for phone in (CHIEF, OFFICE, NOBODY):
        assert [post("code", phone=phone) for _ in range(2)] == [204, 429]
        assert post("by_code", phone=phone, code="000000") == 422
    assert [line.split()[1] for line in post.sent.read_text().splitlines()] == [CHIEF]
    others = [post("code", "10.0.0.9", phone=f"139000000{number:02}") for number in range(31)]
    assert others == [204] * 30 + [429]


def test_where_nothing_is_set_up_the_page_says_so(post, settings, tmp_path):
    settings.RIVERCHIEF_SMS = tmp_path / "absent.toml"
    assert post("code", phone=CHIEF) == 409
    assert post.client.get("/api/v1/session").json()["by_code"] is False


def test_a_service_over_http_is_told_what_the_file_says(settings, tmp_path, monkeypatch):
    settings.RIVERCHIEF_SMS = tmp_path / "sms.toml"
    text = (
        'adapter = "http"\nurl = "https://sms.example/send"\nsuccess = "\\"ok\\""\n'
        'body = \'{"to": "$phone", "text": "验证码 $code"}\'\nheaders = { Authorization = "env:SMS_KEY" }\n'
        'alarm_body = \'{"to": "$phone", "text": "$text"}\'\n'
    )
    settings.RIVERCHIEF_SMS.write_text(text, encoding="utf-8")
    monkeypatch.setenv("SMS_KEY", "secret")
    described = adapter()
    assert isinstance(described, HttpAdapter)
    settings.RIVERCHIEF_SMS.write_text(text.replace("https", "http"), encoding="utf-8")
    with pytest.raises(NotSent):
        adapter()

    heard = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            heard.append((self.headers["Authorization"], json.loads(body)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"status": "ok"}' if len(heard) == 1 else b'{"status": "no money"}')

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        local = HttpAdapter(
            f"http://127.0.0.1:{server.server_port}",
            described.body,
            "application/json",
            '"ok"',
            described.headers,
            described.alarm_body,
        )
        local.send(CHIEF, "123456")
        with pytest.raises(NotSent):
            local.tell(CHIEF, "报警“A”")
        server.shutdown()
    assert heard == [
        ("secret", {"to": CHIEF, "text": "验证码 123456"}),
        ("secret", {"to": CHIEF, "text": "报警“A”"}),
    ]
