"""The examples of the documentation run, and come to what their words say."""

import runpy
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def test_a_station_between_the_suspects_finds_the_hidden_source(capsys):
    told = runpy.run_path(str(EXAMPLES / "find_a_source.py"))
    before, after = told["three_stations"].candidates, told["four_stations"].candidates
    assert before[0].probability < 0.6
    assert after[0].key == "dyeing mill"
    assert after[0].probability > 0.7
    assert after[0].released_kg.low <= 25.0 <= after[0].released_kg.high
    assert "Suspected, not proven" in capsys.readouterr().out
