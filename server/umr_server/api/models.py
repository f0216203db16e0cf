"""What the API is asked with and answers with, as far as several routes share it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from umr_ld.moments import moment

LONGEST = 2000
"""Characters of a parameter."""

SHOWN = 100
"""Entries of a page of an answer, unless asked otherwise."""

MOST = 5000
"""Entries of a page of an answer at the most."""

PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
"""No control characters: none of them is part of a name, a version, a range or a word."""


def _digits(value: Any) -> Any:
    """A query has texts only, and of these only digits are a number."""
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise ValueError("write digits")
    return value


def _truth(value: Any) -> Any:
    if isinstance(value, str) and value not in {"true", "false"}:
        raise ValueError("write true or false")
    return value


def _moment(value: Any) -> Any:
    return moment(value, "at") if isinstance(value, str) else value


Text = Annotated[str, Field(max_length=LONGEST, pattern=PRINTABLE)]
Number = Annotated[int, BeforeValidator(_digits)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Moment = Annotated[
    datetime | None,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
            "examples": ["2026-03-01", "2026-03-01T12:00:00Z"],
        }
    ),
]


class Asked(BaseModel):
    """Parameters of a query. One that is not known is an error: it was meant to do something."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Asked):
    """No parameters."""


class At(Asked):
    """Now, or an earlier moment."""

    at: Moment = Field(
        None,
        description="Answer from what was published by then: a date, meaning its end in UTC, or a date and time "
        "(RFC 3339).",
    )


class Paged(At):
    """A page of a long answer. The header `Link` names the next one."""

    limit: Number = Field(SHOWN, ge=0, le=MOST, description="How many entries to give.")
    offset: Number = Field(0, ge=0, le=10**9, description="How many to pass over.")


class Answer(BaseModel):
    """An object of an answer. Members that say nothing are left out."""

    model_config = ConfigDict(extra="allow")


class Finding(Answer):
    """One thing that a check has to say."""

    severity: str = Field(description="`violation`, `warning` or `info`.")
    message: str = Field(description="What is wrong, in one sentence.")
    rule: str = Field(description="Stable name of the rule, or the IRI of a shape.")
    source: str | None = Field(None, description="Of the document.")
    line: int | None = Field(None, description="In the document, from 1.")
    path: str | None = Field(None, description="Place inside the document: `upstream[2].version`.")
    focus: str | None = Field(None, description="What it is about.")
    remedy: str | None = Field(None, description="What to do about it.")


class Problem(Answer):
    """Why something was not done (RFC 9457)."""

    type: str = Field(description="`about:blank`: the status says it all.")
    title: str = Field(description="Kind of the error.")
    status: int = Field(description="Of HTTP.")
    detail: str = Field(description="What is wrong.")
    remedy: str = Field("", description="What to do about it; may be empty.")
    where: str | None = Field(None, description="The parameter, or the place in what was sent.")
    exitCode: int | None = Field(None, description="With which the command line ends.")  # noqa: N815
    findings: list[Finding] | None = Field(
        None, description="Of an invalid record: everything that is wrong."
    )
