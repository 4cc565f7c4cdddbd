"""The rows of the table of transitions, by when they are taken."""
