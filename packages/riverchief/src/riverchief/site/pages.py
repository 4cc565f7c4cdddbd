"""The pages of the site itself: the front end's one page, the health of the installation, its figures."""

import functools
import hmac
import ipaddress
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_safe

from riverchief.site import health, metrics

NOT_BUILT = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>riverchief 智慧河长</title>
<h1>前端尚未构建 · The front end is not built</h1>
<p>请在仓库目录运行 <code>make demo</code>，或 <code>npm --prefix web ci && npm --prefix web run build</code>。</p>
<p>Run <code>make demo</code> in the repository, or the two npm commands above. The API at <code>/api/v1</code> works.</p>
"""


@functools.cache
def _index(path: Path, modified_ns: int) -> bytes:
    """The built page; read again when it was built again."""
    return path.read_bytes()


@require_safe
@ensure_csrf_cookie
@never_cache
def front_end(request: HttpRequest, path: str = "") -> HttpResponse:
    """The single page of the front end, which reads the address itself."""
    index = Path(settings.RIVERCHIEF_WEB_DIST) / "index.html"
    if not index.is_file():
        return HttpResponse(NOT_BUILT, status=503)
    return HttpResponse(_index(index, index.stat().st_mtime_ns))


@require_GET
@never_cache
def show_health(request: HttpRequest) -> HttpResponse:
    """Whether everything works: 200, or 503 with what does not."""
    report = health.report()
    return JsonResponse(report.as_json(), status=200 if report.ok else 503)


@require_GET
@never_cache
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus: for this machine, or for who shows the token."""
    token = settings.RIVERCHIEF_METRICS_TOKEN
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    by_token = bool(token) and hmac.compare_digest(shown.encode(), token.encode())
    # Behind a proxy everybody comes from this machine, so there only the token counts.
    local = "X-Forwarded-For" not in request.headers and _from_this_machine(request)
    if not (by_token or local):
        return HttpResponse("Set RIVERCHIEF_METRICS_TOKEN and show it as a bearer token.\n", status=403)
    return HttpResponse(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _from_this_machine(request: HttpRequest) -> bool:
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
