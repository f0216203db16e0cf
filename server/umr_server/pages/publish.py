"""The page on which a record is written, checked and published."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import make_response, redirect, render_template, request, url_for

from umr_ld.document import Document
from umr_ld.errors import Invalid, Missing, UmrError
from umr_ld.render.yaml import as_yaml
from umr_server.pages.form import REST, Form
from umr_server.pages.judging import Judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask import Response
    from flask.typing import ResponseReturnValue

    from umr_ld.findings import Finding
    from umr_server.site import Site

TOKEN = "token"  # noqa: S105 - the name of an input
_FIRST = "1.0.0"


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked, and published into.
    """
    yield "/publish", "publish", _Publish(site).page


@dataclass(slots=True)
class _Shown:
    """What the page shows beside the inputs.

    Args:
        given: what was typed.
        findings: what is wrong with it, and what could be better.
        draft: what it makes; None before it was looked at.
        problem: why it was not published; None if nothing was tried.
        status: of HTTP.
    """

    given: dict[str, str]
    findings: Sequence[Finding] = ()
    draft: dict[str, Any] | None = None
    problem: UmrError | None = None
    status: int = 200


class _Publish:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._registry = site.registry
        self._judge = Judge(site)

    def page(self) -> ResponseReturnValue:
        response = make_response(self._written() if request.method == "POST" else self._begun())
        response.headers["Cache-Control"] = "no-store"
        return response

    def _begun(self) -> ResponseReturnValue:
        """The choice of a kind, or the form for one; with what a record says, for its next version."""
        before = request.args.get("from", "").strip()
        if before:
            body = json.loads(self._registry.body(self._registry.get(before).ref))
            form = self._form(body["type"])
            return self._shown(form, _Shown(form.typed(body, self._registry.base)))
        if not request.args.get("kind"):
            return render_template("publish.html", kinds=self._registry.vocabulary.kinds.values(), form=None)
        return self._shown(self._form(request.args["kind"]), _Shown({}))

    def _written(self) -> ResponseReturnValue:
        form = self._form(request.form.get("kind", ""))
        given = form.ordered(request.form, request.form.get("add", ""))
        if "add" in request.form:
            return self._shown(form, _Shown(given))
        try:
            shown = self._checked(form, given)
        except UmrError as error:
            return self._shown(form, _Shown(given, problem=error, status=error.status))
        if request.form.get("do") != "publish":
            shown.status = 200  # It was asked what is wrong, and that is answered.
        elif shown.status == 200:
            try:
                return self._published(shown)
            except Invalid as error:
                shown.findings, shown.status = tuple(error.report), error.status
            except UmrError as error:
                shown.problem, shown.status = error, error.status
        return self._shown(form, shown)

    def _form(self, kind: str) -> Form:
        vocabulary = self._registry.vocabulary
        if kind not in vocabulary.kinds:
            raise Missing(f"there is no kind {kind[:100]!r}", remedy=f"one of {', '.join(vocabulary.kinds)}")
        return Form(kind, vocabulary)

    def _checked(self, form: Form, given: dict[str, str]) -> _Shown:
        """What was typed as a draft, with all that is to say of it."""
        draft, wrong = form.draft(given)
        if "version" not in draft and not wrong:
            given["version"] = self._least_version(draft)
            draft, _ = form.draft(given)
        report = self._judge.validate(_document(draft))
        shown = _Shown(given, [*wrong, *report], draft)
        shown.status = 200 if report and not wrong else Invalid.status
        return shown

    def _least_version(self, draft: dict[str, Any]) -> str:
        """The version that the changes since the newest one need; the newest if nothing is changed, else the first."""
        try:
            return self._judge.next_version(_document({**draft, "version": _FIRST})) or _FIRST
        except Invalid:
            return _FIRST

    def _published(self, shown: _Shown) -> Response:
        guard = self._site.guard
        token = guard.writer(text=request.form.get(TOKEN, "").strip())
        assert shown.draft is not None
        (done,) = self._registry.publish(
            [_document(shown.draft)], agent=token.grant.agent, permit=guard.permit(token)
        )
        return make_response(redirect(url_for("pages.record", reference=done.ref), 303))

    def _shown(self, form: Form, shown: _Shown) -> ResponseReturnValue:
        violations = [one for one in shown.findings if one.severity.value == "violation"]
        page = render_template(
            "publish.html",
            form=form,
            kind=self._registry.vocabulary.kinds[form.kind],
            groups=form.groups(shown.given, shown.findings),
            rest=(
                REST,
                shown.given.get(REST, ""),
                [one for one in shown.findings if form.name_of(one) == REST],
            ),
            wrong=[(form.name_of(one), one) for one in violations],
            elsewhere=form.elsewhere(shown.findings),
            draft=None if shown.draft is None else (as_yaml(shown.draft), _json(shown.draft)),
            problem=shown.problem,
            writable=self._registry.is_writing,
        )
        return page, shown.status


def _document(draft: dict[str, Any]) -> Document:
    return Document(_json(draft).encode("utf-8", "surrogatepass"), source="the form")


def _json(draft: dict[str, Any]) -> str:
    return json.dumps(draft, ensure_ascii=False, indent=2) + "\n"
