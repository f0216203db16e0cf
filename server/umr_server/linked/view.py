"""What an address answers with, apart from how that is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pyoxigraph as ox

    from umr_ld.page import Page
    from umr_ld.page.drawing import Drawing


class Graph(NamedTuple):
    """A graph.

    Args:
        triples: its triples.
        name: IRI of the named graph that it is; or nothing.
        published: the bytes of the JSON-LD document that it was published as; empty if it was not.
        prefixes: further ones, beside those of the context.
    """

    triples: Sequence[ox.Triple]
    name: str = ""
    published: bytes = b""
    prefixes: Mapping[str, str] = {}


class Table(NamedTuple):
    """Rows with one value a column.

    Args:
        head: names of the columns.
        rows: the values.
    """

    head: Sequence[str]
    rows: Iterable[Sequence[object]]


class Target(NamedTuple):
    """A link that stands in the header of an answer (RFC 8288).

    Args:
        rel: relation type (IANA).
        iri: where it leads.
        mime: media type of what is there; or nothing.
    """

    rel: str
    iri: str
    mime: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """An answer, by what can be written of it. Nothing is made before it is known what is wanted.

    Args:
        page: for people.
        graph: as RDF.
        values: as plain values.
        draft: as authors write it: plain values that a draft would have.
        table: as rows.
        feed: as the document of a feed.
        sheet: as a document that is read elsewhere.
        drawing: as something that is drawn.
        default: key of the syntax for who accepts anything.
        links: of the header; made when an answer has to be made at all.
        lasting: what identifies the graph for ever; empty if it may change.
        gone: whether what it is about was withdrawn: its data answers 410 (RFC 9110 §15.5.11).
    """

    page: Callable[[], str] | None = None
    graph: Callable[[], Graph] | None = None
    values: Callable[[], Any] | None = None
    draft: Callable[[], Any] | None = None
    table: Callable[[], Table] | None = None
    feed: Callable[[], bytes] | None = None
    sheet: Callable[[], Page] | None = None
    drawing: Callable[[], Drawing] | None = None
    default: str = "html"
    links: Callable[[], Iterable[Target]] = tuple
    lasting: str = ""
    gone: bool = False
