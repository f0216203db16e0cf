"""What audits of a server look at: the profiles that it knows, and how far upstream it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from umr_ld.audit.profile import profiles
from umr_ld.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.audit import Profile
    from umr_ld.registry import Registry

MOST = 200
"""Records upstream that are looked at while somebody waits; the command line looks at more."""


def known_profiles(registry: Registry) -> Mapping[str, Profile]:
    """The profiles by key: those that come with the program, and those in the registry's folder.

    Args:
        registry: that is served.
    """
    folder = registry.folder
    try:
        return profiles(*([] if folder is None else [folder / "profiles"]))
    except Malformed as error:
        # It is no visitor's fault, and where it lies is not for them; `umr audit profiles` says it too.
        current_app.logger.warning("profiles of the deployment are left out: %s", error)
        return profiles()
