"""Signing in by a provider of identities (OpenID Connect): an account that is here, and none made by itself."""
