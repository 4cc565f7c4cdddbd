"""Topics of a broker: what is subscribed to, and whose a message is by its topic."""

import re
from dataclasses import dataclass

_DEVICE = "{station}"
_SEGMENT = r"([\w.-]{1,40})"


@dataclass(frozen=True)
class Topic:
    """A pattern such as `stations/{station}/data` or `loggers/#`. `filter` is what MQTT calls it."""

    pattern: str
    filter: str
    _form: re.Pattern[str]

    def station(self, topic: str) -> str | None:
        """Whose a message is: a device's name, "" where the pattern names none; None where the topic is not of this pattern."""
        found = self._form.fullmatch(topic)
        if found is None:
            return None
        return found[1] if found.re.groups else ""


def topic_of(pattern: str) -> Topic:
    """A topic from its pattern: segments between slashes, of which one may be `{station}`, any `+`, and the last `#`.

    Raises:
        ValueError: it is none.
    """
    segments = pattern.split("/")
    if not all(segments) or pattern.count(_DEVICE) > 1:
        raise ValueError("segments between slashes, and {station} once at most")
    forms = []
    for number, segment in enumerate(segments):
        if segment == _DEVICE:
            forms.append(_SEGMENT)
        elif segment == "+":
            forms.append("[^/]+")
        elif segment == "#" and number == len(segments) - 1:
            forms.append(".*")
        elif set(segment) & set("+#{}"):
            raise ValueError("+ , # (as the last) and {station} stand alone between slashes")
        else:
            forms.append(re.escape(segment))
    return Topic(pattern, pattern.replace(_DEVICE, "+"), re.compile("/".join(forms), re.DOTALL))


def station_by(topics: tuple[Topic, ...], topic: str) -> str:
    """Whose a message is by the first pattern that its topic is of; "" where the message must say it itself."""
    return next((found for each in topics if (found := each.station(topic)) is not None), "")
