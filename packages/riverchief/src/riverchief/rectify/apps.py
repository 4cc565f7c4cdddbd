"""Django application of the slice."""

from django.apps import AppConfig


class RectifyConfig(AppConfig):
    """The rectify slice."""

    name = "riverchief.rectify"
    label = "rectify"
