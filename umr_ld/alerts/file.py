"""The file that the alerts are kept in. It is no projection: subscriptions are nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.alerts.changes import event_key
from umr_ld.database import Database, Form

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

FORM = Form(application=0x756D7261, schema=1, script="alerts/schema.sql", noun="alerts")
"""The application's number reads "umra"."""

_EVENTS = "SELECT number, key, record, advisory, kind, before, after, seq FROM event"


class AlertsFile(Database):
    """The database of the alerts; what it raises is said there.

    Args:
        path: the file, made if it is not there; None to keep everything in memory.
        read_only: whether nothing may change; a file that is not there is then as an empty one.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False) -> None:
        super().__init__(FORM, path, read_only=read_only)

    def _faults(self, db: sqlite3.Connection) -> list[str]:
        """Events whose key is not that of what they tell."""
        return [
            f"event {number} is not what was written"
            for number, key, *told in db.execute(_EVENTS)
            if event_key(*told) != key
        ]
