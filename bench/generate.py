"""A registry's worth of publications, of any size, with the proportions that were counted in real ones.

The counts are of 15,904 models that a hub lists (August 2026) and, for what hubs do not have (ranges,
several versions), of 88 legacy records. Who is named as a parent grows as fame does (Simon's process): a
link names somebody new with a fixed probability, else whom an earlier link, drawn at random, names. With
the counted probability that gives the counted distribution: 57 in 100 parents have one child (counted:
58), and the most famous of 2,361 has some hundreds (counted: 743). No circle was counted, and none is made.

The same arguments give the same publications.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from umr_ld.addresses import Base
from umr_ld.errors import Malformed
from umr_ld.index import Publication, Withdrawal
from umr_ld.names import Name
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.record import Link
from umr_ld.versions import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from umr_ld.index import Change

T = TypeVar("T")

HUB_LIST = Path(__file__).resolve().parents[2] / "shared" / "data" / "hf-hub" / "models.jsonl.gz"
"""Real models, with which the stream begins where they are there."""

MODELS = 15_904
PARENTS = {0: 7317, 1: 8176, 2: 334, 3: 36, 4: 17, 5: 8, 7: 3, 13: 5, 18: 6, 59: 2}
"""Models by number of model parents; rare numbers are put together."""
DATASETS = {0: 14294, 1: 1289, 2: 152, 3: 59, 4: 46, 6: 36, 11: 20, 19: 8}
RELATIONS = {
    "fineTunedFrom": 3702,
    "quantizedFrom": 2887,
    "adapterOf": 1652,
    "mergedFrom": 225,
    "basedOn": 896,
}
LICENSES = {"Apache-2.0": 6936, "": 4426, "MIT": 2243, "other": 1400, "CC-BY-4.0": 335, "BSD-3-Clause": 191}
NEW_PARENT = 2361 / 9362
UNRECORDED_PARENT = 1755 / 2361
NEW_DATASET = 1235 / 2466
SELF_LINK = 23 / 9362
OWNERS = 6801 / MODELS
GONE = 748 / MODELS
RANGED = 32 / 85
SEVERAL_VERSIONS = 1 / 87

_RANGES = tuple(map(Range.parse, ("^1.0.0", ">=1.0.0", "1.0.0", "1.x")))
_START = datetime(2026, 1, 1, tzinfo=UTC)
_FAMILIES = (
    "llama",
    "qwen",
    "mistral",
    "gemma",
    "bert",
    "clip",
    "vit",
    "whisper",
    "phi",
    "bloom",
    "t5",
    "sd",
)
_SIZES = ("tiny", "small", "base", "large", "1b", "3b", "7b", "13b", "70b")
_TAGS = {
    "finetune": "fineTunedFrom",
    "quantized": "quantizedFrom",
    "adapter": "adapterOf",
    "merge": "mergedFrom",
}


class Model(NamedTuple):
    """What is drawn, or read, of one model.

    Args:
        name: of the artifact.
        license: SPDX id, or what stands in its place, or empty.
        targets: relation and artifact of each link.
        gone: whether it is withdrawn.
    """

    name: str
    license: str
    targets: tuple[tuple[str, str], ...]
    gone: bool


class Growth:
    """Models, each of which may name those before it.

    Args:
        records: how many there will be.
        chance: draws.
        real: models to begin with.
    """

    def __init__(self, records: int, chance: random.Random, real: Iterable[Model] = ()) -> None:
        self._records = records
        self._chance = chance
        self._real = list(itertools.islice(real, records))
        self._parents: list[str] = []
        self._datasets: list[str] = []
        self._fresh = itertools.count()

    def models(self) -> Iterator[Model]:
        """All of them, in order."""
        for number in range(self._records):
            model = self._real[number] if number < len(self._real) else self._drawn(number)
            for relation, target in model.targets:
                (self._datasets if relation == "trainedOn" else self._parents).append(target)
            yield model

    def name(self, number: int) -> str:
        """The name of a model.

        Args:
            number: its place, from 0.
        """
        if number < len(self._real):
            return self._real[number].name
        # Scattered, since a registry's names do not come in alphabetical order.
        scattered = number * 0x9E3779B1 % 2**32
        owner = scattered % max(1, int(self._records * OWNERS))
        family, size = _FAMILIES[scattered % len(_FAMILIES)], _SIZES[scattered // 16 % len(_SIZES)]
        return f"hf/user{owner}/{family}-{size}-n{number:x}"

    def _drawn(self, number: int) -> Model:
        parents = [self._parent(number) for _ in range(self._one_of(PARENTS))]
        datasets = [self._dataset() for _ in range(self._one_of(DATASETS))]
        targets = [(self._one_of(RELATIONS), parent) for parent in dict.fromkeys(parents)]
        targets += [("trainedOn", dataset) for dataset in dict.fromkeys(datasets)]
        return Model(self.name(number), self._one_of(LICENSES), tuple(targets), self._chance.random() < GONE)

    def _parent(self, number: int) -> str:
        if self._chance.random() < SELF_LINK:
            return self.name(number)
        if self._parents and self._chance.random() >= NEW_PARENT:
            return self._chance.choice(self._parents)
        if not number or self._chance.random() < UNRECORDED_PARENT:
            return f"hf/elsewhere/model-n{next(self._fresh):x}"
        return self.name(self._chance.randrange(number))

    def _dataset(self) -> str:
        if self._datasets and self._chance.random() >= NEW_DATASET:
            return self._chance.choice(self._datasets)
        return f"hf/datasets/data-n{next(self._fresh):x}"

    def _one_of(self, counts: Mapping[T, int]) -> T:
        return self._chance.choices(tuple(counts), tuple(counts.values()))[0]


def real_models(path: Path = HUB_LIST) -> Iterator[Model]:
    """The hub's own models; none if the list is not there. Names that are none here are left out.

    Args:
        path: the list, one JSON object a line, compressed.
    """
    if not path.is_file():
        return
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            listed = json.loads(line)
            try:
                name = str(Name(f"hf/{listed['id']}"))
            except Malformed:
                continue
            tags = [tag.partition(":") for tag in listed.get("tags", ())]
            license_ = next((value for key, _, value in tags if key == "license"), "")
            yield Model(name, license_, tuple(_targets(tags)), "x_removed_at" in listed)


def _targets(tags: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    found = {}
    for key, _, value in tags:
        if key == "dataset":
            found[f"hf/datasets/{value}"] = "trainedOn"
        elif key == "base_model":
            relation, _, typed = value.partition(":")
            artifact = f"hf/{typed or value}"
            found[artifact] = _TAGS.get(relation, "") or found.get(artifact, "basedOn")
    return ((relation, artifact) for artifact, relation in found.items())


def changes(records: int, seed: int = 7, real: Iterable[Model] | None = None) -> Iterator[Change]:
    """The journal of a registry, as its index is given it.

    Args:
        records: how many are published; some are withdrawn afterwards.
        seed: of the draws.
        real: models to begin with; the hub's list, if it is there, where None.
    """
    chance = random.Random(seed)
    growth = Growth(records, chance, real_models() if real is None else real)
    newest: dict[str, Version] = {}
    seq = 1
    for number, model in enumerate(growth.models()):
        name, version = model.name, Version.parse("1.0.0")
        if number and chance.random() < SEVERAL_VERSIONS:
            name = growth.name(chance.randrange(number))
            version = _next(newest.get(name, version))
            newest[name] = version
        seq += 1
        time = _START + timedelta(seconds=seq)
        yield _publication(seq, time, Name.parse(name), version, model, chance)
        if model.gone:
            seq += 1
            yield Withdrawal(seq, time, name, version, "removed from the hub", "hub")


def _next(version: Version) -> Version:
    major, minor, _ = version.numbers
    return Version.parse(f"{major}.{minor + 1}.0")


def _publication(
    seq: int, time: datetime, name: Name, version: Version, model: Model, chance: random.Random
) -> Publication:
    record = Base().record(f"{name}@{version}")
    return Publication(
        seq=seq,
        location=seq * 1000,
        time=time,
        agent="hub",
        name=name,
        version=version,
        kind="Model",
        title=name.segments[-1],
        digest=f"{chance.getrandbits(256):064x}",
        publisher=name.segments[1],
        license=model.license,
        links=tuple(
            Link(
                number=number,
                relation=relation,
                artifact=artifact,
                versions=chance.choice(_RANGES) if chance.random() < RANGED else EVERYTHING,
                evidence="declared",
                iri=f"{record}#upstream-{number}",
            )
            for number, (relation, artifact) in enumerate(model.targets, 1)
        ),
    )


def edges(published: Iterable[Change]) -> Iterator[tuple[str, str]]:
    """From each artifact to those that its records name, as names: derivation without versions.

    Args:
        published: as of `changes`.
    """
    for one in published:
        if isinstance(one, Publication):
            yield from ((str(one.name), link.artifact) for link in one.links)


def n_quads(published: Iterable[Change], *, bare: bool = False) -> Iterator[str]:
    """The same for a store of quads: one line each, with its newline.

    Args:
        published: as of `changes`.
        bare: `prov:wasDerivedFrom` between artifacts and nothing else, all in the default graph.
    """
    base = Base()
    derived = "<http://www.w3.org/ns/prov#wasDerivedFrom>"
    for one in published:
        if not isinstance(one, Publication):
            continue
        artifact = f"<{base.expand('r/', str(one.name))}>"
        ref = f"{one.name}@{one.version}"
        record, graph = f"<{base.record(ref)}>", "" if bare else f" <{base.asserted(ref)}>"
        for link in one.links:
            yield f"{artifact} {derived} <{base.expand('r/', link.artifact)}>{graph} .\n"
        if not bare:
            yield f"{record} <http://www.w3.org/ns/prov#specializationOf> {artifact}{graph} .\n"
            yield f'{record} <http://www.w3.org/ns/dcat#version> "{one.version}"{graph} .\n'
            yield f'{record} <http://purl.org/dc/terms/title> "{one.title}"{graph} .\n'


def main(arguments: list[str]) -> None:
    """Write N-Quads to the standard output.

    Args:
        arguments: of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.generate", description=main.__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bare", action="store_true", help="derivations between artifacts only")
    asked = parser.parse_args(arguments)
    sys.stdout.writelines(n_quads(changes(asked.records, asked.seed), bare=asked.bare))


if __name__ == "__main__":
    main(sys.argv[1:])
