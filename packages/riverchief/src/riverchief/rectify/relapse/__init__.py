"""After the write-off: people call back, a relapse is suspected, and a person judges it."""
