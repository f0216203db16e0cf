"""The book of alerts: what is news, for whom, once, and kept until it is delivered."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import threading
from datetime import timedelta

import pytest
from alerting import ADVISORY, NOON, Clock, Receiver, following, happening, standing, told
from hypothesis import given
from hypothesis import strategies as st

from umr_ld.alerts import Outcome, Subscription
from umr_ld.alerts.book import Alerts
from umr_ld.alerts.outbox import LONGEST_WAIT, MAX_ATTEMPTS, wait_after
from umr_ld.errors import Busy, Conflict, Damaged, Malformed, Missing


@pytest.fixture
def book():
    with Alerts() as opened:
        yield opened


def take(book, position, *standings, happenings=(), advisory=ADVISORY, now=NOON, **more):
    return book.take(position, {advisory: standings}, happenings, now=now, **more)


# -- what is news

A1, B1 = "lab/a@1.0.0", "lab/b@1.0.0"


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ([], [standing(A1)], {"newly-affected"}),
        ([standing(A1)], [standing(A1)], set()),
        ([standing(A1)], [standing(A1, path="embeds lab/z@1.0.0")], set()),
        ([standing(A1)], [], {"cleared"}),
        ([standing(A1, "possibly")], [standing(A1)], {"answer-changed"}),
        ([standing(A1)], [standing(A1, "possibly", "low")], {"answer-changed"}),
        ([standing(A1)], [standing(A1, severity="critical")], {"severity-changed"}),
    ],
)
def test_the_difference_between_two_standings_is_the_news(book, before, after, kinds):
    take(book, 1, *before)
    assert {event.kind for event in take(book, 2, *after)} == kinds


def test_an_event_says_what_was_and_what_is(book):
    take(book, 1, standing(A1, "possibly", "low"))
    (event,) = take(book, 2, standing(A1, "affected", "high", path="embeds lab/z@1.0.0"))
    assert (event.before, event.after, event.answer) == ("possibly", "affected", "affected")
    assert (event.severity, event.path, event.seq) == ("high", "embeds lab/z@1.0.0", 2)
    (event,) = take(book, 3, standing(A1, "affected", "critical"))
    assert (event.before, event.after, event.answer) == ("high", "critical", "affected")


def test_other_advisories_stay_as_they_are(book):
    take(book, 1, standing(A1))
    take(book, 2, standing(A1, advisory="advisory/y"), advisory="advisory/y")
    assert set(book.standings(ADVISORY)) == {A1}
    assert book.advisories() == ["advisory/x", "advisory/y"]


def test_single_standings_are_added_to_those_that_are_there(book):
    take(book, 1, standing(A1))
    (event,) = book.take(2, {}, now=NOON, added=[standing(B1)])
    assert (event.kind, event.record) == ("newly-affected", B1)
    assert set(book.standings(ADVISORY)) == {A1, B1}


def test_the_same_position_is_taken_in_once(book):
    assert take(book, 1, standing(A1))
    assert not take(book, 1, standing(B1))
    assert not take(book, 0, standing(B1))
    assert take(book, 1, standing(B1), policy="another")


def test_an_advisory_that_touched_nobody_is_told_to_be_withdrawn(book):
    (event,) = take(book, 1, happenings=[happening("advisory-withdrawn", ADVISORY, detail="it was nothing")])
    assert (event.kind, event.record, event.path) == ("advisory-withdrawn", "", "it was nothing")


def test_an_advisory_that_touched_somebody_is_told_with_what_it_ends(book):
    take(book, 1, standing(A1))
    (event,) = take(book, 2, happenings=[happening("advisory-withdrawn", ADVISORY)])
    assert (event.kind, event.record, event.before, event.after) == (
        "advisory-withdrawn",
        A1,
        "affected",
        "clear",
    )


def fix(record, *concerns, seq=2):
    return happening("fix-available", record, advisory=ADVISORY, seq=seq, concerns=concerns)


def test_a_fix_is_news_for_those_who_stand_there_still(book):
    take(book, 1, standing(A1), standing(B1))
    (event,) = take(book, 2, standing(A1), standing(B1), happenings=[fix("lab/z@2.0.0", A1)])
    assert (event.kind, event.record, event.after) == ("fix-available", A1, "lab/z@2.0.0")
    assert not take(book, 3, standing(A1), standing(B1), happenings=[fix("lab/z@2.0.0", A1)])


def test_a_fix_is_no_news_for_those_who_are_clear_with_it(book):
    take(book, 1, standing(A1))
    assert [e.kind for e in take(book, 2, happenings=[fix("lab/z@2.0.0", A1)])] == ["cleared"]


def test_what_happens_to_records_is_kept_only_if_somebody_follows_them(book):
    published = happening("published", "lab/a@2.0.0", seq=1)
    assert not take(book, 1, happenings=[published])
    book.subscribe(following(names=("lab/a",)), now=NOON)
    assert [e.kind for e in take(book, 2, happenings=[published])] == ["published"]


def test_a_standing_is_of_the_advisory_that_it_is_given_for(book):
    with pytest.raises(Malformed, match="advisory/y"):
        take(book, 1, standing(A1, advisory="advisory/y"))
    assert book.state().position == 0


# -- for whom


@pytest.mark.parametrize(
    ("chosen", "records"),
    [
        ({"everything": True}, {"hf/x/y@1.0.0", "hf/xy@1.0.0", "lab/a@1.0.0", "https://e.org/d@1.0.0"}),
        ({"names": ("hf/xy",)}, {"hf/xy@1.0.0"}),
        ({"names": ("https://e.org/d@1.0.0",)}, {"https://e.org/d@1.0.0"}),
        ({"namespaces": ("hf/x",)}, {"hf/x/y@1.0.0"}),
        ({"namespaces": ("hf",)}, {"hf/x/y@1.0.0", "hf/xy@1.0.0"}),
        ({"publishers": ("Lab",)}, {"hf/x/y@1.0.0", "lab/a@1.0.0"}),
        ({"names": ("lab/a",), "namespaces": ("hf/x",)}, {"lab/a@1.0.0", "hf/x/y@1.0.0"}),
        ({"names": ("nobody/none",)}, set()),
    ],
)
def test_subscribers_are_told_of_what_they_chose(book, chosen, records):
    asked = book.subscribe(following(**chosen), now=NOON)
    take(
        book,
        1,
        standing("hf/x/y@1.0.0"),
        standing("hf/xy@1.0.0", publisher="Other"),
        standing("lab/a@1.0.0"),
        standing("https://e.org/d@1.0.0", publisher=""),
    )
    assert {record for _, record in told(book, asked)} == records


@pytest.mark.parametrize(
    ("least", "count"),
    [
        ({}, 4),
        ({"least_answer": "affected"}, 2),
        ({"least_severity": "high"}, 3),
        ({"least_severity": "high", "least_answer": "affected"}, 2),
        ({"kinds": ("cleared",)}, 0),
    ],
)
def test_what_is_below_the_least_values_is_not_told_and_what_is_unknown_is(book, least, count):
    asked = book.subscribe(following(**least), now=NOON)
    take(
        book,
        1,
        standing("lab/a@1.0.0", "affected", "critical"),
        standing("lab/b@1.0.0", "possibly", "high"),
        standing("lab/c@1.0.0", "possibly", "low"),
        standing("lab/d@1.0.0", "affected", "unknown"),
    )
    assert len(told(book, asked)) == count


def test_who_was_told_of_the_danger_is_told_of_its_end(book):
    asked = book.subscribe(following(least_answer="affected", least_severity="high"), now=NOON)
    take(book, 1, standing(A1))
    take(book, 2, standing(A1, "possibly"))
    take(book, 3, standing(A1, "possibly", "low"))
    take(book, 4)
    assert told(book, asked) == [("newly-affected", A1), ("answer-changed", A1)]


def test_followers_of_what_stands_on_a_record_are_told_what_happens_to_it(book):
    asked = book.subscribe(following(names=("lab/below",)), now=NOON)
    take(book, 1, happenings=[happening("withdrawn", A1, seq=1, concerns=("lab/below@1.0.0",))])
    assert told(book, asked) == [("withdrawn", A1)]


def test_a_saved_query_is_asked_when_messages_are_gathered(book):
    asked = book.subscribe(following("mail", query="SELECT ?r WHERE { ?r a umr:Model }"), now=NOON)
    take(book, 1, standing(A1), standing(B1))
    assert not told(book, asked)
    seen = []

    def select(subscription):
        seen.append(subscription.query)
        return {A1}

    receiver = Receiver()
    for _ in range(2):
        book.deliver(Clock(), {"mail": receiver}, select=select)
    assert [event.record for event in receiver.events] == [A1]
    assert len(seen) == 1, "without news nothing is asked"


def test_a_query_that_fails_is_told_and_asked_again_about_the_same(book):
    asked = book.subscribe(following("mail", query="SELECT nonsense"), now=NOON)
    take(book, 1, standing(A1))

    def fail(_):
        raise Malformed("it is no query")

    book.gather(NOON, fail)
    (kept,) = book.subscriptions()
    assert "no query" in kept.trouble
    book.gather(NOON, lambda _: {A1})
    (kept,) = book.subscriptions()
    assert not kept.trouble
    assert told(book, asked) == [("newly-affected", A1)]


def test_a_new_subscriber_is_told_of_what_comes_or_first_of_what_is(book):
    take(book, 1, standing(A1))
    late = book.subscribe(following(), now=NOON)
    informed = book.subscribe(following(), now=NOON, since_now=False)
    take(book, 2, standing(A1), standing(B1))
    assert told(book, late) == [("newly-affected", B1)]
    assert told(book, informed) == [("newly-affected", A1), ("newly-affected", B1)]


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=3), max_size=6), st.data())
def test_what_is_told_adds_up_to_what_stands(states, data):
    """A law: whoever follows everything knows, after any changes, exactly who is not clear."""
    with Alerts() as book:
        asked = book.subscribe(following(), now=NOON)
        last = {}
        for position, names in enumerate(states, 1):
            last = {f"lab/{n}@1.0.0": data.draw(st.sampled_from(["possibly", "affected"])) for n in names}
            take(book, position, *(standing(record, answer) for record, answer in last.items()))
        known = {}
        for one in book.events(now=NOON, subscription=asked.id, limit=1000):
            known[one.event.record] = one.event.answer
        assert {record: answer for record, answer in known.items() if answer != "clear"} == last
        keys = [one.event.key for one in book.events(now=NOON, limit=1000)]
        assert len(keys) == len(set(keys))


# -- what people say about it


def test_acknowledging_holds_until_something_changes(book):
    take(book, 1, standing(A1, "possibly"))
    book.acknowledge(A1, ADVISORY, who="me", note="on it", now=NOON)
    (seen,) = book.events(now=NOON)
    assert seen.acknowledged.note == "on it"
    take(book, 2, standing(A1))
    assert [one.acknowledged is None for one in book.events(now=NOON)] == [False, True]
    with pytest.raises(Missing):
        book.acknowledge(B1, ADVISORY, who="me", now=NOON)


def test_what_is_ignored_is_listed_marked_and_told_at_the_end_if_it_still_holds(book):
    asked = book.subscribe(following(), now=NOON)
    end = NOON + timedelta(days=2)
    book.ignore("lab/a", ADVISORY, reason="tests only", until=end, who="me", now=NOON)
    take(book, 1, standing(A1), standing(B1))
    assert told(book, asked) == [("newly-affected", B1)]
    assert [one.ignored is not None for one in book.events(now=NOON)] == [True, False]
    book.gather(end)
    assert told(book, asked, end) == [("newly-affected", A1), ("newly-affected", B1)]


def test_what_ended_while_it_was_ignored_is_told_as_the_end_only(book):
    asked = book.subscribe(following(), now=NOON)
    end = NOON + timedelta(days=2)
    book.ignore(A1, ADVISORY, reason="tests only", until=end, who="me", now=NOON)
    take(book, 1, standing(A1))
    take(book, 2)
    book.gather(end)
    assert told(book, asked, end) == [("cleared", A1)]


def test_forgetting_an_ignore_tells_what_it_held_back(book):
    asked = book.subscribe(following(), now=NOON)
    one = book.ignore(A1, ADVISORY, reason="r", until=NOON + timedelta(days=9), who="me", now=NOON)
    take(book, 1, standing(A1))
    assert book.ignored(A1, ADVISORY, now=NOON) == one
    book.forget(one.number, now=NOON)
    book.gather(NOON)
    assert told(book, asked) == [("newly-affected", A1)]
    with pytest.raises(Missing):
        book.forget(one.number, now=NOON)


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"until": NOON}, {"reason": "x" * 10_001}])
def test_an_ignore_has_a_reason_and_an_end(book, wrong):
    right = {"reason": "r", "until": NOON + timedelta(days=1), "who": "me", "now": NOON}
    with pytest.raises(Malformed):
        book.ignore(A1, ADVISORY, **{**right, **wrong})


# -- once, and until it is delivered


def test_each_event_is_sent_once(book):
    book.subscribe(following("webhook"), now=NOON)
    receiver, clock = Receiver(), Clock()
    take(book, 1, standing(A1), standing(B1))
    assert book.deliver(clock, {"webhook": receiver}).sent == 1
    assert [event.record for event in receiver.events] == [A1, B1]
    assert not book.deliver(clock, {"webhook": receiver}).sent
    take(book, 2, standing(A1), standing(B1))
    clock.on(days=30)
    assert not book.deliver(clock, {"webhook": receiver}).sent


def test_a_failed_message_is_sent_again_later_with_the_same_key_until_it_is_given_up(book):
    book.subscribe(following("webhook"), now=NOON)
    take(book, 1, standing(A1))
    receiver, clock = Receiver([Outcome("retry", "HTTP 500")] * 99), Clock()
    attempts = 0
    while (due := book.next_due()) is not None:
        clock.time = due
        tally = book.deliver(clock, {"webhook": receiver}, chance=random.Random(1))
        attempts += tally.retried + tally.dead
    assert attempts == MAX_ATTEMPTS
    assert len(set(receiver.keys)) == 1
    (dead,) = book.outbox("dead")
    assert (dead.attempts, dead.detail) == (MAX_ATTEMPTS, "HTTP 500")
    receiver.outcomes.clear()
    book.redeliver(dead.number, now=clock())
    assert book.deliver(clock, {"webhook": receiver}).sent == 1
    assert len(set(receiver.keys)) == 1


@given(st.integers(1, 30), st.integers(0, 10**6))
def test_waits_grow_with_jitter_up_to_a_day(attempt, seed):
    wait = wait_after(attempt, None, random.Random(seed))
    assert timedelta(0) <= wait <= min(timedelta(minutes=1) * 2 ** (attempt - 1), LONGEST_WAIT)
    assert wait_after(attempt, timedelta(days=3), random.Random(seed)) == timedelta(days=3)


def test_a_receiver_that_is_gone_is_told_nothing_more_until_it_is_resumed(book):
    asked = book.subscribe(following("webhook"), now=NOON)
    take(book, 1, standing(A1))
    receiver, clock = Receiver([Outcome("gone", "HTTP 410")]), Clock()
    assert book.deliver(clock, {"webhook": receiver}).gone == 1
    take(book, 2, standing(A1), standing(B1))
    assert not book.deliver(clock, {"webhook": receiver}).sent
    assert [(one.off) for one in book.subscriptions()] == ["HTTP 410"]
    with pytest.raises(Conflict):
        book.redeliver(1, now=NOON)
    book.resume(asked.id)
    take(book, 3)
    assert book.deliver(clock, {"webhook": receiver}).sent == 1


def test_one_failing_receiver_does_not_hold_up_the_others(book):
    for n in range(3):
        book.subscribe(following("webhook", address=f"https://{n}.example/"), now=NOON)
    for position in range(1, 4):
        take(book, position, *(standing(f"lab/n{n}@1.0.0") for n in range(position)))
    failing = "https://1.example/"

    class Partly(Receiver):
        def send(self, message, now):
            super().send(message, now)
            return Outcome("retry" if message.subscription.address == failing else "sent")

    receiver = Partly()
    tally = book.deliver(Clock(), {"webhook": receiver})
    assert (tally.sent, tally.retried) == (6, 1)


@pytest.mark.parametrize(
    ("digest", "due"),
    [
        ("hourly", NOON + timedelta(hours=1)),
        ("daily", NOON + timedelta(hours=12)),
        ("weekly", NOON + timedelta(days=4, hours=12)),
    ],
)
def test_a_digest_gathers_what_happened_in_its_period(book, digest, due):
    book.subscribe(following("mail", digest=digest), now=NOON)
    receiver, clock = Receiver(), Clock()
    take(book, 1, standing(A1))
    take(book, 2, standing(A1), standing(B1))
    clock.time = due - timedelta(seconds=1)
    assert not book.deliver(clock, {"mail": receiver}).sent
    clock.time = due
    assert book.deliver(clock, {"mail": receiver}).sent == 1
    assert [event.record for event in receiver.events] == [A1, B1]


def test_two_who_deliver_at_once_do_not_send_the_same(tmp_path):
    with Alerts(tmp_path / "alerts.db") as one, Alerts(tmp_path / "alerts.db") as other:
        for n in range(20):
            one.subscribe(following("webhook", address=f"https://{n}.example/"), now=NOON)
        take(one, 1, standing(A1))
        receiver = Receiver()
        runs = [
            threading.Thread(target=book.deliver, args=(Clock(), {"webhook": receiver}))
            for book in (one, other)
        ]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert len(receiver.keys) == len(set(receiver.keys)) == 20


def holding(path):
    """Another process that writes into the file, and does not come to an end."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


@contextlib.contextmanager
def impatient(path):
    """A book that waits for no other process."""
    with Alerts(path) as book:
        book._file.connection.execute("PRAGMA busy_timeout = 20")
        yield book


def test_what_was_sent_is_written_down_when_another_process_lets_go(tmp_path):
    with impatient(tmp_path / "alerts.db") as book:
        book.subscribe(following("webhook"), now=NOON)
        take(book, 1, standing(A1))

        class Held(Receiver):
            def send(self, message, now):
                other = holding(tmp_path / "alerts.db")
                threading.Timer(0.5, other.close).start()
                return super().send(message, now)

        receiver, clock = Held(), Clock()
        assert book.deliver(clock, {"webhook": receiver}).sent == 1
        clock.on(days=1)
        assert not book.deliver(clock, {"webhook": receiver}).sent
        assert len(receiver.messages) == 1


def test_what_was_sent_is_told_although_another_process_holds_up_the_rest(tmp_path):
    with impatient(tmp_path / "alerts.db") as book:
        for n in range(3):
            book.subscribe(following("webhook", address=f"https://{n}.example/"), now=NOON)
        take(book, 1, standing(A1))

        class Held(Receiver):
            """While the third message is sent, somebody begins to write, and the time runs."""

            def send(self, message, now):
                if len(self.messages) == 2:
                    others.append(holding(tmp_path / "alerts.db"))
                return super().send(message, now)

        class Running(Clock):
            def __call__(self):
                return self.on(minutes=1) if others else self.time

        others = []
        receiver, clock = Held(), Running()
        assert book.deliver(clock, {"webhook": receiver}).sent == 2
        with pytest.raises(Busy):
            book.deliver(clock, {"webhook": receiver})
        others.pop().close()
        assert book.deliver(clock, {"webhook": receiver}).sent == 1
        assert receiver.keys[2:] == [receiver.keys[2]] * 2


def test_unsubscribing_forgets_what_was_still_to_be_sent(book):
    asked = book.subscribe(following("webhook"), now=NOON)
    take(book, 1, standing(A1))
    book.unsubscribe(asked.id)
    assert not book.outbox()
    assert not book.subscriptions()
    with pytest.raises(Missing):
        book.unsubscribe(asked.id)


def test_a_secret_is_given_out_once(book):
    made = book.subscribe(following("webhook"), now=NOON)
    assert made.secret.startswith("whsec_")
    (kept,) = book.subscriptions()
    assert not kept.subscription.secret
    assert made.secret not in repr(made)


def test_a_subscription_to_everything_gets_all_of_very_much_in_pieces(book):
    book.subscribe(following("webhook"), now=NOON)
    take(book, 1, *(standing(f"lab/n{n}@1.0.0") for n in range(2_500)))
    receiver = Receiver()
    assert book.deliver(Clock(), {"webhook": receiver}).sent == 3
    assert len({event.key for event in receiver.events}) == 2_500


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "pigeon"},
        {"channel": "webhook", "address": "ftp://x.example/"},
        {"channel": "webhook", "address": "https://user:word@x.example/"},
        {"channel": "mail", "address": "a@b\r\nBcc: c@d"},
        {"channel": "feed", "address": "https://x.example/"},
        {"channel": "feed", "digest": "daily"},
        {"channel": "feed", "everything": False},
        {"channel": "feed", "names": ("Not A Name",)},
        {"channel": "feed", "names": tuple(f"a/b{n}" for n in range(1001))},
        {"channel": "feed", "kinds": ("birth",)},
        {"channel": "feed", "least_severity": "very"},
        {"channel": "feed", "who": "\ud800"},
    ],
)
def test_a_subscription_that_cannot_be_meant_is_refused(wrong):
    with pytest.raises(Malformed):
        Subscription(**{"who": "somebody", "everything": True, **wrong})


# -- the file


def test_the_book_is_as_it_was_when_it_is_opened_again(tmp_path):
    with Alerts(tmp_path / "alerts.db") as book:
        asked = book.subscribe(following("webhook", names=("lab/a",), kinds=("newly-affected",)), now=NOON)
        take(book, 7, standing(A1), policy="p")
    assert {path.name for path in tmp_path.iterdir()} == {"alerts.db", "alerts.lock", "alerts.sha256"}
    with Alerts(tmp_path / "alerts.db") as book:
        (kept,) = book.subscriptions()
        assert (kept.subscription.id, kept.subscription.kinds) == (asked.id, ("newly-affected",))
        assert (book.state().position, book.state().policy) == (7, "p")
        assert book.check()
        assert len(book.outbox("pending")) == 1


def test_a_file_that_is_something_else_is_refused(tmp_path):
    (tmp_path / "alerts.db").write_bytes(b"something else " * 100)
    with pytest.raises(Damaged):
        Alerts(tmp_path / "alerts.db")
