"""Listing, searching, counting, and guessing what was meant."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from umr_ld.errors import Malformed
from umr_ld.index import MAX_FACET_VALUES, Page
from umr_ld.index.rows import BEST, records
from umr_ld.licences import folded, is_of_spdx

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from umr_ld.index.tallies import Tallies, Tally
    from umr_ld.names import Ref

MAX_QUERY = 256
"""Characters of a search that count."""

_TRIGRAM = 3
_ALIKE = 0.35
_SUGGESTIONS = 5
_CANDIDATES = 200

_NOW = "SELECT artifact, record FROM standing"
_THEN = f"""
    SELECT artifact, {BEST.format(artifact="known.artifact")} AS record
    FROM (SELECT DISTINCT artifact FROM record WHERE seq <= :at) known
"""  # noqa: S608

_CHANGED = """
    SELECT artifact FROM record WHERE seq > :since
    UNION SELECT r.artifact FROM withdrawal w CROSS JOIN record r ON r.seq = w.record WHERE w.seq > :since
"""
_CHANGED_NOW = f"SELECT artifact, record FROM standing WHERE artifact IN ({_CHANGED})"  # noqa: S608
_CHANGED_THEN = f"""
    SELECT artifact, {BEST.format(artifact="known.artifact")} AS record FROM ({_CHANGED}) known
"""  # noqa: S608

# The first table is the one that is walked: all names in order, or what the words lead to.
_BY_NAME = """artifact a CROSS JOIN shown s ON s.artifact = a.id CROSS JOIN record r ON r.seq = s.record"""
_BY_SHOWN = """shown s CROSS JOIN artifact a ON a.id = s.artifact CROSS JOIN record r ON r.seq = s.record"""
_BY_WORDS = """words CROSS JOIN record r ON r.seq = words.rowid
    CROSS JOIN shown s ON s.artifact = r.artifact AND s.record = r.seq
    CROSS JOIN artifact a ON a.id = r.artifact"""
_BY_TIME = """record r CROSS JOIN shown s ON s.artifact = r.artifact AND s.record = r.seq
    CROSS JOIN artifact a ON a.id = r.artifact"""
_COLUMNS = ("kind", "publisher", "license", "hub")
_FACETS = ("kind", "hub", "publisher", "license")
"""The same, in the order in which they are told."""

_RELEVANCE = "bm25(words, 10.0, 6.0, 3.0, 2.0, 1.0)"
_ORDERS = {"name": "a.name", "newest": "r.seq DESC", "relevance": "a.name"}

_IS_TERM = "r.{column} = (SELECT id FROM term WHERE text = :{column})"

_IS_SPELT = "r.{column} IN (SELECT id FROM term WHERE text = :{column} COLLATE NOCASE)"
"""In any case of letters. Every term is looked at, once a question."""

_HAS_TAG = """EXISTS (
    SELECT 1 FROM tag g WHERE g.record = r.seq
        AND g.facet = (SELECT id FROM term WHERE text = :facet{number})
        AND g.value = (SELECT id FROM term WHERE text = :value{number})
)"""
_TAGGED = """tag g CROSS JOIN record r ON r.seq = g.record
    CROSS JOIN shown s ON s.artifact = r.artifact AND s.record = r.seq CROSS JOIN artifact a ON a.id = r.artifact"""
_IS_TAGGED = """g.facet = (SELECT id FROM term WHERE text = :facet{number})
    AND g.value = (SELECT id FROM term WHERE text = :value{number})"""
_CARRYING = """(
    SELECT DISTINCT o.artifact FROM json_each(:files) wanted CROSS JOIN fingerprint f ON f.digest = wanted.value
        CROSS JOIN record o ON o.seq = f.record
    WHERE :at IS NULL OR f.record <= :at
)"""
_BY_FILE = f"""{_CARRYING} carrying CROSS JOIN shown s ON s.artifact = carrying.artifact
    CROSS JOIN artifact a ON a.id = s.artifact CROSS JOIN record r ON r.seq = s.record"""
_CHOSEN = """(
    SELECT r.seq FROM json_each(:{given}) wanted
        CROSS JOIN artifact named ON named.name = wanted.value ->> 0
        CROSS JOIN term t ON t.text = wanted.value ->> 1
        CROSS JOIN record r ON r.artifact = named.id AND r.version = t.id
)"""
_AMONG = f"""{_CHOSEN.format(given="among")} chosen CROSS JOIN record r ON r.seq = chosen.seq
    CROSS JOIN shown s ON s.artifact = r.artifact AND s.record = r.seq CROSS JOIN artifact a ON a.id = r.artifact"""

_SUGGEST = """
    SELECT DISTINCT name FROM (
        SELECT name FROM words WHERE words MATCH :pieces ORDER BY rank LIMIT :limit
    )
"""
_COUNTS_SINCE = """
    SELECT 'records', count(*) FROM record WHERE seq > :since
    UNION ALL SELECT 'artifacts', count(DISTINCT r.artifact) FROM record r WHERE r.seq > :since
        AND NOT EXISTS (SELECT 1 FROM record o WHERE o.artifact = r.artifact AND o.seq <= :since)
    UNION ALL SELECT 'mentioned', count(DISTINCT l.target) FROM link l WHERE l.record > :since
        AND NOT EXISTS (SELECT 1 FROM link o WHERE o.target = l.target AND o.record <= :since)
        AND NOT EXISTS (SELECT 1 FROM record r WHERE r.artifact = l.target)
    UNION ALL SELECT 'mentioned', -count(DISTINCT r.artifact) FROM record r WHERE r.seq > :since
        AND NOT EXISTS (SELECT 1 FROM record o WHERE o.artifact = r.artifact AND o.seq <= :since)
        AND EXISTS (SELECT 1 FROM link l WHERE l.target = r.artifact AND l.record <= :since)
    UNION ALL SELECT 'links', count(*) FROM link WHERE record > :since
    UNION ALL SELECT kind.text, count(*) FROM record r JOIN term kind ON kind.id = r.kind
        WHERE r.seq > :since GROUP BY r.kind
"""
"""What has been added since an entry: it takes time in proportion to that."""

_COUNTS = """
    SELECT 'records', count(*) FROM record WHERE seq <= :at
    UNION ALL SELECT 'artifacts', count(DISTINCT artifact) FROM record WHERE seq <= :at
    UNION ALL SELECT 'mentioned', count(*) FROM artifact a
        WHERE NOT EXISTS (SELECT 1 FROM record r WHERE r.artifact = a.id AND r.seq <= :at)
            AND EXISTS (SELECT 1 FROM link l WHERE l.target = a.id AND l.record <= :at)
    UNION ALL SELECT 'links', count(*) FROM link WHERE record <= :at
    UNION ALL SELECT kind.text, count(*) FROM record r JOIN term kind ON kind.id = r.kind
        WHERE r.seq <= :at GROUP BY r.kind
"""


class Selection:
    """Artifacts by their best record: those that fit.

    Args:
        at: sequence number up to which to look; None for now.
        text: as of `Index.listing`, like the rest.
        kind: key of a class.
        publisher: in words.
        license: IRI or expression.
        prefix: of the name.
    """

    def __init__(
        self,
        at: int | None,
        *,
        text: str,
        kind: str,
        publisher: str,
        license: str,  # noqa: A002 - the key of the records
        prefix: str,
    ) -> None:
        self._given: dict[str, Any] = {"at": at}
        self._is_now = at is None
        self._shown = f"WITH shown AS MATERIALIZED ({_THEN})" if at is not None else f"WITH shown AS ({_NOW})"
        self._source = _BY_NAME
        self._conditions: list[str] = []
        self.matches = False
        for column, wanted in (("kind", kind), ("publisher", publisher), ("license", license)):
            if wanted:
                condition = _IS_SPELT if column == "license" and is_of_spdx(wanted) else _IS_TERM
                self._require(condition.format(column=column), **{column: plain(wanted)})
        if prefix:
            # No name has a character above this one.
            self._require(
                "a.name >= :prefix AND a.name < :end", prefix=plain(prefix), end=f"{plain(prefix)}\x7f"
            )
        self._look_for(plain(text)[:MAX_QUERY].split())

    @property
    def key(self) -> str:
        """The same for selections of the same artifacts of one state of the index."""
        return json.dumps([self._text("", ""), self._given], ensure_ascii=False)

    def require_tags(self, tags: Mapping[str, str]) -> None:
        """Only what has values.

        Args:
            tags: facet to value.
        """
        for number, (facet, value) in enumerate(tags.items()):
            condition = _HAS_TAG
            if self._source == _BY_NAME:
                # Few records have a value, and they are found by it; all that is asked besides is asked of them.
                self._source, condition = _TAGGED, _IS_TAGGED
            given = {f"facet{number}": plain(facet), f"value{number}": plain(value)}
            self._require(condition.format(number=number), **given)

    def require_files(self, digests: Collection[str]) -> None:
        """Only what has a record that names a file.

        Args:
            digests: of the files; none for all.
        """
        if not digests:
            return
        self._given["files"] = json.dumps(sorted(map(plain, digests)))
        if self._source == _BY_NAME:
            self._source = _BY_FILE
        else:
            self._conditions.append(f"r.artifact IN {_CARRYING}")

    def restrict(self, among: Collection[Ref] | None, without: Collection[Ref]) -> None:
        """Only some records, and none of some others.

        Args:
            among: the records that are meant; None for all.
            without: the records that are not.
        """
        if among is not None:
            self._given["among"] = _pairs(among)
            if self._source == _BY_NAME:
                self._source = _AMONG
            else:
                self._conditions.append(f"r.seq IN {_CHOSEN.format(given='among')}")
        if without:
            self._require(f"r.seq NOT IN {_CHOSEN.format(given='without')}", without=_pairs(without))

    def page(self, db: sqlite3.Connection, order: str, limit: int, offset: int) -> Iterator[tuple[int, str]]:
        """Sequence numbers of records, each with where its text was found.

        Args:
            db: in a transaction.
            order: as of `Index.listing`.
            limit: how many to give.
            offset: how many to pass over.
        """
        ranked = self.matches and order == "relevance"
        by = f"{_RELEVANCE}, a.name" if ranked else _ORDERS[order]
        # The newest stand at the end of the table: none of the others is looked at.
        is_walked = order == "newest" and self._source == _BY_NAME and self._is_now
        source = _BY_TIME if is_walked else self._source
        snippet = "snippet(words, -1, '', '', '…', 64)" if self.matches else "''"
        text = self._text(
            f"r.seq, {snippet}, a.name, r.title", f"ORDER BY {by} LIMIT :limit OFFSET :offset", source
        )
        given = {**self._given, "limit": max(limit, 0), "offset": max(offset, 0)}
        for seq, found, name, title in db.execute(text, given):
            yield seq, "" if found.strip("…") in f"{name}\n{title}" else found

    @property
    def is_plain(self) -> bool:
        """Whether every artifact's newest record is looked at by itself, and no list leads to those that fit."""
        return self._is_now and self._source == _BY_NAME

    def tally(self, db: sqlite3.Connection) -> Tally:
        """How many artifacts there are for each value of each facet.

        Args:
            db: in a transaction.
        """
        return self._counted(db, self._shown, self._source, self._given)

    def tally_since(self, db: sqlite3.Connection, known: Tally, since: int) -> Tally:
        """The same, from what it was at an entry. It takes time in proportion to what changed since.

        Args:
            db: in a transaction.
            known: of a plain selection.
            since: sequence number of the entry.
        """
        given = {**self._given, "since": since, "at": since}
        found: Tally = {facet: counter.copy() for facet, counter in known.items()}
        for shown, sign in ((_CHANGED_THEN, -1), (_CHANGED_NOW, 1)):
            counted = self._counted(db, f"WITH shown AS MATERIALIZED ({shown})", _BY_SHOWN, given)
            for facet, counter in counted.items():
                tally = found.setdefault(facet, Counter())
                for value, count in counter.items():
                    tally[value] += sign * count
        return {facet: +counter for facet, counter in found.items()}

    def _counted(self, db: sqlite3.Connection, shown: str, source: str, given: Mapping[str, Any]) -> Tally:
        hub = "substr(a.name, 1, instr(a.name, '/') - 1)"
        text = self._text(
            f"r.kind, r.publisher, r.license, {hub} AS hub, count(*)",
            "GROUP BY r.kind, r.publisher, r.license, hub",
            source,
            shown,
        )
        tallies: Tally = {facet: Counter() for facet in _COLUMNS}
        for *values, count in db.execute(text, given):
            for facet, value in zip(_COLUMNS, values, strict=True):
                tallies[facet][value] += count
        chosen = self._text("r.seq", "", source, shown)
        text = f"""
            SELECT facet, value, count(*) FROM ({chosen}) chosen CROSS JOIN tag ON tag.record = chosen.seq
            GROUP BY facet, value
        """  # noqa: S608
        for facet, value, count in db.execute(text, given):
            tallies.setdefault(facet, Counter())[value] = count
        return tallies

    def _look_for(self, terms: list[str]) -> None:
        long = [term for term in terms if len(term) >= _TRIGRAM]
        short = [term for term in terms if len(term) < _TRIGRAM]
        if long:
            self.matches = True
            self._source = _BY_WORDS
            self._require("words MATCH :match", match=" ".join(_phrase(term) for term in long))
        elif short:
            self._source += " CROSS JOIN words ON words.rowid = r.seq"
        for number, term in enumerate(short):
            places = " OR ".join(
                f"words.{column} LIKE :short{number} ESCAPE '\\'" for column in ("name", "title", "keywords")
            )
            self._require(f"({places})", **{f"short{number}": f"%{_literally(term)}%"})

    def _require(self, condition: str, **given: str) -> None:
        self._conditions.append(condition)
        self._given.update(given)

    def _text(self, columns: str, rest: str, source: str = "", shown: str = "") -> str:
        where = f"WHERE {' AND '.join(self._conditions)}" if self._conditions else ""
        return f"{shown or self._shown} SELECT {columns} FROM {source or self._source} {where} {rest}"  # noqa: S608


def facets(db: sqlite3.Connection, tally: Tally) -> tuple[int, dict[str, dict[str, int]]]:
    """How many artifacts there are in all, and how many for the most frequent values of each facet.

    Args:
        db: in a transaction.
        tally: of a selection.
    """
    spelt = {
        key: tally[key] if key == "hub" else _spelt(db, tally[key]) for key in _FACETS if key != "license"
    }
    spelt["license"] = _together(_texts(db, tally["license"]), tally["license"])
    columns = {key: _most(spelt[key]) for key in _FACETS}
    numbers = [facet for facet in tally if isinstance(facet, int)]
    names = _texts(db, numbers)
    tags = {names[number]: _most(_spelt(db, tally[number])) for number in numbers}
    return tally["kind"].total(), {**columns, **tags}


def _together(texts: Mapping[int, str], tally: Counter[int]) -> Counter[str]:
    """Licences that are spelt in several ways counted as one, by its most frequent spelling."""
    spellings: dict[str, str] = {}
    found: Counter[str] = Counter()
    for number, licence in sorted(texts.items(), key=lambda pair: (-tally[pair[0]], pair[1])):
        found[spellings.setdefault(folded(licence), licence)] += tally[number]
    return found


def listing(
    db: sqlite3.Connection,
    selection: Selection,
    tallies: Tallies,
    *,
    order: str,
    limit: int,
    offset: int,
    at: int,
    counted: bool = True,
) -> Page:
    """A page of artifacts; see `Index.listing`.

    Args:
        db: in a transaction.
        selection: those that fit.
        tallies: which may know the counts already.
        order: `name`, `newest` or `relevance`.
        limit: how many to give.
        offset: how many to pass over.
        at: sequence number up to which to look.
        counted: whether all that fit are counted too.

    Raises:
        Malformed: if there is no such order.
    """
    if order not in _ORDERS:
        raise Malformed(f"there is no order {order!r}", remedy=f"write {', '.join(_ORDERS)}")
    found = dict(selection.page(db, order, limit, offset))
    source = "json_each(:found) wanted CROSS JOIN record r ON r.seq = wanted.value"
    rows = records(db, source, {"found": json.dumps(list(found)), "at": at}, order="wanted.key")
    total, counts_of = tallies.of(db, selection) if counted else (len(found), {})
    return Page(tuple((row, found[row.seq]) for row in rows), total, counts_of)


def counts(db: sqlite3.Connection, at: int) -> dict[str, int]:
    """How much there is; see `Index.counts`.

    Args:
        db: in a transaction.
        at: sequence number up to which to look.
    """
    return dict(db.execute(_COUNTS, {"at": at}))


def counts_since(db: sqlite3.Connection, known: Mapping[str, int], since: int) -> dict[str, int]:
    """How much there is now.

    Args:
        db: in a transaction.
        known: how much there was at an entry.
        since: its sequence number.
    """
    found = Counter(known)
    for name, more in db.execute(_COUNTS_SINCE, {"since": since}):
        found[name] += more
    return dict(found)


def suggest(db: sqlite3.Connection, name: str) -> list[str]:
    """Names that are spelt alike, the most alike first; see `Index.suggest`.

    Of three pieces of a name at least one is right if two letters are wrong: what shares a piece is looked
    at, and is like the name by as many trigrams as they share (Dice's coefficient).

    Args:
        db: in a transaction.
        name: what somebody wrote.
    """
    wanted = plain(name)[:MAX_QUERY].lower()
    pieces = dict.fromkeys(piece for part in (wanted, wanted.rpartition("/")[2]) for piece in _pieces(part))
    if not pieces:
        return []
    match = f"name : ({' OR '.join(map(_phrase, pieces))})"
    found = [other for (other,) in db.execute(_SUGGEST, {"pieces": match, "limit": _CANDIDATES})]
    likeness = {other: _likeness(wanted, other.lower()) for other in found if other != name}
    alike = [other for other, value in likeness.items() if value >= _ALIKE]
    return sorted(alike, key=lambda other: (-likeness[other], other))[:_SUGGESTIONS]


def ending(db: sqlite3.Connection, segment: str) -> list[str]:
    """Names with more than one segment whose last one is given; see `Index.ending`.

    Args:
        db: in a transaction.
        segment: whole, case counts.
    """
    wanted = f"/{plain(segment)[:MAX_QUERY]}"
    if len(wanted) < _TRIGRAM:
        return []
    found = db.execute("SELECT name FROM words WHERE words MATCH ?", (f"name : {_phrase(wanted)}",))
    return sorted({name for (name,) in found if name.endswith(wanted)})


def plain(text: str) -> str:
    """A stranger's text as SQLite can take it: no NUL, at which it stops reading, and no lone surrogates.

    Args:
        text: any text.
    """
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _phrase(term: str) -> str:
    """A string of FTS5's query language, in which nothing has a meaning (FTS5 §3.1)."""
    return '"' + term.replace('"', '""') + '"'


def _literally(term: str) -> str:
    return term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _pieces(text: str) -> list[str]:
    count = min(len(text) // _TRIGRAM, 3)
    return [text[len(text) * at // count : len(text) * (at + 1) // count] for at in range(count)]


def _likeness(one: str, other: str) -> float:
    """Of the whole names, or, a little less, of what stands behind the last slash."""
    tails = _dice(one.rpartition("/")[2], other.rpartition("/")[2])
    return max(_dice(one, other), 0.9 * tails)


def _dice(one: str, other: str) -> float:
    left, right = _trigrams(one), _trigrams(other)
    return 2 * len(left & right) / (len(left) + len(right))


def _trigrams(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[at : at + _TRIGRAM] for at in range(len(padded) - 2)}


def _spelt(db: sqlite3.Connection, tally: Counter[int]) -> Counter[str]:
    # Of those that are as frequent as the last ones, the first by their texts are told, which are not known yet.
    counts = sorted(tally.values(), reverse=True)
    least = counts[min(MAX_FACET_VALUES, len(counts) - 1)] if counts else 0
    most = {number: count for number, count in tally.items() if count >= least}
    return Counter({text: most[number] for number, text in _texts(db, most).items()})


def _texts(db: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, str]:
    rows = db.execute(
        "SELECT t.id, t.text FROM json_each(?) wanted CROSS JOIN term t ON t.id = wanted.value",
        (json.dumps(list(numbers)),),
    )
    return dict(rows)


def _pairs(refs: Collection[Ref]) -> str:
    return json.dumps([[str(ref.name), str(ref.version)] for ref in refs])


def _most(tally: Counter[str]) -> dict[str, int]:
    """The most frequent values that say something, the most frequent first."""
    pairs: Iterable[tuple[str, int]] = ((value, count) for value, count in tally.items() if value)
    return dict(heapq.nsmallest(MAX_FACET_VALUES, pairs, key=lambda pair: (-pair[1], pair[0])))
