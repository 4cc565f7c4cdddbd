"""The clocks of a problem: its deadline, which moves only by an entry, pauses, urging, and the one that never stops."""
