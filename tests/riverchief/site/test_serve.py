"""The product under its supervisor: it starts from nothing, survives kill -9 of any part, and leaves nothing behind."""

import os
import signal
import socket
from collections.abc import Iterator

import pytest

from tests.riverchief.site.product import Product, installation


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """The product, running."""
    with installation() as product:
        product.start()
        yield product


def test_it_starts_from_an_empty_folder_and_says_that_it_is_well(product: Product) -> None:
    product.until(product.healthy, "health")
    _, report = product.get("/health")
    assert report["status"] == "ok"
    assert set(report["checks"]) == {"database", "migrations", "gateway", "worker", "disk"}


@pytest.mark.parametrize("part", ["postgres", "worker", "gateway", "web"])
def test_a_part_that_is_killed_is_started_again_and_all_is_well_again(product: Product, part: str) -> None:
    dead = product.kill(part)
    product.until(lambda: (product.pid(part) or dead) != dead, f"another {part}")
    product.until(product.healthy, "health")


def test_an_installation_runs_once(product: Product) -> None:
    second = product.run("serve", check=False)
    assert second.returncode != 0
    assert f"process {product.supervisor_pid}" in second.stderr
    assert "RIVERCHIEF_HOME" in second.stderr


def test_secrets_can_be_read_by_their_owner_only(product: Product) -> None:
    files = list((product.home / "secrets").iterdir())
    assert {"django_key", "database_password", "database_url"} <= {path.name for path in files}
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_the_database_does_not_run_as_root_and_listens_on_no_network(product: Product) -> None:
    pid = product.pid("postgres")
    assert pid is not None
    assert os.stat(f"/proc/{pid}").st_uid != 0
    with product.connect() as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SELECT usesuper FROM pg_user WHERE usename = current_user").fetchone() == (
            False,
        )


def test_when_the_supervisor_itself_is_killed_nothing_stays_behind_and_the_next_run_is_clean() -> None:
    with installation() as product:
        product.start()
        product.until(product.healthy, "health")
        os.kill(product.supervisor_pid, signal.SIGKILL)
        assert product.stop() == -signal.SIGKILL
        product.until(lambda: not product.processes(), "every process to end")
        product.start()
        product.until(product.healthy, "health")
        assert product.stop(signal.SIGINT) == 0  # as from the keyboard
        assert "Traceback" not in product.log.read_text()
        assert product.processes() == []


def test_a_taken_port_is_named_with_its_holder_and_the_cure() -> None:
    with installation() as product, socket.socket() as taken:
        taken.bind(("127.0.0.1", product.web_port))
        taken.listen()
        answer = product.run("serve", check=False)
        assert answer.returncode != 0
        assert str(product.web_port) in answer.stderr
        assert f"process {os.getpid()}" in answer.stderr
        assert f"RIVERCHIEF_WEB_PORT={product.web_port + 1}" in answer.stderr
        assert not (product.home / "postgres").exists()


def test_a_second_command_finds_the_database_of_the_running_product(product: Product) -> None:
    assert "0 problems" in product.run("audit", "verify").stdout
