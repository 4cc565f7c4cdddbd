"""What the command line says where it cannot start: what is wrong and the cure, in a sentence, and no secret."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.riverchief.site.product import free_port


def _refusal(home: Path, command: str, **environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "riverchief.site.cli", *command.split()],
        env={**inherited, "RIVERCHIEF_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("command", ["serve", "demo --once", "audit verify"])
def test_a_folder_that_cannot_be_made_is_named_with_the_variable_that_chooses_another(
    tmp_path: Path, command: str
) -> None:
    (tmp_path / "file").touch()
    told = _refusal(tmp_path / "file" / "home", command)
    assert f"The folder {tmp_path / 'file' / 'home'} cannot be made or entered" in told
    assert "RIVERCHIEF_HOME" in told


@pytest.mark.parametrize("port", ["80x", "0", "70000"])
def test_what_is_no_port_is_said_to_be_none(tmp_path: Path, port: str) -> None:
    assert f"RIVERCHIEF_WEB_PORT={port} is no port" in _refusal(tmp_path, "serve", RIVERCHIEF_WEB_PORT=port)


def test_a_host_that_is_not_of_this_machine_is_told_the_variable_to_mend(tmp_path: Path) -> None:
    told = _refusal(tmp_path, "serve", RIVERCHIEF_WEB_HOST="192.0.2.1", RIVERCHIEF_WEB_PORT=str(free_port()))
    assert "192.0.2.1" in told
    assert "RIVERCHIEF_WEB_HOST=127.0.0.1" in told


@pytest.mark.parametrize("command", ["serve", "audit verify", "migrate"])
def test_a_database_that_does_not_answer_is_told_before_anything_is_tried(
    tmp_path: Path, command: str
) -> None:
    told = _refusal(
        tmp_path,
        command,
        DATABASE_URL=f"postgresql://somebody:hush@127.0.0.1:{free_port()}/x",
        RIVERCHIEF_WEB_PORT=str(free_port()),
        RIVERCHIEF_GATEWAY_PORT=str(free_port()),
    )
    assert "The database that DATABASE_URL names cannot be used" in told
    assert "Connection refused" in told
    assert "hush" not in told


def test_what_is_no_address_of_a_database_is_not_repeated_with_its_password(tmp_path: Path) -> None:
    told = _refusal(tmp_path, "migrate", DATABASE_URL="mysql://somebody:hush@127.0.0.1/x")
    assert "postgresql://USER:PASSWORD@HOST:5432/NAME" in told
    assert "hush" not in told
