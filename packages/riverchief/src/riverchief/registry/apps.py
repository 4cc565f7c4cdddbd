"""Django application of the slice."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """The registry slice."""

    name = "riverchief.registry"
    label = "registry"
