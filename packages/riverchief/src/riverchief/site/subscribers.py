"""The one table of who listens to what: event name to the functions that take the event.

A slice never calls one above it: it announces, and this table says who hears. Functions must be idempotent.
"""

SUBSCRIBERS: dict[str, tuple[str, ...]] = {
    "monitor.event_opened": ("riverchief.trace.subscribers.start_trace",),
    "monitor.event_settled": ("riverchief.trace.subscribers.start_trace",),
    "monitor.sample_recorded": ("riverchief.trace.subscribers.start_trace",),
    "monitor.alarm_raised": ("riverchief.monitor.subscribers.notify_duty",),
    "monitor.alarm_widened": ("riverchief.monitor.subscribers.notify_who_looks_after",),
    "monitor.alarm_returned": ("riverchief.monitor.subscribers.notify_who_looks_after",),
    "monitor.dry_weather_discharge": ("riverchief.rectify.subscribers.open_dry_weather_clue",),
    "monitor.readings_to_push": ("riverchief.monitor.subscribers.tell_platforms",),
    "monitor.idle_treatment": ("riverchief.rectify.subscribers.open_power_clue",),
    "trace.finished": ("riverchief.rectify.subscribers.open_clue",),
    "rectify.clue_opened": ("riverchief.rectify.subscribers.notify_confirmers",),
    "rectify.problem_opened": (
        "riverchief.rectify.subscribers.notify_assigners",
        "riverchief.rectify.remediation.subscribers.keep_interception_open",
    ),
    "rectify.remediation_changed": ("riverchief.rectify.remediation.subscribers.notify_next",),
    "rectify.problem_assigned": ("riverchief.rectify.subscribers.notify_assignee",),
    "rectify.problem_chief_changed": ("riverchief.rectify.subscribers.notify_chief",),
    "rectify.problem_changed": ("riverchief.rectify.subscribers.notify_next",),
    "rectify.ledger_taken_over": ("riverchief.rectify.importing.subscribers.notify_in_sum",),
    "rectify.document_changed": ("riverchief.rectify.documents.subscribers.notify_next",),
}
