"""Crosswalks between the keys of records and places in foreign documents, which are data.

`ontology/crosswalk/<format>.tsv` has a row for each pair of a key and a place, in the columns `kind` (of record;
empty for any), `key` (`title`, or `evaluation[].metric` for what stands in each of several), `place`, `form` (of
`forms`), `way` (empty for both; `read` or `write` for one; `else` is read where nothing before states the key) and
`note`. `ontology/crosswalk/relations.tsv` says how each
format calls the relations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from umr_ld.errors import Malformed
from umr_ld.formats.forms import form_named
from umr_ld.formats.loss import Loss, short
from umr_ld.formats.places import found, parse_place, put
from umr_ld.formats.tabular import crosswalk_rows
from umr_ld.tree import Path, Tree, Value, dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from umr_ld.formats.forms import Form
    from umr_ld.formats.places import Resolve, Step

NOT_TAKEN = "not taken over: no rule says what this means"


@dataclass(frozen=True, slots=True)
class Rule:
    """A key and a place.

    Args:
        kinds: of records; empty for any.
        key: of the record.
        inner: key in each of the objects that stand there; empty for plain values.
        place: in the foreign document.
        form: of the value there.
        reads: whether the place is read.
        writes: whether the key is written.
        yields: whether the place counts only where nothing else states the key.
    """

    kinds: frozenset[str]
    key: str
    inner: str
    place: tuple[Step, ...]
    form: Form
    reads: bool
    writes: bool
    yields: bool

    def is_of(self, kind: str) -> bool:
        """Whether the rule holds for a kind of record."""
        return not self.kinds or kind in self.kinds

    @property
    def elements(self) -> tuple[Step, ...]:
        """The way to the first list, in which each element is one object of the record."""
        length = next((at for at, step in enumerate(self.place, 1) if step.several), 0)
        return self.place[:length]

    @property
    def holds_several(self) -> bool:
        """Whether the place has room for several values."""
        return any(step.several for step in self.place)


@cache
def rules_of(name: str) -> tuple[Rule, ...]:
    """The rules of a format.

    Args:
        name: of the file in `ontology/crosswalk`, without its ending.

    Raises:
        Malformed: if a row has a place or a form that is none.
    """
    return tuple(_rule(row) for row in crosswalk_rows(name))


def _rule(row: Mapping[str, str]) -> Rule:
    key, _, inner = row["key"].partition("[].")
    return Rule(
        kinds=frozenset(filter(None, row["kind"].split("|"))),
        key=key,
        inner=inner,
        place=parse_place(row["place"]),
        form=form_named(row["form"]),
        reads=row["way"] != "write",
        writes=row["way"] not in {"read", "else"},
        yields=row["way"] == "else",
    )


# -- relations


class Wording(NamedTuple):
    """How a format calls a relation.

    Args:
        relation: key of the relation.
        term: the format's word.
        role: what qualifies the word; empty for nothing.
        is_read: whether the word, so qualified, is read as this relation, and not as another one.
    """

    relation: str
    term: str
    role: str
    is_read: bool


@cache
def relations_of(name: str) -> Mapping[str, Wording]:
    """How a format calls each relation; relations that it cannot say are missing.

    Args:
        name: in the column `format`.
    """
    rows = (row for row in crosswalk_rows("relations") if row["format"] == name)
    return {
        row["relation"]: Wording(row["relation"], row["term"], row["role"], row["read"] == "yes")
        for row in rows
    }


def relation_read(name: str, term: str, role: str = "") -> str | None:
    """What relation a word of a format means; None if it means none.

    Args:
        name: in the column `format`.
        term: the format's word.
        role: what qualifies it; one that is not known counts as none.
    """
    words = [one for one in relations_of(name).values() if one.is_read and one.term == term]
    exact = [one.relation for one in words if one.role == role]
    plain = [one.relation for one in words if not one.role]
    return next(iter(exact + plain), None)


# -- reading


@dataclass(slots=True)
class Facts:
    """What was read of one thing in a foreign document.

    Args:
        tree: the document, for places.
        values: keys of the record.
        losses: what was not read.
        taken: paths that were understood.
    """

    tree: Tree
    values: dict[str, Value] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    taken: set[Path] = field(default_factory=set)
    _attributes: set[str] = field(default_factory=lambda: {"type", "@type"})
    _places: dict[Path, Path] = field(default_factory=dict)

    def take(
        self, rules: Iterable[Rule], kind: str, root: Value, trail: Path, resolve: Resolve | None = None
    ) -> None:
        """Read everything that rules know of.

        Args:
            rules: of the format.
            kind: of the record that is made.
            root: the thing.
            trail: its path in the document.
            resolve: as of `places.found`.
        """
        nested: dict[tuple[str, tuple[Step, ...]], list[Rule]] = {}
        for rule in rules:
            if not rule.reads or not rule.is_of(kind) or (rule.yields and rule.key in self.values):
                continue
            self._attributes |= {step.attribute for step in rule.place}
            if rule.inner:
                nested.setdefault((rule.key, rule.elements), []).append(rule)
                continue
            for path, value in found(root, rule.place, resolve, trail):
                self._take_value(rule, path, value)
        for (key, _), inner in nested.items():
            self._take_nested(key, inner, root, trail, resolve)

    def _take_value(self, rule: Rule, path: Path, value: Value) -> None:
        if isinstance(value, str) and not value.strip():
            self.taken.add(path)
            return
        try:
            self.add(rule.key, rule.form.read(value), path)
            self._lose_language(path, value)
        except Malformed as error:
            self.lose(path, value, f"not read: {error.what}")

    def _lose_language(self, path: Path, value: Value) -> None:
        """Tell that a text was in a language, for which records have no place."""
        if isinstance(value, dict) and "@value" in value and "@language" in value:
            self.lose(path, value, f"read without its language, {short(value['@language'])}")

    def _take_nested(
        self, key: str, rules: Sequence[Rule], root: Value, trail: Path, resolve: Resolve | None
    ) -> None:
        """Objects, each put together from what stands in one element of a list."""
        length = _shared([rule.place for rule in rules])
        for path, element in found(root, rules[0].place[:length], resolve, trail):
            made: dict[str, Value] = {}
            for rule in rules:
                for place, value in found(element, rule.place[length:], resolve, path):
                    try:
                        self._set(made, rule, place, value)
                    except Malformed as error:
                        self.lose(place, value, f"not read: {error.what}")
            if made:
                self.add(key, made, path, whole=False)

    def _set(self, made: dict[str, Value], rule: Rule, path: Path, value: Value) -> None:
        """Let one of the objects hold what stands at a place; of several values the first."""
        read = rule.form.read(value)
        if made.setdefault(rule.inner, read) == read:
            self.taken.add(path)
            self._lose_language(path, value)
        else:
            self.lose(path, value, "not taken over: there is room for one of these, and another is taken")

    def add(self, key: str, value: Value, path: Path, *, whole: bool = True) -> None:
        """Take in a value of a key.

        Args:
            key: of the record.
            value: one value.
            path: where it stands in the document.
            whole: whether nothing else of what stands there is to be told of.
        """
        if whole:
            self.taken.add(path)
        if isinstance(value, list):
            for one in value:
                self.add(key, one, path, whole=whole)
            return
        before = self.values.get(key)
        several: list[Value] = [*before] if isinstance(before, list) else [] if before is None else [before]
        if value in several:
            return
        self._places[key, len(several)] = path
        several.append(value)
        self.values[key] = several if len(several) > 1 else value

    def replace(self, key: str, value: Value, path: Path) -> None:
        """Let a key hold this and nothing else.

        Args:
            key: of the record.
            value: all of it; None for nothing.
            path: where it stands in the document.
        """
        self.values.pop(key, None)
        if value is not None:
            self.values[key] = value
            self._places[(key,)] = path
        self.taken.add(path)

    def lose(self, path: Path, value: Value, why: str) -> None:
        """Report a value.

        Args:
            path: where it stands.
            value: as it stands there.
            why: why it did not come through.
        """
        self.taken.add(path)
        self.losses.append(Loss(dotted(path), short(value), why, self.place(path)))

    def place(self, path: Path) -> str:
        """`file:line` of a path."""
        line = self.tree.line_of(path)
        return self.tree.source if line is None else f"{self.tree.source}:{line}"

    def lose_rest(self, root: Value, trail: Path) -> None:
        """Report what nobody has taken.

        Args:
            root: the thing.
            trail: its path.
        """
        above = {path[:length] for path in self.taken for length in range(len(path))}
        waiting = [(trail, root)]
        while waiting:
            path, value = waiting.pop()
            says_which = path[-1] in self._attributes and path[:-1] in above if path else False
            if path in self.taken or says_which or value in (None, {}, [], ""):
                continue
            if path in above or path == trail:
                inner = (
                    value.items()
                    if isinstance(value, dict)
                    else enumerate(value)
                    if isinstance(value, list)
                    else ()
                )
                waiting.extend(((*path, key), one) for key, one in reversed(list(inner)))
            else:
                self.lose(path, value, NOT_TAKEN)

    def line_of(self, path: Path) -> int | None:
        """Line in the document from which a value of the draft came."""
        for length in range(len(path), 0, -1):
            for place in (path[:length], (*path[:length], 0)):
                if place in self._places:
                    return self.tree.line_of(self._places[place])
        return None


def _shared(places: Sequence[tuple[Step, ...]]) -> int:
    """How many steps lead to the element that all of the places are in: up to the last list that they share."""
    first = places[0]
    length = max((at for at, step in enumerate(first, 1) if step.several), default=0)
    while length and any(place[:length] != first[:length] for place in places):
        length -= 1
    return length


# -- writing


def write_facts(
    rules: Iterable[Rule], kind: str, root: Mapping[str, Value], target: dict[str, Value]
) -> None:
    """Write everything that rules know how to say; what a form cannot say is left out.

    Args:
        rules: of the format.
        kind: of the record.
        root: the record's keys.
        target: the thing in the foreign document.
    """
    for rule in rules:
        if not rule.writes or not rule.is_of(kind) or rule.key not in root:
            continue
        value = root[rule.key]
        values = value if isinstance(value, list) else [value]
        made = list(_made(rule, values))
        if made and not rule.holds_several:
            texts = [one for _, one in made]
            joins = len(texts) > 1 and all(type(one) is str for one in texts)
            made = [(0, "\n\n".join(map(str, texts)) if joins else texts[0])]
        put(target, rule.place, made, outer=bool(rule.inner))


def _made(rule: Rule, values: Sequence[Value]) -> Iterator[tuple[int, Value]]:
    for number, value in enumerate(values):
        if rule.inner:
            value = value.get(rule.inner) if isinstance(value, dict) else None  # noqa: PLW2901
        if value is None:
            continue
        try:
            yield number, rule.form.write(value)
        except Malformed:
            continue


def keys_written(rules: Iterable[Rule]) -> frozenset[str]:
    """The keys that some rule writes.

    Args:
        rules: of a format.
    """
    return frozenset(rule.key for rule in rules if rule.writes)
