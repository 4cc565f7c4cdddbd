"""Who reported is in no file that leaves the house: what names them is struck out of what people wrote."""

from collections.abc import Iterable, Sequence

from riverchief.rectify.models import Problem

REPORTER = ("（举报人信息已隐去）", "(reporter withheld)")


def secrets_of(problem: Problem) -> list[str]:
    """Name and telephone of who reported, the longer first. What was split off rests on the clue of the problem it was part of.

    A surname alone and the number of a hotline are nobody's, and would strike out half of what others wrote.
    """
    part: Problem | None = problem
    while part is not None and part.clue is None:
        part = part.split_from
    if part is None or part.clue is None:
        return []
    name, phone = part.clue.reporter_name.strip(), part.clue.reporter_phone.strip()
    own = [text for text, least in ((name, 2), (phone, 7)) if len(text) >= least]
    return sorted(own, key=len, reverse=True)


def secrets_of_all(problems: Iterable[Problem]) -> list[str]:
    """Those of several problems, as a letter is about them; the longer first."""
    return sorted({word for problem in problems for word in secrets_of(problem)}, key=len, reverse=True)


def quotes(secrets: Sequence[str], text: str) -> bool:
    """Whether a text names who reported."""
    return any(secret in text for secret in secrets)


def struck(secrets: Sequence[str], text: str, english: bool = False) -> str:
    """A text in which who reported is struck out."""
    for secret in secrets:
        text = text.replace(secret, REPORTER[english])
    return text
