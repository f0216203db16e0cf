"""A page as a card: YAML front matter that hubs read, and Markdown for people.

The fields are those of `ontology/crosswalk/hub-card.tsv`, so that what is written is read back.
Markdown: CommonMark 0.31 with the tables of GitHub Flavored Markdown 0.29 §4.10.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from umr_ld.formats.hub_fields import crosswalk
from umr_ld.render.clean import clean
from umr_ld.render.writing import written
from umr_ld.render.yaml import as_yaml

if TYPE_CHECKING:
    from umr_ld.page import Page

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_LEADING = re.compile(r"^(\d*)(?=[.)=+-])")
"""Behind it stands what would begin a list, or make a heading of the line above."""

_SPDX = "https://spdx.org/licenses/"
_SIMPLE = re.compile(r"[A-Za-z0-9.-]+\Z")
_ONE = frozenset({"pretty_name", "pipeline_tag", "library_name"})
"""Fields that hold one text."""


def as_markdown(page: Page) -> tuple[str, tuple[str, ...]]:
    """A page as a card.

    Args:
        page: what is shown.

    Returns:
        the card, and what its front matter has no field for.
    """
    front, lost = _front(page)
    head = f"---\n{as_yaml(front)}---\n\n" if front else ""
    return head + written("page.md", escaped, page, address=address, clean=clean), tuple(lost)


def escaped(text: str) -> str:
    """A text that Markdown shows as it is, on one line: a mark of punctuation may always be escaped.

    Args:
        text: anything.
    """
    text = clean(text).replace("\t", " ")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return "<br>".join(_LEADING.sub(r"\1\\", _SPECIAL.sub(r"\\\1", line)) for line in lines)


def address(text: str) -> str:
    """An address between the angle brackets of a link (CommonMark §6.3).

    Args:
        text: http or https.
    """
    return re.sub(r"[\s<>\\|`]", lambda match: f"%{ord(match.group()):02X}", clean(text))


def _front(page: Page) -> tuple[dict[str, Any], list[str]]:
    """The fields of a card. Which of them is which key of a record is the crosswalk's to say."""
    front: dict[str, Any] = {}
    lost: list[str] = []
    rules = [(field, rule) for field, several in crosswalk().items() for rule in several]
    for field, rule in rules:
        values = page.values.get(rule.key, ())
        if rule.namespace or not values or field in front or rule.key in {"reference", "licenseExpression"}:
            continue
        of_dataset = field in {"pretty_name", "task_categories"}
        if of_dataset == (page.citation is not None and page.citation.kind == "Dataset"):
            front[field] = _said(field, [clean(text) for text in values], lost)
    front |= _license(page)
    front |= _bases(page, lost)
    return front, lost


def _said(field: str, texts: list[str], lost: list[str]) -> str | list[str]:
    if field not in _ONE:
        return texts
    lost += [f"{field} {text}: a card has room for one" for text in texts[1:]]
    return texts[0]


def _license(page: Page) -> dict[str, Any]:
    """The hub writes identifiers in lower case, and has `other` with a name for what it does not know."""
    stated = [
        text.removeprefix(_SPDX)
        for key in ("license", "licenseExpression")
        for text in page.values.get(key, ())
    ]
    if not stated:
        return {}
    if all(_SIMPLE.match(text) and not text.startswith("LicenseRef-") for text in stated):
        names = [text.lower() for text in stated]
        return {"license": names[0] if len(names) == 1 else names}
    name = " AND ".join(stated).removeprefix("LicenseRef-")
    return {"license": "other", "license_name": clean(name)}


def _bases(page: Page, lost: list[str]) -> dict[str, Any]:
    """What it was made from, as far as it is on the hub and the card has a field for the relation."""
    fields = {
        rule.key: (field, rule)
        for field, several in crosswalk().items()
        for rule in several
        if rule.namespace
    }
    found: dict[str, list[str]] = {}
    how: dict[str, str] = {}
    for relation, artifact in page.links:
        field, rule = fields.get(relation, ("", None))
        if rule is None:
            lost.append(f"{relation} {artifact}: a card has no field for it")
        elif not artifact.startswith(rule.namespace):
            lost.append(f"{relation} {artifact}: not on the hub")
        elif how.setdefault(field, rule.value) != rule.value:
            lost.append(f"{relation} {artifact}: a card says one relation, and it is {how[field]}")
        else:
            found.setdefault(field, []).append(artifact.removeprefix(rule.namespace))
    said: dict[str, Any] = dict(found)
    if how.get("base_model"):
        said["base_model_relation"] = how["base_model"]
    return said
