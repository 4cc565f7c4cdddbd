"""The web server's entry: Django for everything, the live stream beside it."""

from typing import Any

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from riverchief.site.live import live  # noqa: E402 - models can be imported only after Django is set up


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
