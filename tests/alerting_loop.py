"""Takes in three states of a registry and delivers what is new; killed, if asked, at its n-th statement."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from alerting import ADVISORY, NOON, following, standing

from umr_ld.alerts.book import Alerts
from umr_ld.alerts.webhook import Webhook
from umr_ld.net import Door, Policy

STATES = [
    [standing("lab/a@1.0.0")],
    [standing("lab/a@1.0.0", "possibly"), standing("lab/b@1.0.0")],
    [standing("lab/b@1.0.0", severity="critical")],
]


def run(folder, url, fatal, hour):
    """One life of the process.

    Args:
        folder: where the alerts are kept.
        url: of the receiver.
        fatal: statement before which the process is killed; 0 for none.
        hour: since noon, at which it lives.
    """
    now = NOON + timedelta(hours=hour)
    with Alerts(folder / "alerts.db") as book:
        if fatal:
            steps = itertools.count(1)

            def step(_):
                if next(steps) == fatal:
                    os.kill(os.getpid(), signal.SIGKILL)

            book._file.connection.set_trace_callback(step)
        if not book.subscriptions():
            book.subscribe(following("webhook", address=url), now=now)
        for position, state in enumerate(STATES, 1):
            book.take(position, {ADVISORY: state}, now=now)
            book.deliver(lambda: now, {"webhook": Webhook(Door(Policy(http=True, private=True)))})


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    print("done", flush=True)
