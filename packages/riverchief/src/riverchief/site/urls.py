"""Addresses: the API of every slice, the site's own pages, and the front end for everything else."""

from django.urls import URLPattern, URLResolver, path, re_path

from riverchief.site import pages
from riverchief.site.api import api, say_no_such_address

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    # Not `<path:…>`, which stops at a line break: such an address would be answered by a page.
    re_path(r"^api/", say_no_such_address),
    path("health", pages.show_health),
    path("metrics", pages.show_metrics),
    # An address with a dot in its last part is a file that is not there, not a page of the front end.
    re_path(r"^(?!api/|live$)(?P<path>(?:[^/]*/)*[^./]*)$", pages.front_end),
]
