"""Django application of the slice."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The demo slice."""

    name = "riverchief.demo"
    label = "demo"
