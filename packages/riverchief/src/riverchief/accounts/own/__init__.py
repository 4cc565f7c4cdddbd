"""What people do with their own account: its password, second factor and identities elsewhere."""
