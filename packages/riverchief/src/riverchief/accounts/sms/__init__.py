"""Signing in by a code on one's mobile: for chiefs, who have no password."""
