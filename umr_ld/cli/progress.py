"""Progress bars, for people who wait longer than a second at a terminal."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from umr_ld.cli.session import is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from umr_ld.cli.session import Session

    Step = Callable[[int, int], None]

PATIENCE = 1.0
"""Seconds that pass before a bar is shown: most work is done by then, and a flash of a bar is noise."""


@contextmanager
def progress(
    session: Session, doing: str, *, now: Callable[[], float] = time.monotonic
) -> Iterator[Step | None]:
    """What a long act calls as it goes on; None where nobody looks.

    Args:
        session: whether somebody wants to know.
        doing: what is being done, in one or two words.
        now: a clock in seconds.

    Yields:
        a function of how much is done and how much there is.
    """
    if session.quiet or session.asks_json or not is_terminal(sys.stderr):
        yield None
        return
    bar = _Bar(doing, now)
    try:
        yield bar.step
    finally:
        bar.close()


class _Bar:
    def __init__(self, doing: str, now: Callable[[], float]) -> None:
        self._doing = doing
        self._now = now
        self._start = now()
        self._bar: Any = None
        self._task: Any = None

    def step(self, done: int, total: int) -> None:
        if self._bar is None:
            if self._now() - self._start < PATIENCE or done >= total:
                return
            self._show(total)
        taken = max(self._now() - self._start, PATIENCE)
        self._bar.update(self._task, completed=done, total=total, rate=f"{done / taken:,.0f}/s")
        if done >= total:
            self.close()

    def _show(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(self._doing, total=total, rate="")
        self._bar.start()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
