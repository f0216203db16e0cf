"""What every part of the server is given: the registry, the settings, and what is shared beside them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from flask import request

from umr_ld.moments import moment
from umr_ld.registry.past import as_of
from umr_server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from umr_ld.registry import Registry
    from umr_ld.registry.reader import Reader
    from umr_server.aside import Aside
    from umr_server.guard import Guard
    from umr_server.press import Press
    from umr_server.running.operation import Operation
    from umr_server.sparql.pool import Queries


class Site:
    """One registry as it is served.

    Args:
        registry: open for reading or writing; it stays the caller's to close.
        settings: what the deployment decided; None for what is decided for it.
    """

    def __init__(self, registry: Registry, settings: Settings | None = None) -> None:
        self.registry = registry
        self.settings = settings or Settings()
        self.written: Callable[[str], tuple[str, ...]] | None = None
        """Where answers are written down as files: the forms in which those of an endpoint are."""

    @property
    def asked(self) -> Reader:
        """The registry as of the moment that the request names with `at=`: a date, or a date and time; else now.

        Raises:
            Malformed: if it is neither.
        """
        given = request.args.get("at", "").strip()
        return as_of(self.registry, moment(given, "at") if given else None)

    @cached_property
    def guard(self) -> Guard:
        """Who may do what, and how often."""
        from umr_server.guard import Guard

        return Guard(self.registry, self.settings)

    @cached_property
    def queries(self) -> Queries:
        """Who answers queries of strangers."""
        from umr_server.sparql.pool import Queries

        return Queries(self.registry, self.settings)

    @property
    def has_queries(self) -> bool:
        """Whether anybody has asked in SPARQL yet."""
        return "queries" in self.__dict__

    @cached_property
    def press(self) -> Press:
        """Who makes documents that take their time."""
        from umr_server.press import Press

        return Press(self.settings)

    @cached_property
    def aside(self) -> Aside:
        """Who looks at large drafts of strangers."""
        from umr_server.aside import Aside

        return Aside(self.registry, self.settings)

    @cached_property
    def running(self) -> Operation:
        """Figures, readiness, logs and kept answers."""
        from umr_server.running.operation import Operation

        return Operation(self)

    def close(self) -> None:
        """End what was started to serve the registry, which itself stays open."""
        if self.has_queries:
            self.queries.close()
        for one in ("press", "aside"):
            if one in self.__dict__:
                getattr(self, one).close()
