"""What a site has to run by: figures, readiness, the keeper of answers, and the layers round the application."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from umr_server.running import readiness
from umr_server.running.door import keep_the_door
from umr_server.running.echoes import Echoes
from umr_server.running.errands import Errands
from umr_server.running.figures import Figures
from umr_server.running.keeper import Keeper
from umr_server.running.logs import AccessLog
from umr_server.running.state import State
from umr_server.running.watch import Addressed, Watch

if TYPE_CHECKING:
    from flask import Flask

    from umr_server.site import Site

_PARTS = 8
"""Of what may be kept one part is for requests that repeat themselves to the byte."""


class Operation:
    """How one site runs.

    Args:
        site: what is served.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self.readiness = readiness.Readiness(site)
        self.log = AccessLog("off")
        self.state = State(site)
        self._keeper: Keeper | None = None
        self._echoes: Echoes | None = None
        self._errands: Errands | None = None

    @cached_property
    def figures(self) -> Figures:
        """What is counted."""
        return Figures(self._site)

    @property
    def keeper(self) -> Keeper:
        """Who keeps answers; there once an application is surrounded."""
        assert self._keeper is not None
        return self._keeper

    @property
    def echoes(self) -> Echoes:
        """Who answers what was asked before; there once an application is surrounded."""
        assert self._echoes is not None
        return self._echoes

    @property
    def errands(self) -> Errands:
        """Who sends questions on their way; there once an application is surrounded."""
        assert self._errands is not None
        return self._errands

    def refused(self, status: int) -> None:
        """Count and write down a request that was refused before it was one.

        Args:
            status: of HTTP.
        """
        self.figures.answered("", "", str(status), 0.0)
        self.log.write({"REQUEST_METHOD": ""}, "", "", status, 0, 0.0, "refused")

    def surround(self, app: Flask) -> None:
        """Put the layers round an application that has all its rooms.

        Args:
            app: the application.
        """
        settings = self._site.settings
        keep_the_door(app)
        app.register_blueprint(readiness.blueprint(self._site))
        most = settings.page_cache_bytes // _PARTS
        inner = self._keeper = Keeper(app.wsgi_app, self.state, most * (_PARTS - 1), self._site.guard.admits)
        addressed = Addressed(inner, settings.public) if settings.public else inner
        believes = bool(settings.proxy)
        watch = Watch(addressed, self.figures, self.log, believes=believes)
        self._echoes = Echoes(inner, watch, most, believes=believes)
        self._errands = Errands(self._site, self._echoes, believes=believes)
        app.wsgi_app = watch  # type: ignore[method-assign]
