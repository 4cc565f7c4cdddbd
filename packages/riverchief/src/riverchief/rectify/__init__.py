"""Put right: clues, problems, orders, the ledger."""
