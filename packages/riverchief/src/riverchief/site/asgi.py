"""The web server's entry: Django for everything, the live stream beside it."""

import os
import signal
from typing import Any

from django.core.asgi import get_asgi_application

from riverchief.site.processes import end_with_parent

if os.environ.get("RIVERCHIEF_PROCESS") == "web":
    end_with_parent(signal.SIGKILL)  # granian serves from a child, which would go on without a killed parent

django_application = get_asgi_application()

# Only now can models be imported. The addresses are read here, so that a defect in a slice stops the start and not
# every request, and the first visitor does not wait for it.
from riverchief.site import urls  # noqa: E402, F401
from riverchief.site.live import live  # noqa: E402


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Hand a request to the one that answers it."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == "/live":
        await live(scope, receive, send)
    else:
        await django_application(scope, receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
