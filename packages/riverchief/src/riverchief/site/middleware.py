"""What every request goes through: an id, an access line, counters, and strict headers."""

import time
import uuid
from collections.abc import Callable

import structlog
from axes.middleware import AxesMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.decorators import sync_only_middleware

from riverchief.site.metrics import REQUEST_SECONDS

View = Callable[[HttpRequest], HttpResponse]

logger = structlog.get_logger("riverchief.access")

# Nothing from elsewhere. MapLibre starts its workers from blobs and draws images from data; ECharts writes style
# attributes into its tooltips, which is why attributes (never style sheets) may be inline.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class SecurityHeaders:
    """The headers that Django has no setting for."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add them to every answer."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault(
            "Permissions-Policy", "geolocation=(self), camera=(self), microphone=(), payment=()"
        )
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


_SHRINKING = frozenset({"application/json", "application/vnd.mapbox-vector-tile", "text/csv", "text/html"})


class Compression(GZipMiddleware):
    """Compress what is read, for slow lines; files of the front end are compressed when it is built.

    BREACH guesses a secret from the lengths of compressed answers that hold it beside the guesser's own words. Ours hold
    no secret (the CSRF token travels in a cookie), answers to changes are left alone, and Django adds a random length.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress an answer to a read, if it is of a kind that shrinks."""
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if request.method != "GET" or kind not in _SHRINKING:
            return response
        return super().process_response(request, response)


class Accounting:
    """Give each request an id, log it in one line, and count it.

    A proxy's `X-Request-ID` is not taken over: it would let a caller write into our log.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Do it for one request."""
        request_id = uuid.uuid4().hex
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            seconds = time.perf_counter() - started
            match = request.resolver_match
            route = f"/{match.route}" if match else "none"
            REQUEST_SECONDS.labels(request.method, route, response.status_code).observe(seconds)
            if request.path.startswith("/api/"):
                # The path only: a query string may hold names or numbers of people.
                logger.info(
                    "request",
                    method=request.method,
                    path=request.path,
                    status=response.status_code,
                    milliseconds=round(1000 * seconds, 1),
                )
        response.headers["X-Request-ID"] = request_id
        return response


@sync_only_middleware
def lock_sign_in(get_response: View) -> View:
    """Answer a locked sign-in; synchronously, as axes hands its asynchronous answer the wrong arguments."""
    answer: View = AxesMiddleware(get_response)
    return answer
