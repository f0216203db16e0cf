"""MLDCAT-AP 3 descriptions of models and datasets, as Turtle or JSON-LD; names of 2.x are read too.

Source: https://semiceu.github.io/MLDCAT-AP/releases/3.1.0/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.formats.statements import Statements

if TYPE_CHECKING:
    from umr_ld.formats.draft import Subject
    from umr_ld.tree import Value

_ONE_ONLY = ("dct:publisher", "it6:fineTunedFrom")
_CLASSES = {
    "it6:fineTunedFrom": "it6:MachineLearningModel",
    "it6:trainedOn": "dcat:Dataset",
    "it6:validatedOn": "dcat:Dataset",
    "it6:testedOn": "dcat:Dataset",
}
"""Properties whose values the shapes want to be of a class."""


def _finish(subject: Subject, node: dict[str, Value]) -> list[Value]:
    node["dct:identifier"] = subject.name
    for key in _ONE_ONLY:
        several = node.get(key)
        if isinstance(several, list):
            node[key] = several[:1]
            if key.startswith("it6:"):
                node["prov:wasDerivedFrom"] = [*_list(node.get("prov:wasDerivedFrom")), *several[1:]]
    licences = [
        {"@type": "dct:LicenseDocument", **one}
        for one in _list(node.get("dct:license"))
        if isinstance(one, dict)
    ]
    node["dct:license"] = [*licences]
    return [*licences_and_targets(node)]


def licences_and_targets(node: dict[str, Value]) -> list[Value]:
    """The things that a node leads to, each with the class that its property asks for.

    Args:
        node: of the record.
    """
    return [
        {**one, "@type": kind}
        for key, kind in _CLASSES.items()
        for one in _list(node.get(key))
        if isinstance(one, dict)
    ]


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [] if value is None else [value]


FORM = Statements(
    label="mldcat-ap",
    read_as={"it6:MachineLearningModel": "Model", "dcat:Dataset": "Dataset"},
    written_as={"Model": ("it6:MachineLearningModel",), "Dataset": ("dcat:Dataset",)},
    licence="dct:license",
    finish=_finish,
)
read = FORM.read
write = FORM.write
