"""Adoptions 接入 of devices out of quarantine: on record, so that a wrong one can be taken back."""
