"""Fleet health: how every station is, whether it says what it should, and which are announced as stopped."""
