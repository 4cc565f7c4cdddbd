"""A trace to take away: a report as PDF, its data as JSON and CSV. Everything says that it is suspected, not confirmed."""

NOTICE = "疑似，未经核实 suspected — not confirmed"
