"""Where a benchmark finds real data."""

import argparse
import os
from pathlib import Path

_DEFAULT = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """`--data DIR`; without it RIVERCHIEF_DATA, else a folder beside the repository."""
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RIVERCHIEF_DATA", _DEFAULT)))
