"""Risk: what advisories say, how it travels along links, and what statements stop.

Every record is `clear`, `possibly` affected or `affected` by an advisory; which of them follows from the
links, the versions that they name, the policy's table of what a relation carries, and the statements
that count.
"""

from umr_ld.risk.advisory import Advisory, advisory_of, subjects_of
from umr_ld.risk.alias import AliasedGraph, Aliases
from umr_ld.risk.answers import Answer, Severity
from umr_ld.risk.case import Case, Exposed, Ruling, Step, path_words
from umr_ld.risk.decision import Decision, decision_of
from umr_ld.risk.exposure import expose
from umr_ld.risk.outcome import Exposure
from umr_ld.risk.policy import Cell, Policy, standard_policy
from umr_ld.risk.scope import Scope
from umr_ld.risk.statement import Statement, statement_of

__all__ = [
    "Advisory",
    "AliasedGraph",
    "Aliases",
    "Answer",
    "Case",
    "Cell",
    "Decision",
    "Exposed",
    "Exposure",
    "Policy",
    "Ruling",
    "Scope",
    "Severity",
    "Statement",
    "Step",
    "advisory_of",
    "decision_of",
    "expose",
    "path_words",
    "standard_policy",
    "statement_of",
    "subjects_of",
]
