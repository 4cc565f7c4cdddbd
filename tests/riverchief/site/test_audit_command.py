"""`riverchief audit`: sentences in both languages, exit codes, and nothing that is overwritten."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.db import connection
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.rectify.casefile import export as exporting
from riverchief.site.audit import audit_command

from tests.riverchief.rectify.conftest import clock, clue, office, problem  # noqa: F401 - fixtures
from tests.riverchief.rectify.office import Office


def run(*arguments: object) -> Result:
    return CliRunner().invoke(audit_command, [str(argument) for argument in arguments])


def test_a_cut_off_tail_is_told_in_both_languages_against_a_checkpoint_that_was_kept(
    db, tmp_path: Path
) -> None:
    for number in range(3):
        audit.append("matter:1", "matter.step", SYSTEM, {"n": number})
    kept = tmp_path / "kept.json"
    assert "no checkpoint yet" in run("export-checkpoint", kept).stderr
    assert run("checkpoint").stdout.startswith("checkpoint 1 of ")
    assert run("export-checkpoint", kept).exit_code == 0
    assert "never overwritten" in run("export-checkpoint", kept).stderr
    whole = run("verify", "--checkpoint", kept)
    assert whole.exit_code == 0, whole.stderr
    assert "发现 0 个问题" in whole.stdout
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER base_log_append_only ON base_auditentry")
        cursor.execute("DELETE FROM base_auditentry WHERE chain = 'matter:1' AND sequence = 3 RETURNING hash")
        cursor.execute("SELECT hash FROM base_auditentry WHERE chain = 'matter:1' AND sequence = 2")
        cursor.execute(
            "UPDATE base_chainhead SET length = 2, hash = %s WHERE chain = 'matter:1'", cursor.fetchone()
        )
    cut = run("verify", "--checkpoint", kept)
    assert cut.exit_code == 1
    assert "matter:1[3]: 与 checkpoint:1 不符：尾部被截断" in cut.stderr
    assert "its tail was cut off" in cut.stderr


def test_a_case_file_is_written_and_verified_and_another_key_is_refused(
    office: Office,  # noqa: F811
    problem,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "case_pdf", lambda *given: b"%PDF-1.7")
    case, key = tmp_path / "case.zip", tmp_path / "key.pem"
    assert "no problem" in run("export-case", problem.number, case, "--as", "other_inspector").stderr
    assert run("export-case", problem.number, case, "--as", "inspector").exit_code == 0
    assert case.stat().st_mode & 0o777 == 0o600
    assert "exists" in run("export-case", problem.number, case, "--as", "inspector").stderr
    key.write_text(run("public-key").stdout)
    verified = run("verify", case, "--public-key", key)
    assert verified.exit_code == 0, verified.stderr
    rotated = run("rotate-key", "--as", "administrator", "--reason", "年度更换")
    assert rotated.exit_code == 0, rotated.stderr
    assert "permission" in run("rotate-key", "--as", "inspector", "--reason", "x").stderr
    key.write_text(run("public-key").stdout)
    assert run("verify", case, "--public-key", key).exit_code == 1
