"""What is found wrong with the log, in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written: where, and what."""

    where: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.where}: {self.en}"
