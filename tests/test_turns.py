"""Who waits for a place gets one in turn, whoever asks how much."""

from __future__ import annotations

import threading
import time

from umr_server.turns import Turns


class Askers:
    """Threads that wait for a place; `order` says who got one."""

    def __init__(self, turns):
        self.turns, self.order, self.refused, self.threads = turns, [], [], []

    def add(self, who, seconds=30.0):
        known = len(self.order) + len(self.refused)
        thread = threading.Thread(target=self._take, args=(who, seconds))
        self.threads.append(thread)
        thread.start()
        self._settle(known)

    def _take(self, who, seconds):
        (self.order if self.turns.take(who, seconds) else self.refused).append(who)

    def _settle(self, known):
        until = time.monotonic() + 0.05
        while time.monotonic() < until and len(self.order) + len(self.refused) == known:
            time.sleep(0.001)

    def leave_all(self):
        while any(thread.is_alive() for thread in self.threads):
            self.turns.leave()
            time.sleep(0.02)


def test_one_who_asks_little_does_not_wait_for_all_of_one_who_asks_much():
    turns = Turns(1, 10)
    assert turns.take("much", 0)
    askers = Askers(turns)
    for who in ("much", "much", "much", "little"):
        askers.add(who)
    askers.leave_all()
    assert askers.order == ["much", "little", "much", "much"]


def test_when_too_many_wait_the_newest_of_who_has_most_is_refused():
    turns = Turns(1, 3)
    assert turns.take("much", 0)
    askers = Askers(turns)
    for who in ("much", "much", "much", "much", "little"):
        askers.add(who)
    askers.leave_all()
    assert askers.refused == ["much", "much"]
    assert sorted(askers.order) == ["little", "much", "much"]


def test_a_place_that_comes_too_late_goes_to_the_next():
    turns = Turns(1, 3)
    assert turns.take("a", 0)
    assert not turns.take("b", 0.01)
    turns.leave()
    assert turns.take("c", 0)


def test_without_a_queue_a_place_is_there_or_not():
    turns = Turns(2, 0)
    assert [turns.take("", 0) for _ in range(3)] == [True, True, False]
    turns.leave()
    assert turns.take("", 0)


def test_who_waits_without_a_thread_takes_nothing_from_who_waits_with_one():
    turns, woken = Turns(1, 1, 2), []
    assert turns.take("first", 0)
    tickets = [turns.enter("much", lambda at=at: woken.append(at)) for at in range(3)]
    assert [ticket.is_over for ticket in tickets] == [False, False, True]
    askers = Askers(turns)
    for who in ("much", "much"):
        askers.add(who)
    assert askers.refused == ["much"]
    little = turns.enter("little", lambda: woken.append("little"))
    assert not little.is_over
    assert woken == [1]
    assert not tickets[1].called
    turns.leave()
    turns.leave()
    assert woken[1:] in ([0, "little"], ["little", 0])
    askers.leave_all()
    assert askers.order == ["much"]
