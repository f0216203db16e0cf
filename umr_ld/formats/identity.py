"""Names and versions of records, from how other people name and number things. What does not fit is kept as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from umr_ld.addresses import is_absolute
from umr_ld.errors import Malformed
from umr_ld.names import MAX_LENGTH, Name
from umr_ld.versions import Version

if TYPE_CHECKING:
    from umr_ld.addresses import Base

NO_VERSION = "0.0.0"
"""Of what has no version, or one that is none of Semantic Versioning."""

HUB = "hf/"
_HUB_PURL = "pkg:huggingface/"
_OWN_PURL = "pkg:generic/"
_HUB_HOSTS = frozenset(("huggingface.co", "www.huggingface.co", "hf.co"))
_NUMBERS = re.compile(r"[vV]?([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?\Z")
_SEGMENT = 60
"""Characters of a segment that is made of a foreign name."""


class Numbered(NamedTuple):
    """A version, and the label that it was made of.

    Args:
        version: of Semantic Versioning.
        revision: the label; empty where it is the version itself.
    """

    version: str
    revision: str = ""


def numbered(label: str) -> Numbered:
    """The version that a label stands for: `1.4` is 1.4.0, and what cannot be told is 0.0.0.

    Args:
        label: as the publisher writes it; empty for none.
    """
    try:
        return Numbered(str(Version.parse(label)))
    except Malformed:
        match = _NUMBERS.match(label)
    if match is None:
        return Numbered(NO_VERSION, label)
    return Numbered(".".join(str(int(part or 0)) for part in match.groups()), label)


def named(*parts: str) -> str:
    """A name of the parts, each made a segment: other characters than a name may have become hyphens.

    Args:
        parts: at least one; empty ones are left out.
    """
    made = [segment for part in parts for one in part.split("/") if (segment := _segment(one))]
    text = "/".join(made)[:MAX_LENGTH].strip("/") or "unnamed"
    try:
        return str(Name.parse(text))
    except Malformed:
        # Too many segments, or one that looks like a version.
        return "-".join(["n", *made])[: 2 * _SEGMENT].rstrip("._-").replace(".", "-")


def _segment(text: str) -> str:
    made = re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:_SEGMENT].strip("._-")
    try:
        return str(Name.parse(made)) if made else ""
    except Malformed:
        return f"v-{made}"


def artifact_of(text: str, base: Base) -> str | None:
    """The name or address of an artifact that an identifier stands for; None if it is none.

    Addresses below the registry's base and of the Hugging Face Hub, and package URLs of either, become names.

    Args:
        text: an IRI, or a name.
        base: of the registry.
    """
    if not is_absolute(text):
        return text if _is_name(text) else None
    if text.startswith("_:"):
        return None
    known = _known(text, base)
    return known if known and _is_name(known) else text


def _known(text: str, base: Base) -> str:
    own = base.artifact_of(text).partition("@")[0]
    if own and not is_absolute(own):
        return own
    bare = unquote(re.split(r"[@?#]", text, maxsplit=1)[0])
    if bare.startswith(_HUB_PURL):
        return f"{HUB}{bare.removeprefix(_HUB_PURL)}"
    if bare.startswith(_OWN_PURL):
        return bare.removeprefix(_OWN_PURL)
    return _on_hub(text)


def version_in_purl(purl: str) -> str:
    """The version that a package URL names; empty if it names none.

    Args:
        purl: as somebody wrote it (package-url, §5: after the last `@`, before qualifiers and subpath).
    """
    name = re.split(r"[?#]", purl, maxsplit=1)[0].rpartition("/")[2]
    return unquote(name.partition("@")[2])


def _on_hub(address: str) -> str:
    """The name of a repository on the Hugging Face Hub; empty if an address leads to none."""
    try:
        parts = urlsplit(address)
        if parts.hostname not in _HUB_HOSTS:
            return ""
    except ValueError:
        return ""
    segments = [one for one in parts.path.split("/") if one]
    if segments[:1] == ["datasets"]:
        return f"{HUB}{'/'.join(segments)}" if len(segments) == 3 else ""
    return f"{HUB}{'/'.join(segments)}" if len(segments) == 2 and segments[0] != "spaces" else ""


def _is_name(text: str) -> bool:
    try:
        Name.parse(text)
    except Malformed:
        return False
    return True


def purl_of(artifact: str, version: str = "") -> str:
    """The package URL of an artifact; there is a type for models of the Hugging Face Hub, and none for others.

    Args:
        artifact: a name.
        version: of the record; empty for none.
    """
    hub = artifact.removeprefix(HUB)
    if artifact.startswith(HUB) and hub.count("/") == 1:
        # The hub's versions are commits, which the record's version is not.
        return f"{_HUB_PURL}{hub}"
    return f"{_OWN_PURL}{artifact}" + (f"@{quote(version, safe='')}" if version else "")
