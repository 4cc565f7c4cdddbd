"""Which files a pack has. Pure."""

from riverchief.rectify.casefile.pack import KEY, README, Layout

INDEX, PAPER, CHECKPOINT = "pack.json", "pack.pdf", "checkpoint.json"
GAPS, GAPS_TABLE = "gaps.json", "gaps.csv"
DOCUMENTS, OUTFALLS, CAMPAIGNS, ENFORCEMENT = (
    "documents.json",
    "outfalls.json",
    "campaigns.json",
    "enforcement.json",
)
PROBLEMS, CHAINS = "problems/", "chains/"

PACK = Layout(
    "riverchief pack 1",
    "pack",
    frozenset({INDEX, PAPER, CHECKPOINT, GAPS, GAPS_TABLE, DOCUMENTS, OUTFALLS, CAMPAIGNS, KEY, README}),
)


def chain_file(chain: str) -> str:
    """Where a chain stands."""
    return f"{CHAINS}{chain.replace(':', '-')}.json"
