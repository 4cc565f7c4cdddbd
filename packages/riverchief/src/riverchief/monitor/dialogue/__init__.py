"""The dialogue with stations: what they are asked, by whom, and what came of it."""
