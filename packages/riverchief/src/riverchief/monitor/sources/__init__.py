"""Other ways in and out than our own port: a broker, platforms that are asked, platforms that are told."""
