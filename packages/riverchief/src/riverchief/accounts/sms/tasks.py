"""Sending is a job: whoever asks is answered as fast for a number that nobody has."""

from procrastinate.contrib.django import app

from riverchief.accounts.sms import codes


# Not tried again: whoever waits for a code asks for another after a minute, and two would contradict each other.
@app.task(name="accounts.send_sign_in_code", queue="default")
def send_sign_in_code(code_id: int) -> None:
    """Make the code of a request and send it."""
    codes.send(code_id)
