"""The second factor: codes of an authenticator beside the password, and how a session begins in one step or two."""
