"""Settings. Every value that an operator may set comes from the environment, with a strict default."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parents[5]
HOME = Path(
    os.environ.get("RIVERCHIEF_HOME")
    or Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "riverchief"
)
SECRET_KEY = os.environ.get("RIVERCHIEF_SECRET_KEY", "development-only")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("RIVERCHIEF_ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "procrastinate.contrib.django",
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
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "riverchief.site.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
AUTH_USER_MODEL = "accounts.User"

_database = urlsplit(os.environ.get("DATABASE_URL", ""))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.path.lstrip("/") or "riverchief",
        "USER": unquote(_database.username or ""),
        "PASSWORD": unquote(_database.password or ""),
        "HOST": unquote(_database.hostname or ""),
        "PORT": _database.port or "",
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
STATIC_URL = "/static/"

RIVERCHIEF_SUBSCRIBERS = "riverchief.site.subscribers.SUBSCRIBERS"
RIVERCHIEF_EVIDENCE_DIR = HOME / "evidence"
RIVERCHIEF_GATEWAY_HOST = os.environ.get("RIVERCHIEF_GATEWAY_HOST", "127.0.0.1")
RIVERCHIEF_GATEWAY_PORT = int(os.environ.get("RIVERCHIEF_GATEWAY_PORT", "9212"))
RIVERCHIEF_WEB_PORT = int(os.environ.get("RIVERCHIEF_WEB_PORT", "8000"))
RIVERCHIEF_DEMO = os.environ.get("RIVERCHIEF_DEMO", "") == "1"
