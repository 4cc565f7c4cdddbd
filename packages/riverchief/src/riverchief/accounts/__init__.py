"""Who may do what, where: areas, organisations, users, roles, policies."""
