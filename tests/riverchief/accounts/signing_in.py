"""Somebody at a browser who signs in, and what their phone shows."""

from datetime import timedelta
from typing import Any

import pyotp
from django.test import Client
from riverchief.accounts.models import User
from riverchief.base import clock
from riverchief.base.clock import use_clock

PASSWORD = "Qingxi-2026-bridge"
FAST = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""Signing in is tried often here, and hashes for real passwords are slow on purpose."""
STEP = timedelta(seconds=30)


def code_of(secret: str) -> str:
    """What an authenticator shows now."""
    return pyotp.TOTP(secret).at(clock.now())


class Browser:
    """Calls the API under one session; nobody is signed in at first."""

    def __init__(self) -> None:
        self.client = Client(headers={"accept-language": "en"})

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(f"/api/v1{path}", body, content_type="application/json")

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}")

    def sign_in(self, user: User, password: str = PASSWORD) -> Any:
        return self.post("/session", username=user.username, password=password)

    def signed_in(self) -> str | None:
        user = self.get("/session").json()["user"]
        return user and user["username"]

    def set_up(self, **given: str) -> tuple[str, list[str]]:
        """Set up a second factor: the secret, and the recovery codes."""
        begun = self.post("/account/second_factor", **given)
        assert begun.status_code == 200, begun.content
        secret = begun.json()["secret"]
        confirmed = self.post("/account/second_factor/confirm", code=code_of(secret))
        assert confirmed.status_code == 200, confirmed.content
        return secret, confirmed.json()["recovery_codes"]


def later(**by: float) -> use_clock:
    """Some time after now."""
    return use_clock(clock.now() + timedelta(**by))
