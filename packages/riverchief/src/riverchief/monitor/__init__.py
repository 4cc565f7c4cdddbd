"""Measure: telemetry, readings, events, alarms."""
