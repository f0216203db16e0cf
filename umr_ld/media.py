"""The syntaxes of documents and graphs: one row each, asked by everything else."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed

if TYPE_CHECKING:
    from pathlib import PurePath


class Media(enum.Enum):
    """A syntax: its name, media type (IANA) and file endings, the first being the one written."""

    JSONLD = ("jsonld", "application/ld+json", (".jsonld", ".json"))
    YAML = ("yaml", "application/ld+yaml", (".yaml", ".yml"))
    TURTLE = ("ttl", "text/turtle", (".ttl",))
    NQUADS = ("nq", "application/n-quads", (".nq",))
    NTRIPLES = ("nt", "application/n-triples", (".nt",))
    TRIG = ("trig", "application/trig", (".trig",))

    def __init__(self, label: str, mime: str, endings: tuple[str, ...]) -> None:
        self.label = label
        self.mime = mime
        self.endings = endings

    @classmethod
    def of_path(cls, path: PurePath) -> Media:
        """The syntax a file's ending announces.

        Args:
            path: the file; only its ending is looked at.

        Raises:
            Malformed: if no syntax has that ending.
        """
        for media in cls:
            if path.suffix.lower() in media.endings:
                return media
        known = " ".join(ending for media in (cls.JSONLD, cls.YAML) for ending in media.endings)
        raise Malformed(
            f"the ending {path.suffix or '(none)'!r} names no syntax of records",
            where=str(path),
            remedy=f"records are read from {known}",
        )
