"""Django application of the slice."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The site slice."""

    name = "riverchief.site"
    label = "site"
