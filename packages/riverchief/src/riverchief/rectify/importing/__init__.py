"""Taking over the ledger that an office kept before, as Excel or CSV."""
