"""A generated basin and virtual analysers; synthetic wherever it shows."""
