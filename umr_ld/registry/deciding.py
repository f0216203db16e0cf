"""Deciding whether two names are of one artifact: the statement that says so, published or taken back."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from umr_ld.access import agent_iri
from umr_ld.addresses import is_absolute
from umr_ld.document import Document
from umr_ld.errors import Conflict, Invalid, Malformed, Missing
from umr_ld.findings import Report
from umr_ld.names import Name
from umr_ld.registry.views import Published
from umr_ld.risk.decision import DIFFERENT, SAME

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from umr_ld.registry.facade import Registry
    from umr_ld.registry.views import Decided
    from umr_ld.remote import RemoteRegistry

_BELOW = "statement/alias"
_TRIES = 100


def decide(
    registry: Registry | RemoteRegistry,
    names: tuple[str, str],
    *,
    accepted: bool,
    reason: str,
    publish: Callable[[Document], tuple[Published, ...]],
    publisher: str = "",
) -> Published:
    """Publish a decision about two names; the next revision, where there is one.

    Args:
        registry: what is known already.
        names: of artifacts of this registry, or IRIs.
        accepted: whether they are names of one artifact.
        reason: why, in words.
        publish: publishes the statement.
        publisher: who decides, if that is to be stated: label or IRI.

    Returns:
        what was done; nothing, if the same was said with the same reason already.

    Raises:
        Malformed: if these are no two names, or there is no reason.
        Invalid, Conflict, Denied, Full: as of `Registry.publish`.
    """
    pair = require_pair(registry, names)
    if not reason.strip():
        raise Malformed("there is no reason", where="reason", remedy="say why they are one, or are not")
    same = _said_already(registry, pair, accepted=accepted, reason=reason, publisher=publisher)
    if same is not None:
        return same
    root = _root(pair, accepted=accepted, reason=reason, publisher=publisher)
    for _ in range(_TRIES):
        try:
            (done,) = publish(_next(registry, root))
        except Conflict:
            continue  # Somebody else published the same revision in between.
        return done
    raise Conflict(f"{root['name']} is revised too often", remedy="try again")


def take_back(
    registry: Registry | RemoteRegistry, names: tuple[str, str], *, reason: str, agent: str
) -> tuple[Published, ...]:
    """Withdraw every decision about two names, with all its revisions: nothing is decided about them any more.

    Args:
        registry: where they are.
        names: as of `decide`.
        reason: why, in words.
        agent: who withdraws.

    Raises:
        Missing: if nothing is decided about them.
        Malformed, Denied, Full: as of `Registry.withdraw`.
    """
    pair = require_pair(registry, names)
    done: list[Published] = []
    while standing := decisions_about(registry, pair):
        done += [registry.withdraw(one.ref, reason=reason, agent=agent) for one in standing]
    if not done:
        raise Missing(
            f"nothing is decided about {pair[0]} and {pair[1]}", remedy="`umr alias list` names what is"
        )
    return tuple(done)


def require_pair(registry: Registry | RemoteRegistry, names: tuple[str, str]) -> tuple[str, str]:
    """Two names of artifacts, in order.

    Args:
        registry: below whose base IRIs are names.
        names: as a person writes them.

    Raises:
        Malformed: if one is no name of an artifact, or both are the same.
    """
    one, other = sorted(_artifact(registry, text) for text in names)
    if one == other:
        raise Malformed(f"{one} is one name, not two", remedy="write two names, or addresses")
    return one, other


def decisions_about(registry: Registry | RemoteRegistry, names: tuple[str, str]) -> tuple[Decided, ...]:
    """The decisions about two names that stand.

    Args:
        registry: where they are.
        names: as of `decide`.
    """
    pair = require_pair(registry, names)
    return tuple(one for one in registry.aliases() if one.names == pair)


def _artifact(registry: Registry | RemoteRegistry, text: str) -> str:
    name = registry.base.artifact_of(text.strip())
    if is_absolute(name):
        return name
    if "@" in name:
        raise Malformed(
            f"{name[:200]} names a version",
            remedy="artifacts have aliases, with all their versions: leave out what begins at the @",
        )
    return str(Name.parse(name))


def _root(pair: tuple[str, str], *, accepted: bool, reason: str, publisher: str) -> dict[str, Any]:
    are = "are one artifact" if accepted else "are two artifacts"
    root: dict[str, Any] = {
        "type": "Statement",
        "name": decision_name(pair),
        "version": "1.0.0",
        "title": f"{pair[0]} and {pair[1]} {are}"[:1000],
        "description": reason,
        "issued": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "product": [{"artifact": name} for name in pair],
        "status": SAME if accepted else DIFFERENT,
    }
    return {**root, "publisher": publisher} if publisher else root


def decision_name(pair: tuple[str, str]) -> str:
    """The name of the record that decides about two names: one for each pair.

    Args:
        pair: in order.
    """
    digest = hashlib.sha256("\n".join(pair).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    last = re.sub(r"[^A-Za-z0-9]+", "-", pair[0].rstrip("/").rpartition("/")[2])[:40].strip("-")
    return f"{_BELOW}/{last}-{digest}" if last else f"{_BELOW}/{digest}"


def _said_already(
    registry: Registry | RemoteRegistry, pair: tuple[str, str], *, accepted: bool, reason: str, publisher: str
) -> Published | None:
    name = decision_name(pair)
    found = next((one for one in registry.aliases() if str(one.ref.name) == name), None)
    publishers = frozenset([agent_iri(publisher, registry.base)] if publisher else [])
    if found is None or (found.accepted, found.decision.reason) != (accepted, reason):
        return None
    if found.decision.publishers != publishers:
        return None
    return Published(found.ref, "unchanged", 0, registry.get(str(found.ref)).digest, Report())


def _next(registry: Registry | RemoteRegistry, root: dict[str, Any]) -> Document:
    draft = _document(root)
    try:
        _, _, least = registry.bump(draft)
    except Invalid:
        return draft  # Publishing says what is wrong with it.
    return _document({**root, "version": str(least)})


def _document(root: dict[str, Any]) -> Document:
    return Document(json.dumps(root).encode(), source=str(root["name"]))
