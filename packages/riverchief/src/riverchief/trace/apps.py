"""Django application of the slice."""

from django.apps import AppConfig


class TraceConfig(AppConfig):
    """The trace slice."""

    name = "riverchief.trace"
    label = "trace"
