"""Django application of the slice."""

from django.apps import AppConfig


class MonitorConfig(AppConfig):
    """The monitor slice."""

    name = "riverchief.monitor"
    label = "monitor"
