"""Environments for the programs we are compared with: made once, kept outside the repository."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def environment(name: str, requirements: Sequence[str]) -> Path:
    """The Python of a virtual environment that holds exactly these requirements, made if it is not there yet.

    It lives in $RIVERCHIEF_CACHE, else $XDG_CACHE_HOME/riverchief, else ~/.cache/riverchief. A half-made one
    is never used: it is made under another name and moved when complete.
    """
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "riverchief"
    cache = Path(os.environ.get("RIVERCHIEF_CACHE", default))
    key = hashlib.sha256("\n".join([sys.version, *requirements]).encode()).hexdigest()[:12]
    folder = cache / "peers" / f"{name}-{key}"
    if not folder.exists():
        print(f"making the environment of {name} in {folder}", file=sys.stderr)
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        try:
            subprocess.run([sys.executable, "-m", "venv", str(unfinished)], check=True)
            pip = [str(unfinished / "bin" / "python"), "-m", "pip", "install", "--quiet", *requirements]
            subprocess.run(pip, check=True)
            unfinished.rename(folder)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    return folder / "bin" / "python"
