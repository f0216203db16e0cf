"""What stands in the loop that receives for something that is read from, and is no connection of a client."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Listener(ABC):
    """As `wasyncore` wants it. Also of an end and of a fault it is told by being asked to look."""

    accepting = False

    @abstractmethod
    def heard(self) -> None:
        """There is something to be read, or will never be again."""

    def readable(self) -> bool:
        """See `wasyncore`."""
        return True

    def writable(self) -> bool:
        """See `wasyncore`."""
        return False

    def handle_read_event(self) -> None:
        """See `wasyncore`."""
        self.heard()

    handle_close = handle_error = handle_read_event
