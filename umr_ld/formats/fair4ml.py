"""FAIR4ML 0.1.0 descriptions of models, as Turtle or JSON-LD; its namespace is read with `#` and with `/`.

Source: https://w3id.org/fair4ml.
"""

from __future__ import annotations

from umr_ld.formats.statements import Statements

FORM = Statements(
    label="fair4ml",
    read_as={"fair4ml:MLModel": "Model"},
    written_as={"Model": ("fair4ml:MLModel",)},
    licence="schema:license",
)
read = FORM.read
write = FORM.write
