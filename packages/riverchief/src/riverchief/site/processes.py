"""Children that cannot outlive their parent."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def tether(farewell: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """A `preexec_fn` after which the kernel itself sends the child `farewell` when its parent dies.

    A killed supervisor can stop nobody; without this its database and its gateway would go on without it. The parent
    is compared once more in the child, for it may have died between the fork and the request.
    """
    parent = os.getpid()

    def attach() -> None:
        end_with_parent(farewell)
        if os.getppid() != parent:
            os._exit(1)

    return attach


def end_with_parent(farewell: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel to send this very process `farewell` when its parent dies (on Linux; elsewhere nothing happens)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(farewell), 0, 0, 0)


def holder_of_port(port: int) -> str | None:
    """Who listens on a TCP port of this machine, as "name (process 123)"; None where that cannot be seen."""
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            listening = fields[3] == "0A"
            if listening and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(descriptor) in inodes for descriptor in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue  # another user's process, or one that has just ended
    return None
