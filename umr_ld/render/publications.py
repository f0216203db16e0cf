"""What publishing did, in the forms of answers; `publish` and `import` tell it alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umr_ld.render.output import filled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from umr_ld.registry.views import Published

HEAD = ("status", "reference", "sequence", "digest")


def publications_words(done: Iterable[Published]) -> str:
    """One line a record.

    Args:
        done: in the order of publishing.
    """
    return "".join(f"{one.status:<11} {one.ref}\n" for one in done)


def publication_row(one: Published) -> tuple[object, ...]:
    """The values of `HEAD`.

    Args:
        one: what was done with a record.
    """
    return one.status, str(one.ref), one.seq, one.digest


def publication_json(one: Published) -> dict[str, Any]:
    """A JSON object.

    Args:
        one: what was done with a record.
    """
    return filled(
        reference=str(one.ref),
        status=one.status,
        sequence=one.seq or None,
        digest=one.digest,
        findings=[finding.as_dict() for finding in one.report],
    )
