"""Closed months of readings: Parquet files beside the database, late data as a delta in it."""
