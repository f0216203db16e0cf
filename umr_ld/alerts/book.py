"""The book of alerts: subscriptions, what was told to whom, and what is still to be told."""

from __future__ import annotations

import dataclasses
import random
import secrets
from typing import TYPE_CHECKING

from umr_ld.alerts import ignores, outbox, require_text, rows
from umr_ld.alerts.audience import Audience
from umr_ld.alerts.changes import Moment
from umr_ld.alerts.file import AlertsFile
from umr_ld.alerts.listing import listed
from umr_ld.alerts.notices import ask, gather, notify, standing_now
from umr_ld.alerts.outbox import Tally
from umr_ld.alerts.rows import State
from umr_ld.alerts.taking import take_in
from umr_ld.alerts.webhook import secret_key, secret_text
from umr_ld.database import Book, microseconds
from umr_ld.errors import Busy, Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from umr_ld.alerts import (
        Channel,
        Event,
        Happening,
        Ignore,
        Listed,
        Standing,
        Subscriber,
        Subscription,
    )
    from umr_ld.alerts.outbox import Posted

    Select = Callable[[Subscription], Collection[str]]

_SECRET_BYTES = 32
_ID_BYTES = 16
_RUN = 1000
"""Messages in one run of delivering."""


class Alerts(Book):
    """Who is told what. May be used by several threads, and the file by several processes, at once.

    Times are given by the caller, in UTC. Every method raises `Busy`, `Damaged` or `Full` as of `AlertsFile`,
    and if it changes something, `Denied` where the book is only read.

    Args:
        path: the file, made if it is not there; None to keep everything in memory.
        read_only: whether nothing may change.
        token: gives so many unguessable bytes.

    Raises:
        Newer: if a later program wrote it.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        read_only: bool = False,
        token: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        super().__init__(AlertsFile(path, read_only=read_only))
        self._token = token

    # -- subscriptions

    def subscribe(
        self,
        wanted: Subscription,
        *,
        now: datetime,
        since_now: bool = True,
    ) -> Subscription:
        """Add a subscription.

        Args:
            wanted: without an id. A webhook's secret is made if it has none.
            now: the time.
            since_now: whether only what changes from now on is told; if not, where records stand now is
                told first, except to a query.

        Returns:
            the subscription with its id, and for a webhook with its secret, which is not shown again.

        Raises:
            Malformed: if the secret is not of its form.
        """
        secret = wanted.secret
        if wanted.channel == "webhook":
            secret = secret or secret_text(self._token(_SECRET_BYTES))
            secret_key(secret)
        made = dataclasses.replace(wanted, secret=secret, id=self._token(_ID_BYTES).hex())
        with self._file.writing() as db:
            number = rows.insert_subscription(db, made, now)
            if not since_now:
                kept = rows.kept(db, number=number)
                notify(db, standing_now(db), Audience(kept), now)
                gather(db, kept, now)
        return made

    def unsubscribe(self, id_: str) -> None:
        """Forget a subscription, and what was still to be sent to it.

        Args:
            id_: see `Subscription`.

        Raises:
            Missing: if there is none.
        """
        with self._file.writing() as db:
            _require_one(db.execute("DELETE FROM subscription WHERE id = ?", (id_,)).rowcount, id_)

    def resume(self, id_: str) -> None:
        """Switch a subscription on again that was switched off because its receiver was gone.

        Args:
            id_: see `Subscription`.

        Raises:
            Missing: if there is none.
        """
        with self._file.writing() as db:
            done = db.execute("UPDATE subscription SET off = '' WHERE id = ?", (id_,))
            _require_one(done.rowcount, id_)

    def subscriptions(self) -> Sequence[Subscriber]:
        """All subscriptions, without their secrets, the oldest first."""
        with self._file.reading() as db:
            return rows.subscribers(db)

    # -- taking in

    def state(self) -> State:
        """Up to where in the registry everything was taken in, and by which policy."""
        with self._file.reading() as db:
            return rows.state(db)

    def is_followed(self) -> bool:
        """Whether there is a subscription that is on."""
        with self._file.reading() as db:
            return bool(rows.kept(db))

    def advisories(self) -> Sequence[str]:
        """The advisories of which some record is not clear, in order."""
        with self._file.reading() as db:
            return [row[0] for row in db.execute("SELECT DISTINCT advisory FROM standing ORDER BY advisory")]

    def take(
        self,
        position: int,
        standings: Mapping[str, Iterable[Standing]],
        happenings: Sequence[Happening] = (),
        *,
        now: datetime,
        added: Collection[Standing] = (),
        policy: str = "",
    ) -> Sequence[Event]:
        """Take in where records stand and what happened, and note whom it concerns. All or nothing.

        Nothing happens if the position is not above the present one and the policy is the same: whoever
        dies in between may do it again, and must give the same for the same position.

        Args:
            position: the registry's, after all of this.
            standings: by advisory, all records that are not clear of it. Other advisories stay as they are.
            happenings: in order.
            now: the time.
            added: standings of single records, of advisories whose other standings stay as they are.
            policy: digest of the policy by which records stand as they do.

        Returns:
            what is new.

        Raises:
            Malformed: if a standing is given for another advisory than its own.
        """
        with self._file.writing() as db:
            known = rows.state(db)
            if position < known.position or State(position, policy) == known:
                return ()
            kept = rows.kept(db)
            audience = Audience(kept)
            told = take_in(db, Moment(position, now), standings, added, happenings, audience.may_want)
            if told:
                notify(db, told, audience, now)
                gather(db, kept, now)
            db.execute("UPDATE state SET position = ?, policy = ?", (position, policy))
        return [change.event for _, change in told]

    # -- what people say about it

    def acknowledge(self, record: str, advisory: str, *, who: str, note: str = "", now: datetime) -> None:
        """Note that somebody has seen what there is to see until now.

        Args:
            record: `name@version`.
            advisory: its name or identifier.
            who: who has.
            note: what he says about it.
            now: the time.

        Raises:
            Missing: if there is no event of these.
            Malformed: if a text is too long.
        """
        require_text(who)
        require_text(note)
        with self._file.writing() as db:
            known = "SELECT 1 FROM event WHERE record = ? AND advisory = ? LIMIT 1"
            if db.execute(known, (record, advisory)).fetchone() is None:
                raise Missing(f"nothing was told of {record} and {advisory}")
            db.execute(
                "INSERT INTO acknowledgement (record, advisory, who, note, time, seq) VALUES (?, ?, ?, ?, ?, ?)",
                (record, advisory, who, note, microseconds(now), rows.state(db).position),
            )

    def ignore(
        self, target: str, advisory: str, *, reason: str, until: datetime, who: str, now: datetime
    ) -> Ignore:
        """Tell nobody of an advisory for a record, or for all versions of an artifact, until a day.

        It stays listed, marked. What changes meanwhile is told at the end, if it still holds then. What is
        in the outbox already is sent.

        Args:
            target: `name@version`, or a name.
            advisory: its name or identifier.
            reason: why, in words.
            until: when it ends, after now.
            who: who decides.
            now: the time.

        Raises:
            Malformed: if there is no reason, or it ends before it begins.
        """
        for text in (target, advisory, reason, who):
            require_text(text)
        with self._file.writing() as db:
            return ignores.add(db, target, advisory, reason=reason, until=until, who=who, now=now)

    def ignores(self) -> Sequence[Ignore]:
        """All decisions to ignore something, also those that are over, in the order in which they end."""
        with self._file.reading() as db:
            return ignores.every(db)

    def ignored(self, record: str, advisory: str, *, now: datetime) -> Ignore | None:
        """The decision by which a record is not told of for an advisory; None if there is none.

        Args:
            record: `name@version`.
            advisory: its name or identifier.
            now: the time.
        """
        with self._file.reading() as db:
            return ignores.Ignores(db, now).of(record, advisory)

    def forget(self, number: int, *, now: datetime) -> None:
        """End a decision to ignore something, and forget it; what it held back is told if it still holds.

        Args:
            number: see `Ignore`.
            now: the time.

        Raises:
            Missing: if there is none.
        """
        with self._file.writing() as db:
            ignores.remove(db, number, now)

    # -- reading

    def events(
        self,
        *,
        now: datetime,
        record: str = "",
        advisory: str = "",
        subscription: str = "",
        after: int = 0,
        limit: int = 100,
        newest: bool = False,
    ) -> Sequence[Listed]:
        """What happened, with what people said about it.

        Args:
            now: the time.
            record: `name@version`, or a name for all its versions; empty for all.
            advisory: its name or identifier; empty for all.
            subscription: the id of one, for what it was told; empty for all.
            after: number after which to begin.
            limit: how many at most.
            newest: whether to begin with the newest, not with the oldest.

        Raises:
            Missing: if there is no such subscription.
        """
        with self._file.reading() as db:
            number = rows.number_of(db, subscription) if subscription else None
            found = listed(db, record, advisory, number, after=after, limit=limit, newest=newest)
            holding = ignores.Ignores(db, now)
        return [
            dataclasses.replace(one, ignored=holding.of(one.event.record, one.event.advisory))
            for one in found
        ]

    def standings(self, advisory: str) -> Mapping[str, Standing]:
        """Where records stand with respect to an advisory, by record, as last taken in.

        Args:
            advisory: its name or identifier.
        """
        with self._file.reading() as db:
            return rows.standings(db, advisory)

    def outbox(self, state: str = "", limit: int = 100) -> Sequence[Posted]:
        """Messages in the outbox, the newest first.

        Args:
            state: `pending`, `sent` or `dead`; empty for all.
            limit: how many at most.
        """
        with self._file.reading() as db:
            return outbox.listing(db, state, limit)

    def next_due(self) -> datetime | None:
        """When a message in the outbox is to be sent next; None if none waits."""
        with self._file.reading() as db:
            return outbox.next_due(db)

    # -- delivering

    def gather(self, now: datetime, select: Select | None = None) -> None:
        """Ask the queries of subscriptions what is new for them, and gather the digests that are due.

        Args:
            now: the time.
            select: gives the records, `name@version`, that a subscription's query selects now; None if
                queries cannot be asked. If it raises an error of ours, the subscription is marked with it.
        """
        with self._file.writing() as db:
            kept = rows.kept(db)
            if select is not None:
                ask(db, kept, select, now)
            gather(db, kept, now)

    def deliver(
        self,
        clock: Callable[[], datetime],
        channels: Mapping[str, Channel],
        *,
        select: Select | None = None,
        chance: random.Random | None = None,
        limit: int = _RUN,
    ) -> Tally:
        """Gather the digests that are due, and send what is due; each message at least once.

        A subscriber whose receiver fails is left alone for the rest of the run. What has no channel waits. Where
        another process holds the file, what became of a message that was sent is written down as soon as it
        lets go, and what was not sent yet stays for a later run.

        Args:
            clock: tells the time.
            channels: by name, as of `Subscription.channel`.
            select: as of `gather`.
            chance: for spreading attempts; by default unpredictable.
            limit: how many messages to send at most.

        Raises:
            Busy: if another process holds the file, and nothing was sent; or if it holds it for so long
                after something was sent that this is sent again.
        """
        chance = chance or random.SystemRandom()
        self.gather(clock(), select)
        with self._file.reading() as db:
            due = outbox.due(db, clock(), tuple(channels), limit)
        tally, failing = Tally(), set[int]()
        for number, subscriber in due:
            if subscriber in failing:
                continue
            try:
                done = self._deliver_one(number, clock, channels, chance)
            except Busy:
                if tally == Tally():
                    raise
                break  # What was sent is told; the rest is due still.
            tally += done
            if not done.sent:
                failing.add(subscriber)
        return tally

    def _deliver_one(
        self,
        number: int,
        clock: Callable[[], datetime],
        channels: Mapping[str, Channel],
        chance: random.Random,
    ) -> Tally:
        with self._file.writing() as db:
            claimed = outbox.claim(db, number, clock())
        if claimed is None:
            return Tally()
        attempt, message = claimed
        outcome = channels[message.subscription.channel].send(message, clock())
        until = clock() + outbox.LEASE
        while True:
            # Unless this is written down, what the receiver has is sent to it again.
            try:
                with self._file.writing() as db:
                    return outbox.settle(db, number, attempt, outcome, clock(), chance)
            except Busy:
                if clock() >= until:
                    raise

    def redeliver(self, number: int, *, now: datetime) -> None:
        """Send a message once more, beginning with the first attempt, with the same key.

        Args:
            number: see `Posted`.
            now: the time.

        Raises:
            Missing: if there is no such message.
            Conflict: if its subscription is off.
        """
        with self._file.writing() as db:
            outbox.again(db, number, now)


def _require_one(count: int, id_: str) -> None:
    if count == 0:
        raise Missing(f"there is no subscription {id_[:100]!r}")
