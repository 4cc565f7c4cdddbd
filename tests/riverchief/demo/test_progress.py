"""Progress: seen to move at a terminal, read as lines everywhere else."""

from io import StringIO

from rich.console import Console
from riverchief.demo import progress as module
from riverchief.demo.progress import progress


def _shown(*, terminal: bool, amounts: range, total: int) -> str:
    file = StringIO()
    with progress(Console(file=file, force_terminal=terminal, width=60)) as report:
        for done in amounts:
            report("packets [of the story] that were acknowledged by the gateway:", done, total)
    return file.getvalue()


def test_a_pipe_gets_a_line_at_the_start_and_at_every_quarter_and_no_carriage_returns():
    shown = _shown(terminal=False, amounts=range(1_001), total=1_000)
    for done in ("0", "250", "500", "750", "1,000"):
        assert f"packets [of the story] that were acknowledged by the gateway: {done} of 1,000\n" in shown
    assert "\r" not in shown
    assert "\x1b" not in shown
    assert shown.count("\n") < 100, "not a line for every packet"


def test_a_pipe_hears_again_of_a_step_that_does_not_move(monkeypatch):
    monkeypatch.setattr(module, "LINE_EVERY_S", 0.0)
    assert _shown(terminal=False, amounts=range(3), total=0).count("\n") == 3


def test_a_terminal_gets_a_bar_that_is_wiped_away():
    shown = _shown(terminal=True, amounts=range(11), total=10)
    assert "10 of 10" in shown
    assert shown.endswith(("\x1b[2K", "\r"))
