"""Settings, addresses, the table of subscribers, the command line, the supervisor."""
