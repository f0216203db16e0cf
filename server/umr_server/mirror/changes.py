"""What a page may show that was published since the last build.

Everything that a page tells of an artifact stands in its lineage, upwards or downwards, or has a file of the same
digest; and how something in it stands follows from the lineage of that. So whatever changes at an artifact can be seen
on pages of what is below it, of what has its files, and of all that these were made from.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from umr_ld.entry import PUBLISHED
from umr_ld.errors import Malformed, Missing, UmrError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.registry import Registry
    from umr_ld.registry.views import Event

MOST = 1000
"""Records whose lineages are looked at, after which everything is made anew."""
_SPEAKING = frozenset({"Advisory", "Statement"})


def touched(registry: Registry, after: int, upto: int) -> set[str] | None:
    """The artifacts whose pages may have changed.

    Args:
        registry: what is asked.
        after: journal entry up to which all is known.
        upto: journal entry up to which it is asked.

    Returns:
        names and IRIs; None if any page may have changed.
    """
    if upto - after > MOST:
        return None
    named: set[str] = set()
    for event in registry.events(after, upto):
        named |= _named(registry, event)
    named = _with_aliases(registry, named)
    below = _below(registry, named)
    if len(below) > MOST:
        return None
    found = named | {str(reference).partition("@")[0] for reference in below}
    for reference in below:
        found |= {node.artifact for node in registry.lineage(reference).nodes}
    found = _with_aliases(registry, found)
    return found | {one.name for one in registry.advisories(about=sorted(found))}


def _named(registry: Registry, event: Event) -> set[str]:
    """What an entry is about: its artifact; of what speaks of risks everything that any of its versions names."""
    name = str(event.ref.name)
    record = registry.get(str(event.ref))
    found = {name} | {link.artifact for link in record.links}
    found |= {str(one.ref.name) for _, one in registry.same_files(record, most=MOST)}
    if record.kind not in _SPEAKING:
        return found
    for one in registry.history(name):
        if one.act in PUBLISHED:
            found |= set(_mentioned(registry, json.loads(registry.body(one.ref))))
    return found


def _mentioned(registry: Registry, value: Any) -> Iterator[str]:
    """Every text in a document that may name an artifact or an advisory."""
    match value:
        case dict():
            for one in value.values():
                yield from _mentioned(registry, one)
        case list():
            for one in value:
                yield from _mentioned(registry, one)
        case str() if len(value) < 1000 and not value.startswith("@"):
            name = registry.base.artifact_of(value).partition("@")[0]
            yield name
            try:
                advisory = registry.advisory(name)
            except UmrError:
                return
            if advisory is not None:
                yield from (advisory.name, *advisory.scopes)


def _below(registry: Registry, names: Iterable[str]) -> set[str]:
    """The records of artifacts, and all that are downstream of them."""
    found: set[str] = set()
    for name in names:
        try:
            found |= {str(hit.ref) for hit in registry.impact(name)}
            found |= {str(one.ref) for one in registry.history(name)}
        except (Missing, Malformed):
            continue
    return found


def _with_aliases(registry: Registry, names: set[str]) -> set[str]:
    """Names, and all other names of the same artifacts: what is said of one is shown with all."""
    return names | {one.name for name in names for one in registry.known_as(name)}
