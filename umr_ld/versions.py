"""Semantic versions 2.0.0: their text, their order, and the byte keys that carry the order elsewhere.

A sort key is made so that comparing the bytes compares the versions by precedence (SemVer §11). It is
what versions are compared and hashed by, what ranges are made of, and what a database can order by:

- each of the three numbers is one byte, how many digits it has, and the digits;
- a release ends with 0xFF, above every prerelease of it;
- a prerelease goes on with its identifiers: 0x01 and a number written as above, or 0x02, the text and
  0x00. A list of identifiers is a prefix of every longer list that begins with it, hence below it.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from functools import lru_cache

from umr_ld.errors import Malformed

MAX_LENGTH = 256
"""Characters in a version. It also bounds its numbers, so that one byte can say how many digits they have."""

# A group is never repeated possessively: before 3.11.4, Python then forgets where it stood.
NUMBER = r"(?:0|[1-9][0-9]*+)"
IDENTIFIER = rf"(?:[0-9]*+[A-Za-z-][0-9A-Za-z-]*+|{NUMBER})"
PRERELEASE = rf"{IDENTIFIER}(?:\.{IDENTIFIER})*"
BUILD = r"[0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*"

_FORM = re.compile(rf"({NUMBER})\.({NUMBER})\.({NUMBER})(?:-({PRERELEASE}))?(?:\+{BUILD})?")
# Only for messages, hence compiled when the first is needed.
_NEARLY = r"[vV=\s]*+([0-9]++)(?:\.([0-9]++))?(?:\.([0-9]++))?-?([0-9A-Za-z-][0-9A-Za-z.-]*+)?(\+[0-9A-Za-z.-]++)?\s*+"
_REASONS = (
    (r"\s*+", "it is empty"),
    (r"\s.*+|.*\s", "there is white space around it"),
    (r"[vV=].*+", "it begins with a sign that is no part of it"),
    (r"[0-9]++", "it has one number where three are needed"),
    (r"[0-9]++\.[0-9]++(?:[^.0-9].*+)?", "it has two numbers where three are needed"),
    (r"(?:[0-9]++\.){3}[0-9].*+", "it has more than three numbers"),
    (r"(?:[0-9]++\.){0,2}0[0-9].*+", "a number begins with 0"),
    (r"(?:[0-9]++\.){2}[0-9]++[A-Za-z].*+", "a hyphen is missing before the prerelease"),
    (r"[^+]*[-.]0[0-9]++(?:[.+].*+)?", "a number in the prerelease begins with 0"),
    (r"[0-9A-Za-z.+-]*+", "it is not three numbers with a prerelease (-…) or build (+…) after them"),
)

_RELEASE = 0xFF
_NUMERIC = 0x01
_ZERO = b"\x01\x010"
"""The identifier 0: the least there is, so that appending it is the least step up from a prerelease."""


class Level(enum.IntEnum):
    """How large a step between two versions is (SemVer §6-8); a larger step is a larger level."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Version:
    """A semantic version (SemVer 2.0.0 §2, §9, §10).

    Versions are compared, and are equal, by precedence (§11): `1.0.0+a == 1.0.0+b`, since build metadata
    does not count, though `str` gives it back.

    Args:
        text: the version as written, ASCII, at most `MAX_LENGTH` characters.

    Attributes:
        sort_key: bytes that compare as the versions do, wherever bytes are compared (BLOBs in SQLite).

    Raises:
        Malformed: if the text is no semantic version; the remedy names what was probably meant.
    """

    text: str
    sort_key: bytes = field(init=False)

    def __post_init__(self) -> None:
        found = _FORM.fullmatch(self.text) if len(self.text) <= MAX_LENGTH else None
        if found is None:
            raise _fault(self.text)
        object.__setattr__(self, "sort_key", key_of(*found.groups()))

    @classmethod
    def parse(cls, text: str) -> Version:
        """As `Version(text)`; texts seen lately are not parsed again.

        Args:
            text: a semantic version.

        Raises:
            Malformed: as `Version`.
        """
        return _parsed(text)

    @classmethod
    def from_sort_key(cls, key: bytes) -> Version:
        """The version with this sort key, without the build metadata, which is not in it.

        Args:
            key: a version's `sort_key`.
        """
        return _parsed(text_of(key))

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Major, minor and patch."""
        major, minor, patch = text_of(self.sort_key).partition("-")[0].split(".")
        return int(major), int(minor), int(patch)

    @property
    def prerelease(self) -> str:
        """The identifiers after the hyphen (§9), joined by dots; empty for a release."""
        return text_of(self.sort_key).partition("-")[2]

    @property
    def build(self) -> str:
        """The build metadata (§10); empty if there is none."""
        return self.text.partition("+")[2]

    @property
    def is_prerelease(self) -> bool:
        """Whether identifiers follow a hyphen (§9)."""
        return not is_release(self.sort_key)

    @property
    def release(self) -> Version:
        """The version without prerelease and build metadata."""
        return _parsed(text_of(self.sort_key).partition("-")[0])

    def bump(self, level: Level) -> Version:
        """The least release that is one step of this level up.

        A prerelease stands before its release: the next step after `2.0.0-rc.1` is `2.0.0` whatever its
        level, after `1.2.0-rc.1` it is `1.2.0` unless it is a major one. So does node-semver's `inc`.

        Args:
            level: how large the step is.

        Raises:
            Malformed: if the next version would be longer than `MAX_LENGTH`.
        """
        numbers, place = self.numbers, Level.MAJOR - level
        if self.is_prerelease and not any(numbers[place + 1 :]):
            return self.release
        return _parsed("{}.{}.{}".format(*stepped(numbers, place)))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Version({self.text!r})"

    def __hash__(self) -> int:
        return hash(self.sort_key)

    def __eq__(self, other: object) -> bool:
        return self.sort_key == other.sort_key if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: Version) -> bool:
        return self.sort_key < other.sort_key if isinstance(other, Version) else NotImplemented

    def __le__(self, other: Version) -> bool:
        return self.sort_key <= other.sort_key if isinstance(other, Version) else NotImplemented

    def __gt__(self, other: Version) -> bool:
        return self.sort_key > other.sort_key if isinstance(other, Version) else NotImplemented

    def __ge__(self, other: Version) -> bool:
        return self.sort_key >= other.sort_key if isinstance(other, Version) else NotImplemented


_parsed = lru_cache(maxsize=16384)(Version)


def is_version(text: str) -> bool:
    """Whether a text is a semantic version.

    Args:
        text: any text.
    """
    return len(text) <= MAX_LENGTH and _FORM.fullmatch(text) is not None


def stepped(numbers: tuple[int, ...], place: int) -> tuple[int, int, int]:
    """Three numbers, the one at a place raised by one and those after it 0.

    Args:
        numbers: major, minor, patch; those after the place may be missing.
        place: 0, 1 or 2.
    """
    major, minor, patch = (*numbers[:place], numbers[place] + 1, 0, 0)[:3]
    return major, minor, patch


# -- sort keys


def key_of(major: str, minor: str, patch: str, prerelease: str | None) -> bytes:
    """The sort key of the version with these parts, of which each is well-formed and none is too long.

    Args:
        major: digits.
        minor: digits.
        patch: digits.
        prerelease: identifiers joined by dots; None for a release.
    """
    core = f"{chr(len(major))}{major}{chr(len(minor))}{minor}{chr(len(patch))}{patch}"
    if prerelease is None:
        return f"{core}\xff".encode("latin-1")
    identifiers = [
        f"\x01{chr(len(identifier))}{identifier}" if identifier.isdecimal() else f"\x02{identifier}\x00"
        for identifier in prerelease.split(".")
    ]
    return f"{core}{''.join(identifiers)}".encode("latin-1")


LEAST = key_of("0", "0", "0", "0")
"""The sort key of 0.0.0-0, below which there is no version."""


def text_of(key: bytes) -> str:
    """The version with this sort key, as text: no build metadata, and no bound on the length.

    Args:
        key: a version's sort key, or one made by `successor` or `predecessor`.
    """
    numbers, at = [], 0
    for _ in range(3):
        number, at = _number(key, at)
        numbers.append(number)
    identifiers = []
    while at < len(key) and key[at] != _RELEASE:
        identifier, at = _number(key, at + 1) if key[at] == _NUMERIC else _word(key, at + 1)
        identifiers.append(identifier)
    core = b".".join(numbers)
    return (core + b"-" + b".".join(identifiers) if identifiers else core).decode("ascii")


def _number(key: bytes, at: int) -> tuple[bytes, int]:
    end = at + 1 + key[at]
    return key[at + 1 : end], end


def _word(key: bytes, at: int) -> tuple[bytes, int]:
    end = key.index(0, at)
    return key[at:end], end + 1


def is_release(key: bytes) -> bool:
    """Whether the version with this sort key is a release, no prerelease.

    Args:
        key: a version's sort key.
    """
    return key[-1] == _RELEASE


def successor(key: bytes) -> bytes:
    """The sort key of the least version above one; there is no version in between.

    Above `1.2.3` that is `1.2.4-0`, above `1.2.3-a` it is `1.2.3-a.0` (SemVer §11).

    Args:
        key: a version's sort key.
    """
    if not is_release(key):
        return key + _ZERO
    major, minor, patch = text_of(key).split(".")
    return key_of(major, minor, str(int(patch) + 1), "0")


def predecessor(key: bytes) -> bytes | None:
    """The sort key of the version whose `successor` this one is; None if there is no such version.

    Args:
        key: a version's sort key.
    """
    if not key.endswith(_ZERO):
        return None
    core, _, identifiers = text_of(key).partition("-")
    if identifiers != "0":
        return key[: -len(_ZERO)]
    major, minor, patch = core.split(".")
    return key_of(major, minor, str(int(patch) - 1), None) if patch != "0" else None


# -- what is wrong


def quoted(text: str, limit: int = 60) -> str:
    """A text as a message may show it: in quotes, control and foreign characters escaped, cut if long.

    Args:
        text: any text.
        limit: characters shown.
    """
    return ascii(text) if len(text) <= limit else f"{text[:limit]!a}…"


def _fault(text: str) -> Malformed:
    what = f"{quoted(text)} is no semantic version"
    if len(text) > MAX_LENGTH:
        return Malformed(f"{what}: it has more than {MAX_LENGTH} characters", remedy="shorten it")
    reason = next((reason for pattern, reason in _REASONS if re.fullmatch(pattern, text)), "")
    return Malformed(
        f"{what}: {reason or 'it has characters that none has'}",
        remedy=f"write {_meant(text) or 'MAJOR.MINOR.PATCH, e.g. 1.0.0'}",
    )


def _meant(text: str) -> str:
    found = re.fullmatch(_NEARLY, text)
    if found is None:
        return ""
    major, minor, patch, prerelease, build = found.groups()
    numbers = ".".join(str(int(number or "0")) for number in (major, minor, patch))
    candidate = f"{numbers}{f'-{prerelease}' if prerelease else ''}{build or ''}"
    return candidate if is_version(candidate) else ""
