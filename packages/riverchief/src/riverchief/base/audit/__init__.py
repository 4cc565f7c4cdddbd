"""The log that proves itself: hash chains, one for each matter, under signed checkpoints over all of them.

`links`, `merkle`, `statement` and `proof` are pure: an exported file is checked with them and nothing else. `chain` writes,
`sealing` makes checkpoints, `keys` holds the key, `scan` and `verify` look at everything.
"""

from riverchief.base.audit.chain import append, begin, broken_links, entries
from riverchief.base.audit.links import GENESIS

__all__ = ["GENESIS", "append", "begin", "broken_links", "entries"]
