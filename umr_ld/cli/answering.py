"""Queries answered in a process of their own: an engine cannot be told to stop, but a process can."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from umr_ld.errors import Busy, Malformed
from umr_ld.render.text import Style, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pyoxigraph as ox

    from umr_ld.registry import Registry
    from umr_ld.remote import RemoteRegistry

FORMS = ("table", "json", "csv", "tsv", "xml", "ttl", "nt")

_RESULTS = {"json": "JSON", "csv": "CSV", "tsv": "TSV", "xml": "XML"}
_GRAPHS = {"ttl": "TURTLE", "nt": "N_TRIPLES"}


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and how its answer is wanted.

    Args:
        folder: of the registry.
        text: SPARQL 1.1.
        form: `human`, which is `table`, or another of `FORMS`.
        at: ISO 8601, or None for now.
        width: columns of the terminal; 0 for no limit.
        color: whether it shows emphasis.
        json_errors: whether errors are told as JSON.
        verbose: whether errors are told with where they arose.
    """

    folder: str
    text: str
    form: str
    at: str | None = None
    width: int = 0
    color: bool = False
    json_errors: bool = False
    verbose: bool = False


def answer(question: Question) -> bytes:
    """Answer in this process.

    Args:
        question: what is asked.

    Raises:
        Malformed: if it is no query, or its answer has no such form.
        Missing, Busy, Damaged: as `Registry.open`.
    """
    from umr_ld.registry import Registry

    at = None if question.at is None else datetime.fromisoformat(question.at)
    with Registry.open(Path(question.folder)) as registry:
        return written(registry.query(question.text, at=at), question, registry)


def answer_within(seconds: float, question: Question, tell: Callable[[str], None]) -> tuple[int, bytes]:
    """Answer in a process that is killed when the time is over.

    Args:
        seconds: how long it may take.
        question: what is asked.
        tell: is given what the process says of errors.

    Returns:
        exit code and answer.

    Raises:
        Busy: if it took longer.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "umr_ld.cli.answering"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            input=json.dumps(asdict(question)).encode(),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Busy(
            f"the query took longer than {seconds:g} s and was stopped",
            remedy="ask for less, or give it longer with --timeout SECONDS (0: no limit)",
        ) from None
    if said := done.stderr.decode("utf-8", "replace").rstrip():
        tell(said)
    if done.returncode < 0:
        raise Busy(
            f"the query was ended by the system (signal {-done.returncode})",
            remedy="it may have needed more memory than there is; ask for less",
        )
    return done.returncode, done.stdout


def written(found: Any, question: Question, registry: Registry | RemoteRegistry) -> bytes:
    """An engine's answer in the form that is wanted.

    Args:
        found: solutions, triples, or a truth value.
        question: says which form.
        registry: whose addresses are shortened for people.

    Raises:
        Malformed: if the answer has no such form.
    """
    import pyoxigraph as ox

    graph = not isinstance(found, ox.QuerySolutions | ox.QueryBoolean)
    known = _GRAPHS if graph else _RESULTS
    if question.form in {"human", "table"}:
        return _turtle(found, registry) if graph else _words(found, question, registry).encode()
    if question.form not in known:
        raise Malformed(
            f"the answer is {'a graph' if graph else 'no graph'}, which is not written as {question.form}",
            remedy=f"give --as with one of {', '.join(known)}",
        )
    if question.form == "ttl":
        return _turtle(found, registry)
    if graph:
        return ox.serialize(found, format=getattr(ox.RdfFormat, known[question.form])) or b""
    return found.serialize(format=getattr(ox.QueryResultsFormat, known[question.form])) or b""


def _turtle(triples: Iterable[ox.Triple], registry: Registry | RemoteRegistry) -> bytes:
    import pyoxigraph as ox

    ordered = sorted(triples, key=str)
    return ox.serialize(ordered, format=ox.RdfFormat.TURTLE, prefixes=_prefixes(registry)) or b""


def _words(found: Any, question: Question, registry: Registry | RemoteRegistry) -> str:
    import pyoxigraph as ox

    if isinstance(found, ox.QueryBoolean):
        return "yes\n" if found else "no\n"
    known = _prefixes(registry)
    head = [variable.value for variable in found.variables]
    rows = [[_short(term, known) for term in solution] for solution in found]
    return table(head, rows, width=question.width, style=Style(question.color))


def _short(term: Any, known: Mapping[str, str]) -> str:
    """A term as people write it: an address by its prefix, a literal without its type."""
    if term is None:
        return ""
    value: str = getattr(term, "value", str(term))
    if type(term).__name__ != "NamedNode":
        return value
    for prefix, iri in known.items():
        if value.startswith(iri) and value != iri:
            return f"{prefix}:{value[len(iri) :]}" if prefix else value[len(iri) :]
    return value


def _prefixes(registry: Registry | RemoteRegistry) -> dict[str, str]:
    """Prefix to IRI, the longest IRI first; the registry's own records have the empty prefix."""
    known = {**registry.vocabulary.prefixes, "": f"{registry.base.iri}r/"}
    return dict(sorted(known.items(), key=lambda pair: -len(pair[1])))


def main() -> int:
    """Answer the question on standard input; the answer goes to standard output, errors to standard error."""
    from umr_ld.cli.failure import failed
    from umr_ld.cli.session import Session

    question = Question(**json.loads(sys.stdin.buffer.read()))
    try:
        sys.stdout.buffer.write(answer(question))
        sys.stdout.buffer.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the outermost door of this process
        return failed(
            error, Session(form="json" if question.json_errors else "human", verbose=question.verbose)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
