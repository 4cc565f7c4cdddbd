"""The one table of who listens to what: event name to the functions that take the event."""

SUBSCRIBERS: dict[str, tuple[str, ...]] = {}
