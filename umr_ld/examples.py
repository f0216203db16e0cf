"""The questions that come with the program: SPARQL files, each with a title and a description."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from umr_ld.resources import resource

if TYPE_CHECKING:
    from collections.abc import Mapping


class Example(NamedTuple):
    """A question that comes with the program.

    Args:
        name: by which it is asked for.
        title: one line.
        text: the whole file.
    """

    name: str
    title: str
    text: str


def examples() -> Mapping[str, Example]:
    """The examples by name. Each file begins with `# title: …` and `# description: …`."""
    found = {}
    for path in sorted(resource("queries/examples").glob("*.rq")):
        text = path.read_text(encoding="utf-8")
        title = text.partition("\n")[0].removeprefix("# title:").strip()
        found[path.stem] = Example(path.stem, title, text)
    return found
