"""What the logs hold: where something went wrong, and nothing that somebody sent."""

import json
import subprocess
import sys

SCRIPT = """
import logging, logging.config, structlog
from django.test import RequestFactory
from django.conf import settings
from riverchief.site import logs

settings.configure()
logging.config.dictConfig(logs.LOGGING_CONFIG)
logs.configure()
request = RequestFactory().get("/suspects?name=hush")

def sign_in(password):
    raise ValueError("no")

try:
    sign_in("hush")
except ValueError as error:
    structlog.get_logger("riverchief.api").error("request failed", exc_info=error)
    logging.getLogger("django.request").error("failed", exc_info=error, extra={"request": request})
    logging.getLogger("django.security.DisallowedHost").error("no", exc_info=error, extra={"request": request})
"""


def test_a_traceback_says_where_and_never_what_was_sent() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120, check=True
    )
    assert "hush" not in done.stdout + done.stderr
    ours, of_django, of_the_host = map(json.loads, done.stderr.splitlines())
    for line in (ours, of_django):
        assert line["exception"][0]["frames"][-1]["name"] == "sign_in"
    assert "exception" not in of_the_host, "anybody could fill the disk"
    assert (of_the_host["event"], of_the_host["level"]) == ("no", "error")
