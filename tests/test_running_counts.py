"""How much there is, counted by what was added: the same as counting everything."""

from __future__ import annotations

import pytest
from drafts import draft

from bench.generate import changes
from bench.registry import filled
from umr_ld.index.sqlite import SqliteIndex
from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_ld.registry.risks import order_of_repair
from umr_ld.risk import Answer


@pytest.mark.parametrize("step", [1, 7, 50])
def test_what_was_added_is_counted_as_if_all_were_counted_again(tmp_path, step):
    index, stream = SqliteIndex(tmp_path / "index.db"), list(changes(200, real=[]))
    for start in range(0, len(stream), step):
        batch = stream[start : start + step]
        index.apply(batch, batch[-1].seq, "0" * 64)
        assert {key: n for key, n in index.counts().items() if n} == {
            key: n for key, n in index.counts(batch[-1].seq).items() if n
        }
    assert index.counts()["mentioned"] > 0
    index.close()


def test_after_everything_is_made_again_it_is_counted_again():
    with Registry.in_memory() as registry:
        registry.publish([draft("lab/a@1.0.0", "fineTunedFrom lab/b external")], agent="x")
        before = registry.counts()
        assert before["mentioned"] == 1
        registry.rebuild()
        assert registry.counts() == before


@pytest.mark.parametrize("order", ["name", "newest"])
def test_a_listing_that_is_not_counted_has_the_same_entries(order):
    with Registry.in_memory() as registry:
        registry.publish([draft(f"lab/n{n}@1.{n % 3}.0", title=f"N{n}") for n in range(9)], agent="x")
        registry.publish([draft("lab/n3@2.0.0")], agent="x")
        registry.withdraw(Ref.parse("lab/n4@1.1.0"), reason="x", agent="x")
        for kind in ("", "Model", "Dataset"):
            counted = registry.listing(order=order, limit=4, offset=2, kind=kind)
            bare = registry.listing(order=order, limit=4, offset=2, kind=kind, counted=False)
            then = registry.listing(
                order=order, limit=4, offset=2, kind=kind, at=registry.history("lab/n4")[0].time
            )
            assert bare.entries == counted.entries == then.entries
            assert not bare.facets


def by_paths(exposure):
    """The order of repair as it is defined: what hangs on a record is what it lies first on the path of."""
    place = {one.ref: at for at, one in enumerate(exposure)}
    below = [0] * len(exposure)
    for at in sorted(range(len(exposure)), key=lambda at: -exposure[at].depth):
        first = next(iter(exposure.path(exposure[at])[:1]), None)
        above = None if first is None or first.reached is None else place.get(first.reached)
        if above is not None and above != at:
            below[above] += below[at] + 1
    wanted = [at for at, one in enumerate(exposure) if one.answer is not Answer.CLEAR]
    return [(at, below[at]) for at in sorted(wanted, key=lambda at: (exposure[at].depth, -below[at], at))]


def test_a_generated_registry_is_one_and_is_mended_in_the_order_of_its_paths(tmp_path):
    filled(tmp_path / "r", 400)
    with Registry.open(tmp_path / "r", write=True) as registry:
        assert registry.head() == registry.position()
        assert registry.doctor(deep=True)
        exposures = [registry.verdicts(one.name).exposure for one in registry.advisories()]
        assert max(map(len, exposures)) > 10
        for exposure in exposures:
            assert order_of_repair(exposure) == by_paths(exposure)
