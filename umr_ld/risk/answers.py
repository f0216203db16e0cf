"""The three answers, and how grave an advisory is."""

from __future__ import annotations

import enum


class Answer(enum.IntEnum):
    """How a record stands to an advisory; the larger one is the stronger one."""

    CLEAR = 0
    POSSIBLY = 1
    AFFECTED = 2

    def __init__(self, _: int) -> None:
        self.label = self.name.lower()
        """As people and other programs read it."""

    @classmethod
    def named(cls, label: str) -> Answer:
        """The answer with a label.

        Args:
            label: `clear`, `possibly` or `affected`.

        Raises:
            KeyError: if there is none.
        """
        return cls[label.upper()]


class Severity(enum.IntEnum):
    """How grave an advisory is; the larger one is the graver one."""

    UNKNOWN = 0
    LOW = 1
    MODERATE = 2
    HIGH = 3
    CRITICAL = 4

    def __init__(self, _: int) -> None:
        self.label = self.name.lower()
        """As people and other programs read it."""
