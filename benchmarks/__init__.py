"""Measured figures. Each benchmark prints a readable table, then one JSON line, and nothing after it."""
