"""A trace to take away: a report as PDF, its data as JSON and CSV. Everything says that it is suspected, not confirmed."""

RULED_OUT = "基本排除 practically ruled out"
"""In the place of `NOTICE` in a line about somebody who is no suspect."""

NOTICE = "疑似，未经核实 suspected — not confirmed"
