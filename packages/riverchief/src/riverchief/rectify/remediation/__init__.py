"""Remediation 整治 of outfalls: found 查, monitored 测, traced to who is responsible 溯, put right 治; one policy for each."""
