"""Names of artifacts, references to records, and which names are easily taken for one another."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.versions import Version, is_version, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH = 255
"""Characters in a name."""
MAX_SEGMENTS = 6

_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*+")
_ALLOWED = "a segment begins with a letter or digit; letters, digits, dots, hyphens and underscores follow"

# What looks alike is written out in full, 1 and i as l, w as vv. The other way round it would matter where
# one begins: is vvv wv or vw? Digits that are letters only to a careless eye (5 s, 8 b) are kept apart,
# since models are told apart by them.
_LOOKALIKES = str.maketrans({"-": "", "_": "", ".": "", "0": "o", "1": "l", "i": "l", "w": "vv", "m": "rn"})


@dataclass(frozen=True, slots=True, order=True, repr=False)
class Name:
    """The name of an artifact: one to six segments, joined by `/`. Case counts.

    A segment is a letter or digit, then letters, digits, dots, hyphens and underscores. None is `.` or
    `..`, and none is a semantic version (SemVer 2.0.0), with or without a leading v, so that no path made
    of a name can be mistaken for a path to a version.

    Args:
        text: the name, at most `MAX_LENGTH` characters.

    Raises:
        Malformed: if it is none; `where` names the segment at fault.
    """

    text: str

    def __post_init__(self) -> None:
        if len(self.text) > MAX_LENGTH:
            raise Malformed(
                f"the name {quoted(self.text)} has {len(self.text):,} characters",
                remedy=f"a name has at most {MAX_LENGTH} characters",
            )
        segments = self.segments
        if len(segments) > MAX_SEGMENTS:
            raise Malformed(
                f"the name {quoted(self.text)} has {len(segments)} segments",
                remedy=f"a name has at most {MAX_SEGMENTS} segments, joined by /",
            )
        for number, segment in enumerate(segments, 1):
            if not _SEGMENT.fullmatch(segment) or is_version(segment[segment[0] in "vV" :]):
                raise _fault(self.text, segment, number)

    @classmethod
    def parse(cls, text: str) -> Name:
        """As `Name(text)`; texts seen lately are not parsed again.

        Args:
            text: a name.

        Raises:
            Malformed: as `Name`.
        """
        return _parsed(text)

    @classmethod
    def known(cls, text: str) -> Name:
        """A name that was checked when it was taken in, and need not be again.

        Args:
            text: from an index, where nothing else can be.
        """
        name = _new(cls)
        _set_text(name, text)
        return name

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts between the slashes."""
        return tuple(self.text.split("/"))

    @property
    def skeleton(self) -> str:
        """What is left of the name where look-alikes are one: two names with one skeleton can be confused.

        Names that differ by nothing but letter case, by `-`, `_` and `.`, and by 0 for o, by 1, l and i
        for one another, by rn for m or by vv for w, have one skeleton (compare Unicode UTS #39 §4).
        """
        return _skeleton(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Name({self.text!r})"


@lru_cache(maxsize=4096)
def _skeleton(text: str) -> str:
    return text.lower().translate(_LOOKALIKES)


_parsed = lru_cache(maxsize=16384)(Name)
_new = object.__new__
_set_text = Name.__dict__["text"].__set__


def _fault(text: str, segment: str, number: int) -> Malformed:
    what, remedy = f"the name {quoted(text)} has a segment {quoted(segment)}", _ALLOWED
    if not text:
        what, remedy = "the name is empty", "write e.g. publisher/artifact"
    elif not segment:
        what, remedy = (
            f"the name {quoted(text)} has an empty segment",
            "write one / between segments, none around",
        )
    elif _SEGMENT.fullmatch(segment):
        what, remedy = f"{what}, which looks like a version", "write the version after the name: name@1.0.0"
    return Malformed(what, where=f"segment {number}" if text else "", remedy=remedy)


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """One record: an artifact and a version of it. Ordered by name, then by version.

    Args:
        name: of the artifact.
        version: of the record; build metadata does not tell two references apart.
    """

    name: Name
    version: Version

    @classmethod
    def parse(cls, text: str) -> Ref:
        """The record that a text refers to.

        Args:
            text: `name@version`.

        Raises:
            Malformed: if it names no version, or name or version is not well-formed.
        """
        name, at, version = text.partition("@")
        if not at:
            raise Malformed(f"{quoted(text)} names no version", remedy="write name@1.0.0")
        return cls(Name.parse(name), Version.parse(version))

    @classmethod
    def known(cls, name: str, version: Version) -> Ref:
        """As `Ref(Name.known(name), version)`, for very many.

        Args:
            name: as of `Name.known`.
            version: of the record.
        """
        ref, of = _new(cls), _new(Name)
        _set_text(of, name)
        _set_name(ref, of)
        _set_version(ref, version)
        return ref

    @classmethod
    def all_known(cls, names: Iterable[str], versions: Iterable[Version]) -> list[Ref]:
        """As `known` of each name and version, without a step of the program for each.

        Args:
            names: as of `Name.known`.
            versions: as many.
        """
        texts = [*names]
        refs, of = [*map(_new, repeat(cls, len(texts)))], [*map(_new, repeat(Name, len(texts)))]
        deque(map(_set_text, of, texts), 0)
        deque(map(_set_name, refs, of), 0)
        deque(map(_set_version, refs, versions), 0)
        return refs

    def __str__(self) -> str:
        return f"{self.name.text}@{self.version.text}"


_set_name, _set_version = (Ref.__dict__[field].__set__ for field in ("name", "version"))


@dataclass(frozen=True, slots=True)
class Reference:
    """An artifact and some of its versions.

    Args:
        name: of the artifact.
        versions: those that are meant; all of them where nothing is said.
    """

    name: Name
    versions: Range = EVERYTHING

    @property
    def exact(self) -> Version | None:
        """The one version that is meant, if it is one."""
        return self.versions.exact

    def __str__(self) -> str:
        return str(self.name) if self.versions.is_everything else f"{self.name}@{self.versions}"


def parse_reference(text: str) -> Reference:
    """What a person refers to, in a command, an address or a document.

    Args:
        text: `name`, `name@1.2.0` or `name@RANGE`, the range as `Range.parse` reads it.

    Raises:
        Malformed: if name or range is not well-formed.
    """
    name, at, versions = text.partition("@")
    if at and not versions:
        raise Malformed(
            f"{quoted(text)} says nothing after the @", remedy="leave the @ out to mean every version"
        )
    return Reference(Name.parse(name), Range.parse(versions) if at else EVERYTHING)
