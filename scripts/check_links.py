"""Check that every relative link in the Markdown files leads to a file that is there."""

import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def main() -> int:
    """Print each dead link as `file: target`; the exit code is 1 where there is one."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.md"],  # noqa: S607 - git is wherever PATH has it
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    dead = [
        f"{name}: {target}"
        for name in filter(None, listed.stdout.split("\0"))
        for target in LINK.findall((REPOSITORY / name).read_text(encoding="utf-8"))
        if not (REPOSITORY / name).parent.joinpath(target).exists()
    ]
    sys.stderr.writelines(f"{line}\n" for line in dead)
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
