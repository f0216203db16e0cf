"""What there is to say of a draft that was typed into the form: found here, or aside if it is large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umr_ld.findings import Report
from umr_ld.remote.client import error_of, finding_of
from umr_ld.remote.reader import draft_of
from umr_server.api.spec import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.document import Document
    from umr_server.site import Site


class Judge:
    """Looks at drafts of strangers; a large one is looked at by a process that may be killed.

    Every method raises `Overloaded` or `TooLong` if there is no time for a large one, or not enough.

    Args:
        site: what is asked.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

    def validate(self, document: Document) -> Report:
        """All that is wrong with a draft, and what could be better.

        Args:
            document: the draft.
        """
        if not self._site.aside.is_needed:
            (checked,) = self._site.registry.validate([document])
            return checked.report
        (told,) = self._asked("validate", {"drafts": [draft_of(document)]})["documents"]
        return Report(tuple(map(finding_of, told["findings"])))

    def next_version(self, document: Document) -> str:
        """The least version that would do for what a draft changes; the newest if that is nothing, empty if there is none.

        Args:
            document: the draft; its version does not matter.

        Raises:
            Invalid: if the draft cannot be read.
        """
        if not self._site.aside.is_needed:
            found, newest, least = self._site.registry.bump(document)
            return "" if newest is None else str(least if found.changes else newest)
        told = self._asked("bump", draft_of(document))
        newest = told.get("published", "")
        return str(told["version"] if newest and told["changes"] else newest)

    def _asked(self, verb: str, body: Mapping[str, Any]) -> Any:
        with self._site.guard.leaving_turn():
            status, told = self._site.aside.post(f"{PREFIX}/{verb}", body)
        if status != 200:
            raise error_of(told, status, "")
        return told
