"""Orders of the chief river chiefs and campaigns, and their figures: live, and frozen in numbered editions."""
