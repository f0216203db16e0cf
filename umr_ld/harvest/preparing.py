"""From a piece of a list to a draft that is ready for its registry, wherever that is done.

It depends on nothing but the piece, the registry's base and its shapes, so that another process may do it. What comes
back from there is bytes and texts, from which the draft is put together again: terms one by one would take longer to
send than to make.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from umr_ld.document import Document
from umr_ld.errors import Malformed
from umr_ld.formats.draft import Draft
from umr_ld.formats.hub_listing import Listed, read_listed
from umr_ld.formats.loss import Loss
from umr_ld.jsonld import n_triples
from umr_ld.names import Name, Ref
from umr_ld.reading import Reading
from umr_ld.record import unread
from umr_ld.registry.prepared import Prepared, prepare
from umr_ld.registry.views import Checked
from umr_ld.versions import Version
from umr_ld.vocab import vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from umr_ld.addresses import Base
    from umr_ld.findings import Report
    from umr_ld.harvest.listing import Piece
    from umr_ld.record import Link
    from umr_ld.registry.found import Found
    from umr_ld.screen import Screen
    from umr_ld.tree import Tree

    Reader = Callable[[Any, Piece], Listed]


def read_hub(item: Any, piece: Piece) -> Listed:
    """Read what the Hugging Face Hub says of one thing.

    Args:
        item: the object.
        piece: where it stands.

    Raises:
        Malformed: as `hub_listing.read_listed`.
    """
    listed = read_listed(item, Document(piece.body, source=piece.place), dataset=piece.dataset)
    return listed.asked_for(piece.asked, dataset=piece.dataset) if piece.asked else listed


@dataclass(frozen=True, slots=True)
class Ready:
    """A piece that was read.

    Args:
        listed: what it says.
        prepared: its draft, ready for the registry.
    """

    listed: Listed
    prepared: Prepared


def ready(pieces: Iterable[Piece], read: Reader, base: Base, screen: Screen) -> list[Ready | Loss]:
    """Read pieces, and do with their drafts what can be done without the registry.

    Args:
        pieces: of a list.
        read: what makes a draft of one.
        base: of the registry.
        screen: its shapes.

    Returns:
        of each the draft, or why it cannot be read.
    """
    found = [_listed(piece, read) for piece in pieces]
    drafts = [one.draft for one in found if isinstance(one, Listed)]
    prepared = prepare(drafts, base, vocabulary(), screen)
    return [one if isinstance(one, Loss) else Ready(one, next(prepared)) for one in found]


def _listed(piece: Piece, read: Reader) -> Listed | Loss:
    try:
        item = json.loads(piece.body)
    except (ValueError, RecursionError) as error:
        return Loss("", "", f"not read: no JSON ({error})"[:300], piece.place)
    try:
        return read(item, piece)
    except Malformed as error:
        return Loss("id", "", f"not read: {error.what}", piece.place)


class Packed(NamedTuple):
    """A piece that was read, as it is sent from one process to another.

    Args:
        listed: name, losses, since when it is gone, and numbers of links.
        tree: the draft.
        report: why it cannot be read.
        record: name, version, IRI, kind, links, graph as N-Triples, digest, and published bytes; None if it cannot be read.
        is_sure: as of `Prepared`.
        found: as of `Prepared`.
    """

    listed: tuple[str, tuple[Loss, ...], str, tuple[int, int]]
    tree: Tree
    report: Report
    record: tuple[str, str, str, str, tuple[Link, ...], bytes, str, bytes] | None
    is_sure: bool
    found: Found | None

    @classmethod
    def of(cls, one: Ready) -> Packed:
        """What is sent of a draft of the hub's.

        Args:
            one: the draft; its tree has no lines.
        """
        listed, prepared, checked = one.listed, one.prepared, one.prepared.checked
        record = None
        if checked.reading is not None:
            made = checked.reading.record
            name, version = str(made.ref.name), str(made.ref.version)
            graph = n_triples(made.triples)
            record = name, version, made.iri, made.kind, made.links, graph, made.digest, checked.reading.body
        return cls(
            (listed.name, listed.losses, listed.removed, listed.stated),
            prepared.tree,
            checked.report,
            record,
            prepared.is_sure,
            prepared.found,
        )

    def unpacked(self, piece: Piece) -> Ready:
        """The draft again.

        Args:
            piece: what it was made from.
        """
        document = Document(piece.body, source=piece.place)
        name, losses, removed, stated = self.listed
        listed = Listed(name, Draft(self.tree, document), losses, removed, stated)
        reading = None
        if self.record is not None:
            own, version, iri, kind, links, graph, digest, body = self.record
            ref = Ref(Name.parse(own), Version.parse(version))
            reading = Reading(unread(ref, iri, kind, links, graph, digest), body, self.tree)
        checked = Checked(document, reading, self.report)
        return Ready(listed, Prepared(self.tree, checked, self.is_sure, self.found))
