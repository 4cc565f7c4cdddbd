"""What can go wrong, in words that say what to do. Messages are written "中文|English"; `in_language` picks one."""

from typing import ClassVar


def in_language(text: str, language: str) -> str:
    """The part of a "中文|English" text for a language code; a text without "|" serves both.

    A value that is quoted may hold bars of its own. Both languages quote it, so that the bar in the middle is the one
    between them.
    """
    parts = text.split("|")
    half = len(parts) // 2
    if half == 0:
        return text
    return "|".join(parts[:half] if language.startswith("zh") else parts[half:])


def in_both(text: str) -> str:
    """A text of one language only, to be shown as it is to readers of either; it may hold bars."""
    return f"{text}|{text}"


class RiverchiefError(Exception):
    """The base of every error that a user may see.

    `message` says what happened and where, `cure` what to do about it, `field` which input it is about. Where nothing more
    can be said than for all of its kind, the cure is the `usual_cure` of the class.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "error"
    usual_cure: ClassVar[str] = ""

    def __init__(self, message: str, *, cure: str = "", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure or self.usual_cure
        self.field = field

    def as_json(self, language: str = "zh") -> dict[str, str | None]:
        """The body of an answer."""
        return {
            "code": self.code,
            "message": in_language(self.message, language),
            "cure": in_language(self.cure, language),
            "field": self.field,
        }


class InvalidInput(RiverchiefError):
    """What was sent cannot be used as it is."""

    status, code = 422, "invalid_input"
    usual_cure = "请改正后重新提交。|Correct it and send it again."


class NotFound(RiverchiefError):
    """There is no such thing, or not for this person: the two look alike on purpose."""

    status, code = 404, "not_found"
    usual_cure = (
        "请核对编号或代码；也可能不在您的辖区，或您无权查看。"
        "|Check the number or code; it may also lie outside your area, or not be for you to see."
    )


class PermissionRefused(RiverchiefError):
    """The person may not do this here."""

    status, code = 403, "permission_refused"
    usual_cure = "请由有权限的人员办理；您应有此权限的，请联系管理员。|Ask somebody who may; if you should, ask the administrator."


class TooOften(RiverchiefError):
    """A limit of attempts or requests is reached."""

    status, code = 429, "too_many_attempts"
    usual_cure = "请稍后再试。|Try again later."


class StateRefused(RiverchiefError):
    """The thing is not in a state in which this can be done."""

    status, code = 409, "state_refused"
    usual_cure = "请刷新，查看当前状态。|Reload, and see how it stands now."
