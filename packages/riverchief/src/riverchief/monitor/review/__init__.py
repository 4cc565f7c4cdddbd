"""The review queue 审核队列: doubts about readings, which rules raise and people decide."""
