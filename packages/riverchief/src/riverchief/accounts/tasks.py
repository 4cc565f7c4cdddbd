"""Background jobs of accounts."""

from riverchief.accounts.sms.tasks import send_sign_in_code

__all__ = ["send_sign_in_code"]
