"""The administrative tree over time: areas are renamed, recoded, moved and merged, and nothing of before is lost."""
