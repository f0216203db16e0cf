"""How a record is cited, as a CSL-JSON item.

Source: the CSL 1.0.2 schema, https://github.com/citation-style-language/schema (`csl-data.json`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from umr_ld.render.clean import clean_line

if TYPE_CHECKING:
    from umr_ld.page.citation import Citation

_TYPES = {"Dataset": "dataset", "Advisory": "report", "Statement": "report"}


def as_csl(cited: Citation) -> str:
    """A list of one item, as reference managers read it; ends with a newline.

    Args:
        cited: the facts.
    """
    item = {
        "id": cited.key,
        "type": _TYPES.get(cited.kind, "software"),
        "title": clean_line(cited.title),
        "author": [{"literal": clean_line(one)} for one in cited.authors],
        "publisher": clean_line(cited.publisher),
        "issued": {"date-parts": [list(cited.date)]},
        "version": cited.version,
        "URL": cited.address,
        "status": "retracted" if cited.withdrawn else "",
        "note": clean_line(cited.note),
    }
    return (
        json.dumps([{key: value for key, value in item.items() if value}], ensure_ascii=False, indent=2)
        + "\n"
    )
