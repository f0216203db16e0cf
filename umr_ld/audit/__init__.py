"""Audits: what a record, with all that holds for it, says to the items of a profile.

A profile is data (`shapes/profiles/<id>/`): items, shapes and queries. An audit is its items, each with an
EARL outcome, what was found, and the records that it was found in.
"""

from umr_ld.audit.audience import redacted
from umr_ld.audit.dossier import Dossier, Source
from umr_ld.audit.item import Item, Obligation, Outcome
from umr_ld.audit.profile import Profile, read_profile, shipped_profiles
from umr_ld.audit.verdict import Audit, Found, Gap, Tally, Verdict, audit

__all__ = [
    "Audit",
    "Dossier",
    "Found",
    "Gap",
    "Item",
    "Obligation",
    "Outcome",
    "Profile",
    "Source",
    "Tally",
    "Verdict",
    "audit",
    "read_profile",
    "redacted",
    "shipped_profiles",
]
