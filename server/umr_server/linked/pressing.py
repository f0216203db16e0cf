"""Records in the forms that people read: what `umr render` makes, for who asks here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, request

from umr_ld.render.targets import TARGETS

if TYPE_CHECKING:
    from umr_ld.page import Page
    from umr_ld.page.drawing import Drawing
    from umr_server.site import Site


def written(key: str, shown: Page | Drawing) -> bytes:
    """A document; what takes its time to make is made by another process.

    Args:
        key: of the target.
        shown: what it shows.

    Raises:
        Overloaded, TooLong: as `Press.render`.
    """
    target = TARGETS[key]
    if not target.needs:
        return target.render(shown).body
    site: Site = current_app.extensions["umr"]
    return site.press.render(key, shown, request.remote_addr or "")
