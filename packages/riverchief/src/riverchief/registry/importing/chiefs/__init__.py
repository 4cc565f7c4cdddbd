"""The list of chiefs 河长名单 as an office keeps it: read, planned, its conflicts told, then written in one piece."""

from riverchief.registry.importing.chiefs.action import ImportChiefs

__all__ = ["ImportChiefs"]
