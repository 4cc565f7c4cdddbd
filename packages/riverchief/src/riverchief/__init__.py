"""riverchief 智慧河长, the platform."""
