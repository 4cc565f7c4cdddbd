"""Django application of the slice."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The accounts slice."""

    name = "riverchief.accounts"
    label = "accounts"
