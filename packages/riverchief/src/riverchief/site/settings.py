"""Settings. Every value that an operator may set comes from the environment, with a strict default.

Importing this module writes nothing: secrets are made by the commands that start the product (see `riverchief.site.home`).
"""

import ipaddress
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from riverchief.site.database import parts_of
from riverchief.site.home import Home, default_path
from riverchief.site.logs import LOGGING_CONFIG as LOGGING  # noqa: F401 - read by Django

BASE_DIR = Path(__file__).resolve().parents[5]
HOME = Home(default_path())


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not (text.isdecimal() and 0 < int(text) < 65_536):
        raise click.ClickException(f"{variable}={text} is no port: give a number from 1 to 65535.")
    return int(text)


def _networks(variable: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    texts = [text.strip() for text in os.environ.get(variable, "").split(",") if text.strip()]
    try:
        return [ipaddress.ip_network(text) for text in texts]
    except ValueError as error:
        raise click.ClickException(
            f"{variable}: {error}. Give addresses or networks, separated by commas."
        ) from error


def _number(variable: str) -> int:
    text = os.environ[variable]
    if not (text.isdecimal() and int(text) > 0):
        raise click.ClickException(f"{variable}={text} is no number: give a whole number above 0.")
    return int(text)


# -- who may reach us, and how -----------------------------------------------------------------------------------

RIVERCHIEF_WEB_HOST = os.environ.get("RIVERCHIEF_WEB_HOST", "127.0.0.1")
RIVERCHIEF_WEB_PORT = _port("RIVERCHIEF_WEB_PORT", 8000)
RIVERCHIEF_GATEWAY_HOST = os.environ.get("RIVERCHIEF_GATEWAY_HOST", "127.0.0.1")
RIVERCHIEF_GATEWAY_PORT = _port("RIVERCHIEF_GATEWAY_PORT", 9212)
# Of several gateways side by side each has a name of its own; without one, its host and port serve.
RIVERCHIEF_GATEWAY_NAME = os.environ.get("RIVERCHIEF_GATEWAY_NAME", "")[:32]
# With a certificate (PEM; the key in the same file, or its own) the gateway speaks TLS instead of plain TCP.
RIVERCHIEF_GATEWAY_TLS = (
    os.environ.get("RIVERCHIEF_GATEWAY_TLS_CERTIFICATE", ""),
    os.environ.get("RIVERCHIEF_GATEWAY_TLS_KEY", ""),
)
# Whose word on a station's address is believed (PROXY protocol): they end TLS themselves.
RIVERCHIEF_GATEWAY_BALANCERS = _networks("RIVERCHIEF_GATEWAY_BALANCERS")
if RIVERCHIEF_GATEWAY_BALANCERS and RIVERCHIEF_GATEWAY_TLS[0]:
    raise click.ClickException(
        "RIVERCHIEF_GATEWAY_BALANCERS and RIVERCHIEF_GATEWAY_TLS_CERTIFICATE: let the balancer end TLS, and leave the certificate to it."
    )
RIVERCHIEF_GATEWAY_LIMITS = {
    name: _number(variable)
    for name, variable in (
        ("connections", "RIVERCHIEF_GATEWAY_CONNECTIONS"),
        ("connections_per_address", "RIVERCHIEF_GATEWAY_CONNECTIONS_PER_ADDRESS"),
    )
    if os.environ.get(variable)
}
# Commands that change something at a station (its clock, its intervals, a sample) go out only where somebody says so.
RIVERCHIEF_STATION_CONTROL = os.environ.get("RIVERCHIEF_STATION_CONTROL", "") == "1"
RIVERCHIEF_DEMO = os.environ.get("RIVERCHIEF_DEMO", "") == "1"
RIVERCHIEF_METRICS_TOKEN = os.environ.get("RIVERCHIEF_METRICS_TOKEN", "")

# Without a stored key (before the first start, in a test) sessions last as long as the process: never a known key.
SECRET_KEY = (
    os.environ.get("RIVERCHIEF_SECRET_KEY") or HOME.read_secret("django_key") or secrets.token_urlsafe(48)
)
DEBUG = False
ALLOWED_HOSTS = os.environ.get("RIVERCHIEF_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


# Only a machine that talks to nobody but itself may do without https; one more allowed host, and cookies need it.
RIVERCHIEF_HTTPS = os.environ.get("RIVERCHIEF_HTTPS", "") == "1" or not all(map(_is_loopback, ALLOWED_HOSTS))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = RIVERCHIEF_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if RIVERCHIEF_HTTPS]
if os.environ.get("RIVERCHIEF_BEHIND_PROXY", "") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    AXES_IPWARE_PROXY_COUNT = 1
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if RIVERCHIEF_HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 55_000_000  # a piece of evidence and its form

# -- what the site is made of --------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "procrastinate.contrib.django",
    "axes",
    "riverchief.base",
    "riverchief.accounts",
    "riverchief.registry",
    "riverchief.monitor",
    "riverchief.trace",
    "riverchief.rectify",
    "riverchief.demo",
    "riverchief.site",
]
MIDDLEWARE = [
    "riverchief.site.middleware.Accounting",
    "riverchief.site.middleware.SecurityHeaders",
    "riverchief.site.middleware.Compression",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "riverchief.site.middleware.lock_sign_in",
]
APPEND_SLASH = False
ROOT_URLCONF = "riverchief.site.urls"
ASGI_APPLICATION = "riverchief.site.asgi.application"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username",)},
    },
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# A name is locked for one address: nobody locks a colleague out, and an address tries each name five times only.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # or no lock would end when it was said to
AXES_LOCKOUT_CALLABLE = "riverchief.site.api.say_locked"
AXES_VERBOSE = False

# -- the database --------------------------------------------------------------------------------------------------


def database_settings(url: str) -> dict[str, Any]:
    """Django's settings for a PostgreSQL URL of any form that libpq understands."""
    parts = parts_of(url)
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    values: dict[str, Any] = {django: str(parts.pop(libpq, "")) for libpq, django in known.items()}
    options = parts
    if os.environ.get("RIVERCHIEF_PROCESS") == "web":
        # Views run in as many threads as there are requests; the pool makes them share a few connections.
        options["pool"] = {"min_size": 2, "max_size": 16, "timeout": 20}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **values,
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {
    "default": database_settings(os.environ.get("DATABASE_URL") or HOME.read_secret("database_url") or "")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- language and time ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# -- the built front end -------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
RIVERCHIEF_WEB_DIST = Path(os.environ.get("RIVERCHIEF_WEB_DIST") or BASE_DIR / "web" / "dist")
# Vite gives every file below /assets/ the hash of its content in its name.
WHITENOISE_ROOT = RIVERCHIEF_WEB_DIST if RIVERCHIEF_WEB_DIST.is_dir() else None
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/.+-[0-9A-Za-z_-]{8,}\.[a-z0-9]+$"

# -- the platform --------------------------------------------------------------------------------------------------

RIVERCHIEF_SUBSCRIBERS = "riverchief.site.subscribers.SUBSCRIBERS"
# Who tells the slices below what people have confirmed of an outfall.
RIVERCHIEF_CONFIRMED = "riverchief.rectify.retrospect.confirmed_against"
RIVERCHIEF_IMPORTERS = "riverchief.site.importers.IMPORTERS"
RIVERCHIEF_EVIDENCE_DIR = HOME.evidence
RIVERCHIEF_ARCHIVE_DIR = HOME.archive
# Signs checkpoints of the log and case files; made at the first start, kept apart from backups.
RIVERCHIEF_AUDIT_KEY = HOME.secrets / "audit_key"
# Copies of the checkpoints, to be carried off to where nobody who works here can change them.
RIVERCHIEF_CHECKPOINTS_DIR = Path(os.environ.get("RIVERCHIEF_CHECKPOINTS_DIR") or HOME.path / "checkpoints")
# Files of inspection packs: made anew at any time, kept for some days, in no backup.
RIVERCHIEF_PACKS_DIR = HOME.path / "packs"
# What the slices above the log say in their tables, compared with it.
RIVERCHIEF_AGREEMENTS = "riverchief.site.agreements.AGREEMENTS"
# Which broker is listened to, which platforms are asked and told; without the file, none. One that is named must be there.
RIVERCHIEF_SOURCES_NAMED = bool(os.environ.get("RIVERCHIEF_SOURCES"))
RIVERCHIEF_SOURCES = Path(os.environ.get("RIVERCHIEF_SOURCES") or HOME.path / "sources.toml")
# Who carries codes for signing in to chiefs; without the file, nobody does (the demonstration writes them into a file).
RIVERCHIEF_SMS = Path(os.environ.get("RIVERCHIEF_SMS") or HOME.path / "sms.toml")
# Who must have a second factor, and which providers (OIDC) sign people in; without the file, nobody and none.
RIVERCHIEF_SIGN_IN_NAMED = bool(os.environ.get("RIVERCHIEF_SIGN_IN"))
RIVERCHIEF_SIGN_IN = Path(os.environ.get("RIVERCHIEF_SIGN_IN") or HOME.path / "sign_in.toml")
