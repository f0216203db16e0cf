"""What a record says, as the members of a model, a variation or a dataset at Kaggle that it changes, and nothing else.

Not a character of the author's is changed: one block stands below the text, or where it stood before, and members that
are empty are filled in. What the author states otherwise than the record is reported, for him to decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from umr_ld.formats.crosswalk import relations_of
from umr_ld.formats.hub_fields import DATASETS as HF_DATASETS
from umr_ld.formats.hub_fields import repository_of
from umr_ld.formats.hub_listing import WEB
from umr_ld.formats.hub_writing import write_block
from umr_ld.formats.kaggle import DATASETS, HUB, target_of
from umr_ld.formats.kaggle_listing import base_of, licence_of
from umr_ld.formats.loss import Loss
from umr_ld.licences import SPDX
from umr_ld.vocab import DCT, UMR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.addresses import Base
    from umr_ld.record import Record

_VARIATION = 4
"""Slashes in the name of a variation of a model."""

_NO_FIELD = "Kaggle has no field for it"


def text_of(kind: str) -> str:
    """The member in which the block stands.

    Args:
        kind: `model`, `variation` or `dataset`.
    """
    return "usage" if kind == "variation" else "description"


def changes_of(
    kind: str, stated: Mapping[str, Any], record: Record, block: str, base: Base, place: str
) -> tuple[dict[str, Any], list[Loss]]:
    """What changes at Kaggle so that it says what a record does.

    Args:
        kind: as of `text_of`.
        stated: what Kaggle says now, as JSON gives it.
        record: what is recorded of it.
        block: Markdown to stand in the block, with `\\n` for line ends.
        base: of the addresses of what has no address elsewhere.
        place: where it stands, for messages.

    Returns:
        members with their new values, none that stays as it is; and what is left as the author has it, or not said.
    """
    text = stated.get(text_of(kind))
    before = text if isinstance(text, str) else ""
    after = write_block(before.encode("utf-8", "surrogatepass"), block).decode("utf-8", "surrogatepass")
    changed: dict[str, Any] = {} if after == before else {text_of(kind): after}
    found = _Found(kind, stated, record, base, place, changed)
    found.licence()
    found.links()
    return found.changed, found.losses


@dataclass(slots=True)
class _Found:
    """What Kaggle says beside what is recorded, member by member."""

    kind: str
    stated: Mapping[str, Any]
    record: Record
    base: Base
    place: str
    changed: dict[str, Any]
    losses: list[Loss] = field(default_factory=list)

    def licence(self) -> None:
        """The licence, where none is stated."""
        wanted = self.record.text(f"{DCT}license", f"{UMR}licenseExpression").removeprefix(SPDX)
        if not wanted or "://" in wanted:
            return
        if self.kind == "model":
            self._lose("license", wanted, _NO_FIELD)
            return
        several = self.stated.get("licenses")
        names = (
            [one.get("name") for one in several if isinstance(one, dict)] if isinstance(several, list) else []
        )
        stated = [licence_of(one) for one in (names or [self.stated.get("licenseName")])]
        member = "licenses" if self.kind == "dataset" else "licenseName"
        if not any(stated):
            self.changed[member] = [{"name": wanted}] if self.kind == "dataset" else wanted
        elif wanted not in stated:
            self._lose(member, ", ".join(stated), f"left as it is; the record says {wanted}")

    def links(self) -> None:
        """Base model and data, where none are stated."""
        words = relations_of("kaggle") if self.kind == "variation" else {}
        data: list[str] = []
        bases: list[str] = []
        for link in self.record.links:
            said = words.get(link.relation)
            known = data if said is not None and said.term == "trainingData" else bases
            if said is None or (known is bases and bases):
                self._lose("upstream", f"{link.relation} {link.artifact}", _NO_FIELD)
            else:
                known.append(link.artifact)
        if data:
            self._data(data)
        if bases:
            self._base(bases[0])

    def _data(self, wanted: list[str]) -> None:
        said = self.stated.get("trainingData")
        stated = {target_of(one, "trainingData") for one in said} if isinstance(said, list) else set()
        if not stated:
            self.changed["trainingData"] = [
                one.removeprefix(DATASETS) if one.startswith(DATASETS) else self._address(one)
                for one in wanted
            ]
        elif missing := [one for one in wanted if one not in stated]:
            self._lose("trainingData", ", ".join(missing), "left as it is; only the record says so")

    def _base(self, wanted: str) -> None:
        stated = base_of(self.stated) or self.stated.get("externalBaseModelUrl")
        if stated:
            if target_of(stated, "baseModelInstance") != wanted:
                self._lose("baseModelInstance", str(stated), f"left as it is; the record says {wanted}")
        elif wanted.startswith(HUB) and wanted.count("/") == _VARIATION:
            self.changed["baseModelInstance"] = wanted.removeprefix(HUB)
            self.changed["modelInstanceType"] = "MODEL_INSTANCE_TYPE_KAGGLE_VARIANT"
        else:
            self.changed["externalBaseModelUrl"] = self._address(wanted)
            self.changed["modelInstanceType"] = "MODEL_INSTANCE_TYPE_EXTERNAL_VARIANT"

    def _address(self, artifact: str) -> str:
        """Where an artifact is, for people who are at Kaggle."""
        repository = repository_of(artifact)
        if repository:
            return WEB + ("datasets/" if artifact.startswith(HF_DATASETS) else "") + repository
        return self.base.artifact(artifact)

    def _lose(self, member: str, value: str, why: str) -> None:
        self.losses.append(Loss(member, value, why, self.place))
