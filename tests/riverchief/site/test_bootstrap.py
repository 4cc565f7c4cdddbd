"""What the scripts say on a machine that lacks something: the reason, the cure, and an exit code that is not 0."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"
TOOLS = ("bash", "env", "dirname", "date", "cat", "find", "sort", "xargs", "sha256sum", "cut", "grep")


class Machine:
    """A checkout without its downloads, on a machine with a few tools and what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.checkout = folder / "checkout"
        shutil.copytree(SCRIPTS, self.checkout / "scripts")
        (self.checkout / "web").mkdir()
        (self.checkout / "web" / "package-lock.json").write_text("{}")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None
            (self.programs / tool).symlink_to(found)

    def add(self, name: str, script: str) -> None:
        """Put a program there."""
        path = self.programs / name
        path.write_text(f"#!/usr/bin/env bash\n{script}\n")
        path.chmod(0o755)

    def refusal(self, script: str, **environment: str) -> str:
        """What a script says when it gives up; it must say a cure and nothing of the shell's own."""
        done = subprocess.run(
            [self.checkout / "scripts" / script],
            env={"PATH": str(self.programs), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert "Cure: " in done.stderr
        assert "command not found" not in done.stderr
        return done.stderr


NODE = 'if [ "$1" = -e ]; then exit 0; fi'
OLD_NODE = 'if [ "$1" = -e ]; then exit 1; fi; echo v18.19.0'
OLD_PYTHON = 'if [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi'
PYTHON_WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1;; *print*) echo 3.12;; esac'


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def with_node(machine: Machine) -> Machine:
    machine.add("node", NODE)
    machine.add("npm", "")
    return machine


def test_without_node_it_says_so_before_anything_is_installed(machine: Machine) -> None:
    machine.add("python3", "")
    assert "Node.js with npm is not there" in machine.refusal("bootstrap")
    assert not (machine.checkout / ".venv").exists()


def test_an_old_node_is_named_with_its_version(machine: Machine) -> None:
    machine.add("node", OLD_NODE)
    machine.add("npm", "")
    assert "Node v18.19.0 is too old" in machine.refusal("bootstrap")


def test_without_python_it_says_which_is_wanted(with_node: Machine) -> None:
    assert "Python 3.11 or later is not there (python3 is missing)" in with_node.refusal("bootstrap")


def test_an_old_python_is_named_with_its_version(with_node: Machine) -> None:
    with_node.add("python3", OLD_PYTHON)
    assert "(python3 is Python 3.9.2)" in with_node.refusal("bootstrap")


def test_a_python_that_was_named_and_does_not_fit_is_not_passed_over_in_silence(with_node: Machine) -> None:
    with_node.add("python3", "")
    assert "PYTHON=python2 is not there" in with_node.refusal("bootstrap", PYTHON="python2")


def test_a_python_without_venv_is_told_the_package_to_install(with_node: Machine) -> None:
    with_node.add("python3", PYTHON_WITHOUT_VENV)
    assert "apt-get install python3-venv  (or python3.12-venv)" in with_node.refusal("bootstrap")


def test_who_may_not_install_packages_is_told_what_to_ask_for(machine: Machine) -> None:
    machine.add("apt-get", "")
    machine.add("id", "echo 1000")
    machine.add("sudo", "exit 1")
    assert "sudo apt-get install chromium" in machine.refusal("test-requirements")


def test_without_apt_the_missing_programs_are_named(machine: Machine) -> None:
    assert "chromium" in machine.refusal("test-requirements")
