"""The science of riverchief: no database, no web, no clock; files only where they are handed in."""
