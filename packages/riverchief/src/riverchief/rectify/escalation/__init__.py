"""Reminders and escalation: what waits too long goes to the next level, by a matrix that is rule data."""
