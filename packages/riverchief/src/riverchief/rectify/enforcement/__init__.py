"""Enforcement 查处 beside rectification: cases, penalties, what went to the police; counted by itself."""
