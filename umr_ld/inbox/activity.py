"""Reading a notification: ActivityStreams 2.0 in JSON-LD, for which nothing is fetched.

ActivityStreams is made so that its compact form can be read as plain JSON (Core §2), if its context is the one that
counts. So that context is required, others may add terms and change none, and no other is named: whoever reads it by
JSON-LD and whoever reads it as here understand the same.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from umr_ld.addresses import is_absolute
from umr_ld.alerts.ldn import CONTEXT
from umr_ld.document import Document
from umr_ld.errors import Invalid, TooLarge
from umr_ld.findings import Report, violation
from umr_ld.inbox import MAX_BYTES, Said
from umr_ld.strictjson import read_json
from umr_ld.tree import dotted, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.findings import Finding
    from umr_ld.tree import Path, Value

ACTIVITIES = frozenset({
    "Activity", "Accept", "Add", "Announce", "Arrive", "Block", "Create", "Delete", "Dislike", "Flag", "Follow", "Ignore",
    "IntransitiveActivity", "Invite", "Join", "Leave", "Like", "Listen", "Move", "Offer", "Question", "Read", "Reject",
    "Remove", "TentativeAccept", "TentativeReject", "Travel", "Undo", "Update", "View",
})  # fmt: skip
"""Types of activities (ActivityStreams Vocabulary §3.1, and Core §4.2 and §4.3)."""

MAX_PIECES = 50_000
"""Commas and opening brackets of a notification: several times those of a thousand events."""
MOST = 1000
"""Objects of one notification."""
LONGEST = 2000
"""Characters of an IRI."""
_SUMMARY = 500
_TOLD = 20
"""Faults that are told of one notification."""

_CONTEXTS = frozenset({CONTEXT, CONTEXT.replace("https:", "http:", 1)})
_PREFIXES = (f"{CONTEXT}#", "as:")
_READ = frozenset(
    {"id", "type", "actor", "object", "target", "url", "href", "context", "summary", "name", "as"}
)
"""Terms whose meaning no other context may change."""
_ABOUT = ("object", "target")
_REMEDY = "send an activity of ActivityStreams 2.0, e.g. an Announce, whose `object` is the IRI of a record"


def read_activity(body: bytes) -> Said:
    """What a notification says.

    Args:
        body: as it came.

    Raises:
        Unreadable: if it is no JSON, or nests too deep.
        TooLarge: if it has more than `MAX_BYTES`.
        Invalid: with what is wrong with it, as far as anybody reads it.
    """
    root = _read(body)
    Report(tuple(islice(chain(_context_faults(root), _faults(root)), _TOLD))).require("the body")
    about = dict.fromkeys(iri for iri, _ in _about(root))
    # A made-up name of an event is of use to its sender only, if it is also said where the event is.
    named = [iri for iri in about if not iri.startswith("urn:uuid:")]
    actor = next(_iris(_listed(root.get("actor")), ("actor",)), ("", ()))[0]
    return Said(
        kind=next(_activities(root)),
        about=tuple(named or about),
        actor=actor,
        id=str(_keyword(root, "id") or ""),
        summary=str(root.get("summary") or root.get("name") or "")[:_SUMMARY],
    )


def _read(body: bytes) -> dict[str, Value]:
    """The object that is sent. How much it says is counted first: reading takes its time for each value."""
    pieces = sum(body.count(sign) for sign in (b",", b"[", b"{"))
    if len(body) > MAX_BYTES or pieces > MAX_PIECES:
        raise TooLarge(
            f"a notification may have {MAX_BYTES:,} bytes and {MAX_PIECES:,} commas and brackets, and this one has "
            f"{len(body):,} and {pieces:,}",
            remedy="say what it is about by its IRI",
        )
    try:
        root = read_json(Document(body, source="the body")).root
    except Invalid as error:
        raise Invalid(Report(tuple(islice(error.report, _TOLD))), where="the body") from None
    if not isinstance(root, dict):
        fault = violation("a notification is a JSON object", "activity", remedy=_REMEDY)
        raise Invalid(Report((fault,)), where="the body")
    return root


def _context_faults(root: dict[str, Value]) -> Iterator[Finding]:
    named = {one for one in _listed(root.get("@context")) if isinstance(one, str)}
    if not named & _CONTEXTS:
        yield violation(
            "it does not name the context of ActivityStreams", "activity-context", "@context",
            remedy=f"write `@context`: `{CONTEXT}`",
        )  # fmt: skip
    for path, value in walk(root):
        if path and path[-1] == "@context":
            yield from _changed(path, value if isinstance(value, list) else [value])


def _changed(path: Path, contexts: Iterable[Value]) -> Iterator[Finding]:
    """What in contexts would have to be fetched, or would make the terms of ActivityStreams mean something else."""
    for one in contexts:
        if isinstance(one, str) and one not in _CONTEXTS:
            wrong = f"the context {one[:200]} is not known here, and none is fetched"
        elif isinstance(one, dict) and (odd := [key for key in one if key in _READ or key.startswith("@")]):
            wrong = f"a context of its own changes what {odd[0][:100]!r} means"
        elif one is None:
            wrong = "an empty context takes their meaning from all terms"
        elif isinstance(one, str | dict):
            continue
        else:
            wrong = "this is no context"
        yield violation(
            wrong, "activity-context", dotted(path), remedy="leave it out; what is of no other use here is kept as it is"
        )  # fmt: skip


def _faults(root: dict[str, Value]) -> Iterator[Finding]:
    if next(_activities(root), None) is None:
        yield violation("its type is no activity of ActivityStreams", "activity-type", "type", remedy=_REMEDY)
    objects = _listed(root.get("object"))
    if not 0 < len(objects) <= MOST:
        wrong = f"it is about {len(objects):,} things" if objects else "it is about nothing"
        yield violation(wrong, "activity-object", "object", remedy=f"name 1 to {MOST:,} in `object`")
    elif next(_about(root), None) is None:
        yield violation("it names nothing by its IRI", "activity-object", "object", remedy=_REMEDY)
    found = [*_about(root), *_iris(_listed(root.get("actor")), ("actor",))]
    if isinstance(given := _keyword(root, "id"), str) and given:
        found.append((given, ("id",)))
    for iri, path in found:
        if len(iri) > LONGEST or not is_absolute(iri):
            yield violation(
                f"{iri[:100]!r} is no absolute IRI of at most {LONGEST:,} characters", "activity-iri", dotted(path),
                remedy="write it whole",
            )  # fmt: skip
    for key in ("summary", "name", "id", "@id"):
        if not isinstance(root.get(key, ""), str | None):
            yield violation("this is no text", "activity-text", key, remedy="write a text, or leave it out")


def _activities(root: dict[str, Value]) -> Iterator[str]:
    for one in _listed(_keyword(root, "type")):
        name = one if isinstance(one, str) else ""
        for prefix in _PREFIXES:
            name = name.removeprefix(prefix)
        if name in ACTIVITIES:
            yield name


def _about(root: dict[str, Value]) -> Iterator[tuple[str, Path]]:
    """IRIs of what it is about, with their places: the objects, where these are to be found, and in what connection."""
    for key in _ABOUT:
        for at, one in enumerate(_listed(root.get(key))[:MOST]):
            yield from _iris([one], (key, at))
            if isinstance(one, dict):
                for more in ("url", "context"):
                    yield from _iris(_listed(one.get(more)), (key, at, more))


def _iris(values: Iterable[Value], path: Path) -> Iterator[tuple[str, Path]]:
    """The IRIs that values are, or that objects and links among them have."""
    for one in values:
        iri = (_keyword(one, "id") or one.get("href")) if isinstance(one, dict) else one
        if iri is not None:
            yield iri if isinstance(iri, str) else "", path


def _keyword(node: dict[str, Value], name: str) -> Value:
    """The value of a keyword, under its own name or its alias (Core §2)."""
    return node.get(f"@{name}", node.get(name))


def _listed(value: Value) -> list[Value]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
