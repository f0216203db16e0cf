"""The verb `query`, and the questions that come with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from umr_ld.cli import options
from umr_ld.cli.answering import FORMS, Question, answer, answer_within, written
from umr_ld.cli.options import verb
from umr_ld.errors import Malformed, Missing, Unreadable
from umr_ld.examples import examples
from umr_ld.render.output import as_csv, as_json
from umr_ld.render.text import table
from umr_ld.sparql import MAX_LENGTH

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from umr_ld.cli.session import Session
    from umr_ld.examples import Example


@verb("query", *options.asked(), options.at, forms=FORMS)
@click.argument("file", required=False, type=click.Path(allow_dash=True))
@click.option("-e", "--expression", "text", metavar="SPARQL", help="The query itself, instead of a file.")
@click.option("--example", metavar="NAME", help="A question that comes with umr.")
@click.option("--examples", "listed", is_flag=True, help="List the questions that come with umr.")
@click.option("--print", "printed", is_flag=True, help="Print the query instead of asking it.")
@click.option(
    "--timeout",
    default=60.0,
    show_default=True,
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Stop the query after that long; 0 for no limit.",
)
def query(
    session: Session,
    *,
    file: str | None,
    text: str | None,
    example: str | None,
    listed: bool,
    printed: bool,
    at: datetime | None,
    timeout: float,
) -> int | None:
    """Ask in SPARQL.

    FILE holds a SPARQL 1.1 query; - reads it from standard input. The prefixes of the vocabulary (umr:,
    prov:, dct:, …) need not be declared, and umr:satisfies(version, range) and umr:compareVersions(a, b)
    are functions. Without FROM or GRAPH the query sees everything.
    """
    if listed:
        _list_examples(session)
        return None
    text = _text(file, text, example)
    if printed:
        session.give(**dict.fromkeys(("human", *FORMS), lambda: text if text.endswith("\n") else f"{text}\n"))
        return None
    question = Question(
        folder="" if session.is_elsewhere else str(session.folder()),
        text=text,
        form=session.chosen,
        at=None if at is None else at.isoformat(),
        width=session.width,
        color=session.style.on,
        json_errors=session.asks_json,
        verbose=session.verbose,
    )
    if session.is_elsewhere:
        with session.ask(seconds=timeout) as registry:
            answered = written(registry.query(text, at=at), question, registry)
    elif not timeout:
        answered = answer(question)
    else:
        code, answered = answer_within(timeout, question, session.tell)
        if code:
            return code
    session.give(**dict.fromkeys(("human", *FORMS), lambda: answered))
    return None


def _list_examples(session: Session) -> None:
    found = examples().values()
    rows = [(one.name, one.title) for one in found]
    words = table(("example", "what it asks"), rows, width=session.width, style=session.style)
    session.give(
        **dict.fromkeys(FORMS, lambda: as_csv(("name", "title"), rows))
        | dict.fromkeys(("human", "table"), lambda: words)
        | {"json": lambda: as_json([one._asdict() for one in found])}
    )
    session.say("`umr query --example NAME` asks one; with --print it is shown instead")


def _text(file: str | None, text: str | None, example: str | None) -> str:
    if sum(one is not None for one in (file, text, example)) != 1:
        raise click.UsageError("Give one of FILE, -e SPARQL, or --example NAME.", click.get_current_context())
    if text is not None:
        return text
    if example is not None:
        return _example(example).text
    return _read(str(file))


def _example(name: str) -> Example:
    known = examples()
    if name not in known:
        import difflib

        alike = difflib.get_close_matches(name, known, n=1)
        advice = f"did you mean {alike[0]}?" if alike else "`umr query --examples` lists them"
        raise Missing(f"there is no example {name!r}", remedy=advice)
    return known[name]


def _read(file: str) -> str:
    from pathlib import Path

    try:
        body = sys.stdin.buffer.read(MAX_LENGTH * 4 + 1) if file == "-" else _body(Path(file))
        return body.decode("utf-8-sig")
    except FileNotFoundError:
        raise Missing("there is no such file", where=file, remedy="-e takes the query itself") from None
    except UnicodeDecodeError:
        raise Unreadable("the query is not UTF-8", where=file) from None
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror}", where=file) from None


def _body(path: Path) -> bytes:
    with path.open("rb") as file:
        body = file.read(MAX_LENGTH * 4 + 1)
    if len(body) > MAX_LENGTH * 4:
        raise Malformed(f"the query has more than {MAX_LENGTH:,} characters", where=str(path))
    return body
