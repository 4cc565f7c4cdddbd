"""A case file 案卷: everything of a problem in one zip that proves itself without us.

It is about what was found and done. Who reported, and whom a trace suspected, are in none; what people wrote of the clue
is in those for the office, enforcement and inspectors only.
"""
