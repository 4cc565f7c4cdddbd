"""Keeping accounts: who there is, which roles they hold and held, and how both change."""
