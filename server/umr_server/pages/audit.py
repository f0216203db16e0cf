"""Pages about audits: what a record does not say that profiles ask for, and the exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, render_template, request

from umr_ld.audit import Obligation, audit, redacted
from umr_ld.audit.profile import profile_named
from umr_ld.errors import Malformed
from umr_ld.page.audit import audit_page
from umr_ld.registry.auditing import dossier
from umr_ld.render.audit import GAP, audit_csv, audit_jsonld, gap_row, gaps_json
from umr_ld.render.targets import TARGETS
from umr_server.auditing import MOST, known_profiles
from umr_server.linked.answering import PASSING, answer
from umr_server.linked.negotiation import first_known
from umr_server.linked.view import Table, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.audit import Audit, Dossier
    from umr_ld.registry.reader import Reader
    from umr_server.site import Site

FORMS = ("html", "md", "jsonld", "csv")
"""Of an export. What takes a typesetter seconds is left to the command line."""

_DATA = {"jsonld": "application/ld+json", "csv": "text/csv; charset=utf-8"}


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """
    pages = _Audits(site)
    yield "/gaps/<path:reference>", "gaps", pages.gaps
    yield "/audit/<profile>/<path:reference>", "audit", pages.export


class _Audits:
    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def _registry(self) -> Reader:
        return self._site.asked

    def _dossier(self, reference: str) -> Dossier:
        return dossier(self._registry, reference, most=MOST)

    def gaps(self, reference: str) -> ResponseReturnValue:
        found, _, suffix = first_known(reference, self._dossier)
        registry = self._registry
        audits = [
            audit(one, found, registry.base, registry.vocabulary)
            for one in known_profiles(self._site.registry).values()
        ]
        told = [(one, one.gaps(Obligation.EXPECTED)) for one in audits]
        view = View(
            page=lambda: render_template(
                "gaps.html", record=found.root.record, told=told, forms=FORMS, left_out=found.left_out
            ),
            values=lambda: [gaps_json(one, gaps) for one, gaps in told],
            table=lambda: Table(GAP, [gap_row(gap, one.profile) for one, gaps in told for gap in gaps]),
        )
        return answer(view, suffix)

    def export(self, profile: str, reference: str) -> ResponseReturnValue:
        form = request.args.get("format", "jsonld")
        if form not in FORMS:
            raise Malformed(
                f"an export is not written as {form!r}", where="format", remedy=f"one of {', '.join(FORMS)}"
            )
        registry, asked = self._registry, profile_named(profile, known_profiles(self._site.registry))
        filled_in = audit(asked, self._dossier(reference), registry.base, registry.vocabulary)
        shown = redacted(filled_in, request.args.get("audience", ""))
        body, media = self._written(shown, form)
        response = Response(body, content_type=media)
        response.headers["Cache-Control"] = PASSING
        response.headers["Access-Control-Allow-Origin"] = "*"
        ref = str(shown.dossier.root.record.ref).replace("/", "_")
        # It is a document of its own: shown in this place, its style would be forbidden.
        response.headers.set("Content-Disposition", "attachment", filename=f"{ref}-{asked.key}.{form}")
        return response

    def _written(self, shown: Audit, form: str) -> tuple[bytes, str]:
        registry = self._registry
        if form == "csv":
            return audit_csv(shown).encode("utf-8", "surrogatepass"), _DATA[form]
        data = audit_jsonld(shown, registry.base)
        if form == "jsonld":
            return data, _DATA[form]
        page = audit_page(shown, registry.vocabulary, registry.base, data)
        return TARGETS[form].render(page).body, TARGETS[form].media
