"""Which format a document is in, told from what stands in it; and the reading of documents of several formats at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed, UmrError
from umr_ld.formats import FORMATS
from umr_ld.formats.draft import Draft, Translation, nodes
from umr_ld.formats.linked import read_graph
from umr_ld.formats.loss import Loss, LossReport
from umr_ld.media import Media
from umr_ld.order import needs_first
from umr_ld.reading import tree_of

if TYPE_CHECKING:
    from umr_ld.document import Document
    from umr_ld.formats.draft import Stack
    from umr_ld.formats.table import Format
    from umr_ld.vocab import Vocabulary

_TURTLE = (b"@prefix", b"@base", b"PREFIX", b"BASE", b"<http")
_XML = b"http://cyclonedx.org/schema/bom"


def recognised(document: Document) -> Format:
    """The format that a document is in.

    Args:
        document: its bytes; what its media says counts for syntaxes of RDF only.

    Raises:
        Malformed: if no format is recognised.
        Unreadable, TooLarge, Invalid: if it cannot be read at all.
    """
    start = document.body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<") and _XML in start[:4096]:
        return FORMATS["cyclonedx"]
    document = as_rdf(document)
    is_rdf = document.media not in {Media.JSONLD, Media.YAML}
    root = None if is_rdf else tree_of(document).root
    classes: frozenset[str] = frozenset()
    if is_rdf or start.startswith((b"{", b"[")):
        kinds = (node.get("@type") for node in read_graph(document).nodes)
        classes = frozenset(one for several in kinds if isinstance(several, list) for one in several)
    for row in FORMATS.values():
        if row.read is not None and row.marks is not None and row.marks(root, classes):
            return row
    raise Malformed(
        "no format is recognised in this document",
        where=document.source,
        remedy=f"`umr convert --from` says which it is: {', '.join(label for label, row in FORMATS.items() if row.read)}",
    )


def as_rdf(document: Document) -> Document:
    """The document, as Turtle if it begins like Turtle; standard input says nothing of its syntax.

    Args:
        document: any.
    """
    start = document.body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if document.media is Media.YAML and start.startswith(_TURTLE):
        return replace(document, media=Media.TURTLE)
    return document


def read_any(repositories: Stack, vocabulary: Vocabulary, label: str = "") -> Translation:
    """Read documents, each in the format that it is in.

    Args:
        repositories: the documents; looked through in order, as readers of stacks do.
        vocabulary: the terms of records.
        label: of the format that all are in; empty to tell from each.

    Returns:
        drafts, upstreams before what is made from them, and what did not come through.
    """
    losses: list[Loss] = []
    stacks: dict[str, list[list[Document]]] = {}
    for repository in repositories:
        sorted_out: dict[str, list[Document]] = {}
        for document in repository:
            found = label or _label(document, losses)
            if found:
                sorted_out.setdefault(found, []).append(as_rdf(document))
        for name, documents in sorted_out.items():
            stacks.setdefault(name, []).append(documents)
    drafts: list[Draft] = []
    for name, stack in stacks.items():
        read = FORMATS[name].read
        if read is None:
            raise Malformed(
                f"{FORMATS[name].title} is only written", remedy="`umr formats` lists what is read"
            )
        translation = read(stack, vocabulary)
        drafts += translation.drafts
        losses += translation.losses
    return Translation(_ordered(drafts) if len(stacks) > 1 else tuple(drafts), LossReport(tuple(losses)))


def _label(document: Document, losses: list[Loss]) -> str:
    try:
        return recognised(document).label
    except UmrError as error:
        if document.media is Media.YAML:
            # What is YAML and nothing else was meant to be a legacy record, whose reader says what is wrong with it.
            return "legacy"
        what = f"not read: {error.what}" + (f"; {error.remedy}" if error.remedy else "")
        losses.append(Loss("", "", what, error.where or document.source))
        return ""


def _ordered(drafts: list[Draft]) -> tuple[Draft, ...]:
    by_name: dict[str, list[Draft]] = {}
    needs: dict[str, list[str]] = {}
    for draft in drafts:
        root = draft.tree.root if isinstance(draft.tree.root, dict) else {}
        name = str(root.get("name"))
        by_name.setdefault(name, []).append(draft)
        needs.setdefault(name, []).extend(str(one.get("artifact")) for one in nodes(root.get("upstream")))
    known = {name: [one for one in several if one in by_name] for name, several in needs.items()}
    return tuple(draft for name in needs_first(known) for draft in by_name[name])
