"""Django application of the slice."""

from django.apps import AppConfig


class BaseConfig(AppConfig):
    """The base slice."""

    name = "riverchief.base"
    label = "base"
