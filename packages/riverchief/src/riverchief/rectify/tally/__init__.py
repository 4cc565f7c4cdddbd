"""Counts of the ledger that the database keeps, for figures over more than one county."""
