"""Talking to services outside over HTTP: only to the address that the installation's files name."""

import urllib.request
from typing import Any


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Whoever answers does not choose whom we talk to next."""

    def redirect_request(self, *_: Any) -> None:
        """None: the answer is taken as the fault that it is."""
        return


OPENER = urllib.request.build_opener(_NoRedirects)
