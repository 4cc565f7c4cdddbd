"""Passwords: made, judged, hashed, and handed over once."""

import csv
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import translation

from riverchief.accounts.models import User
from riverchief.base.errors import InvalidInput


def new_password() -> str:
    """A password that a person can copy from a screen: 12 characters of 58."""
    alphabet = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ123456789"
    return "".join(secrets.choice(alphabet) for _ in range(12))


def light_hash(password: str) -> str:
    """A light hash of a `new_password`: 70 random bits gain nothing from a slow one, and thousands take hours.

    Django hashes anew with its own count when the person first signs in.
    """
    return str(PBKDF2PasswordHasher().encode(password, secrets.token_hex(11), iterations=10_000))


def refuse_weak(password: str, username: str, field: str = "password") -> None:
    """Raise `InvalidInput` (about `field`) for a password that is short, common, all digits, or too like the user name."""
    try:
        validate_password(password, User(username=username))
    except ValidationError as error:
        with translation.override("zh-hans"):
            chinese = "".join(error.messages)
        with translation.override("en"):
            english = " ".join(error.messages)
        raise InvalidInput(
            f"密码太弱：{chinese}|The password is too weak: {english}",
            cure="请换一个更长、更难猜的密码。|Choose one that is longer and harder to guess.",
            field=field,
        ) from error


def refuse_taken(path: Path) -> None:
    """Raise `InvalidInput` where initial passwords would be written over something."""
    if path.exists():
        raise InvalidInput(
            f"文件 {path} 已存在。|The file {path} exists.",
            cure="请另指定一个新文件。|Name a new file.",
            field="passwords",
        )


def hand_over(passwords: Mapping[str, str], path: Path) -> None:
    """Write user names and initial passwords into a new CSV that only its owner can read."""
    refuse_taken(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InvalidInput(
            f"不能写入 {path}：{error.strerror}|{path} cannot be written: {error.strerror}",
            cure="请指定可写文件夹中的新文件。|Name a new file in a folder that you can write to.",
            field="passwords",
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["username", "password"])
        writer.writerows(passwords.items())
