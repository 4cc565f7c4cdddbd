"""What a demo remembers between starts: its accounts, and how its story went."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

ACCOUNTS_FILE = "demo-accounts.json"
STATE_FILE = "demo-state.json"


@dataclass
class Accounts:
    """Passwords made at the first start: of people by user name, and the one that all analysers send."""

    people: dict[str, str]
    device: str


@dataclass
class Line:
    """A line of the story: when, who, what."""

    at: str
    who: str
    what: str


@dataclass
class DemoState:
    """How far the demo is. `window_end` fixes the story's twelve hours, so that a broken-off story can go on."""

    seed: int
    scale: str
    window_end: str = ""
    history_done: bool = False
    lines: list[Line] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    passed: bool | None = None

    @property
    def window_end_at(self) -> datetime:
        """The end of the story's window."""
        return datetime.fromisoformat(self.window_end)


def read_accounts(home: Path) -> Accounts | None:
    """The accounts of the installation, if they were made."""
    content = _read(home / ACCOUNTS_FILE)
    return None if content is None else Accounts(**content)


def write_accounts(home: Path, accounts: Accounts) -> None:
    """Keep the accounts where only the owner reads them."""
    _write(home / ACCOUNTS_FILE, asdict(accounts))


def read_state(home: Path) -> DemoState | None:
    """How far the demo of the installation is, if there is one."""
    content = _read(home / STATE_FILE)
    if content is None:
        return None
    lines = [Line(**line) for line in content.pop("lines")]
    return DemoState(**content, lines=lines)


def write_state(home: Path, state: DemoState) -> None:
    """Remember how far the demo is."""
    _write(home / STATE_FILE, asdict(state))


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def _write(path: Path, content: Any) -> None:
    """Whole or not at all, readable by the owner only (mkstemp makes it so)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
    Path(name).replace(path)
