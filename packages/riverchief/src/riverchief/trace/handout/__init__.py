"""A trace to take away: a report as PDF, its data as JSON and CSV. Everything says that it is confidential and suspected, not confirmed."""

NOTICE = "保密 · 疑似，未经核实 confidential · suspected — not confirmed"

RULED_OUT = "保密 · 基本排除 confidential · practically ruled out"
"""In the place of `NOTICE` in a line about somebody who is no suspect."""
