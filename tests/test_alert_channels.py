"""Channels against real receivers on loopback: web servers, a mail server, a feed reader."""

from __future__ import annotations

import base64
import dataclasses
import email
import email.policy
import hashlib
import hmac
import json
import ssl
from datetime import timedelta

import feedparser
import pytest
import trustme
from alerting import ADVISORY, NOON, Clock, following, standing
from receiving import Reply, post, web

from umr_ld.addresses import Base
from umr_ld.alerts.book import Alerts
from umr_ld.alerts.feed import atom
from umr_ld.alerts.ldn import INBOX, Notifications
from umr_ld.alerts.mail import Mail, Relay
from umr_ld.alerts.posting import asked_wait
from umr_ld.alerts.webhook import Webhook, secret_key, secret_text
from umr_ld.alerts.wording import sentence
from umr_ld.errors import Malformed
from umr_ld.net import Door, Policy

BASE = Base("https://registry.example/")
DOOR = Door(Policy(http=True, private=True, timeout=0.5))
NASTY = "</title>\x00\x1b[31m\r\nBcc: all@example.org\u202e & <script>"


@pytest.fixture
def book():
    with Alerts() as opened:
        yield opened


def tell(book, *records, channel, address, position=1, **chosen):
    """Subscribe, and take in that records are affected."""
    made = book.subscribe(following(channel, address=address, **chosen), now=NOON)
    book.take(position, {ADVISORY: [standing(record, path="embeds lab/z") for record in records]}, now=NOON)
    return made


# -- webhooks


def test_a_webhook_can_verify_who_sent_it_and_tell_a_repeat(book):
    with web(Reply(500), Reply(200)) as server:
        made = tell(book, "lab/a@1.0.0", channel="webhook", address=server.url("/in"))
        clock = Clock()
        assert book.deliver(clock, {"webhook": Webhook(DOOR)}).retried == 1
        clock.on(days=1)
        assert book.deliver(clock, {"webhook": Webhook(DOOR)}).sent == 1
    first, second = server.posts
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    for request in (first, second):
        signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode()
        key = base64.b64decode(made.secret.removeprefix("whsec_"))
        proof = hmac.new(key, signed + request.body, hashlib.sha256).digest()
        assert request.headers["webhook-signature"] == "v1," + base64.b64encode(proof).decode()
    (event,) = json.loads(second.body)["data"]["events"]
    assert (event["record"], event["kind"], event["answer"]) == ("lab/a@1.0.0", "newly-affected", "affected")
    assert event["summary"] == "lab/a@1.0.0 is affected by advisory/x (high severity)"


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(200), "sent"),
        (Reply(202), "sent"),
        (Reply(204), "sent"),
        (Reply(302, {"Location": "http://169.254.169.254/"}), "retried"),
        (Reply(400), "retried"),
        (Reply(404), "retried"),
        (Reply(429, {"Retry-After": "7200"}), "retried"),
        (Reply(500), "retried"),
        (Reply(wait=5), "retried"),
        (Reply(200, body=b"x" * 40, drip=0.1), "retried"),
        (Reply(410), "gone"),
    ],
    ids=lambda value: f"{value.status}" if isinstance(value, Reply) else value,
)
@pytest.mark.parametrize("channel", ["webhook", "ldn"])
def test_every_answer_of_a_receiver_has_its_outcome(book, reply, outcome, channel):
    replies = [reply] if channel == "webhook" else [Reply(), reply]
    with web(*replies) as server:
        tell(book, "lab/a@1.0.0", channel=channel, address=server.url())
        tally = book.deliver(Clock(), {"webhook": Webhook(DOOR), "ldn": Notifications(DOOR, BASE)})
    assert getattr(tally, outcome) == 1
    assert len(server.posts) == 1


def test_who_asks_for_time_gets_it(book):
    with web(Reply(503, {"Retry-After": "7200"})) as server:
        tell(book, "lab/a@1.0.0", channel="webhook", address=server.url())
        book.deliver(Clock(), {"webhook": Webhook(DOOR)})
    assert book.next_due() >= NOON + timedelta(hours=2)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("Wed, 04 Mar 2026 12:05:00 GMT", 300),
        ("Wed, 04 Mar 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("9" * 400, 10**9),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, seconds):
    wait = asked_wait(text, NOON)
    assert (None if wait is None else wait.total_seconds()) == seconds


def test_addresses_that_are_not_public_are_refused_and_the_refusal_is_kept(book):
    with web() as server:
        tell(book, "lab/a@1.0.0", channel="webhook", address=server.url())
        assert book.deliver(Clock(), {"webhook": Webhook(Door(Policy(http=True)))}).retried == 1
        assert not server.requests
    (message,) = book.outbox()
    assert "not a public address" in message.detail


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_AAAA", "secret", "whsec_" + "!" * 40, secret_text(b"x" * 65)]
)
def test_a_secret_is_long_enough_to_be_one(text):
    with pytest.raises(Malformed):
        secret_key(text)
    assert secret_key(secret_text(b"k" * 32)) == b"k" * 32


# -- Linked Data Notifications


def test_a_notification_goes_to_the_inbox_that_the_address_names(book):
    with web() as server:
        link = f'<https://x.example/>; rel="next", </inbox>; rel="{INBOX} other"'
        server.replies.append(Reply(200, {"Link": link}))
        tell(book, "lab/a@1.0.0", channel="ldn", address=server.url("/me"))
        assert book.deliver(Clock(), {"ldn": Notifications(DOOR, BASE)}).sent == 1
    (request,) = server.posts
    assert (request.path, request.headers["content-type"].split(";")[0]) == ("/inbox", "application/ld+json")
    told = json.loads(request.body)
    assert (told["@context"], told["type"]) == ("https://www.w3.org/ns/activitystreams", "Announce")
    (event,) = told["object"]
    assert event["url"] == "https://registry.example/r/lab/a@1.0.0"
    assert event["context"] == "https://registry.example/r/advisory/x"
    assert event["id"].startswith("urn:uuid:")


def test_an_inbox_elsewhere_is_checked_as_any_address(book):
    with web(Reply(200, {"Link": f'<http://169.254.169.254/>; rel="{INBOX}"'})) as server:
        tell(book, "lab/a@1.0.0", channel="ldn", address=server.url())
        door = _only_loopback()
        assert book.deliver(Clock(), {"ldn": Notifications(door, BASE)}).retried == 1
    (message,) = book.outbox()
    assert "169.254.169.254 is not a public address" in message.detail


def _only_loopback():
    class OnlyLoopback(Door):
        def _require_public(self, address, host):
            if not address.is_loopback:
                super()._require_public(address, host)

    return OnlyLoopback(Policy(http=True, timeout=0.5))


# -- mail


def relay_for(server, **options):
    return Relay("127.0.0.1", server.port, security=options.pop("security", "none"), timeout=2, **options)


def letters(server):
    return [email.message_from_bytes(body, policy=email.policy.default) for _, _, body in server.letters]


def test_a_mail_says_what_happened_and_can_be_unsubscribed_from(book):
    with post() as server:
        made = tell(book, "lab/a@1.0.0", "lab/b@1.0.0", channel="mail", address="risk@hospital.example")
        mail = Mail(DOOR, relay_for(server), "alerts@registry.example", BASE)
        assert book.deliver(Clock(), {"mail": mail}).sent == 1
    ((sender, recipients, _),) = server.letters
    assert (sender, recipients) == ("alerts@registry.example", ["risk@hospital.example"])
    (letter,) = letters(server)
    assert letter["Subject"] == "lab/a@1.0.0 is affected by advisory/x (high severity), and 1 more"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert made.id in letter["List-Unsubscribe"]
    text = letter.get_content()
    assert "https://registry.example/r/lab/b@1.0.0" in text
    assert "embeds lab/z" in text


def test_a_mail_that_is_sent_again_has_the_same_message_id(book):
    with post() as server:
        tell(book, "lab/a@1.0.0", channel="mail", address="a@example.org")
        mail = Mail(DOOR, relay_for(server), "alerts@registry.example", BASE)
        book.deliver(Clock(), {"mail": mail})
        book.redeliver(1, now=NOON)
        book.deliver(Clock(), {"mail": mail})
    first, second = letters(server)
    assert first["Message-ID"] == second["Message-ID"]


def test_one_click_unsubscribes_where_the_deployment_has_a_page_for_it(book):
    made = tell(book, "lab/a@1.0.0", channel="mail", address="a@example.org")
    mail = Mail(DOOR, Relay("x"), "alerts@registry.example", BASE, "https://registry.example/off/")
    book.gather(NOON)
    with post() as server:
        book.deliver(Clock(), {"mail": dataclasses.replace(mail, relay=relay_for(server))})
    (letter,) = letters(server)
    assert letter["List-Unsubscribe"].strip() == f"<https://registry.example/off/{made.id}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("refusal", "outcome"),
    [("450 try later", "retried"), ("550 nobody here", "dead"), ("452 full", "retried")],
)
def test_a_refusal_for_good_is_not_repeated(book, refusal, outcome):
    with post() as server:
        server.refusal = refusal
        tell(book, "lab/a@1.0.0", channel="mail", address="a@example.org")
        mail = Mail(DOOR, relay_for(server), "alerts@registry.example", BASE)
        assert getattr(book.deliver(Clock(), {"mail": mail}), outcome) == 1
    (message,) = book.outbox()
    assert refusal in message.detail


def test_a_relay_that_is_not_there_is_tried_again(book):
    with post() as server:
        relay = relay_for(server)
    tell(book, "lab/a@1.0.0", channel="mail", address="a@example.org")
    assert book.deliver(Clock(), {"mail": Mail(DOOR, relay, "a@registry.example", BASE)}).retried == 1


def test_a_relay_is_spoken_to_in_secret_and_must_prove_who_it_is(book):
    authority = trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with post(tls_context=serving, require_starttls=True) as server:
        tell(book, "lab/a@1.0.0", channel="mail", address="a@example.org")
        relay = relay_for(server, security="starttls")
        mail = Mail(DOOR, relay, "alerts@registry.example", BASE)
        clock = Clock()
        assert book.deliver(clock, {"mail": mail}).retried == 1
        clock.on(days=1)
        trusted = dataclasses.replace(mail, relay=dataclasses.replace(relay, tls=trusting))
        assert book.deliver(clock, {"mail": trusted}).sent == 1


# -- feeds


def test_a_feed_is_read_by_a_feed_reader(book):
    asked = tell(book, "lab/a@1.0.0", "lab/b@1.0.0", channel="feed", address="")
    found = book.events(now=NOON, subscription=asked.id, newest=True)
    body = atom(
        [one.event for one in found],
        address="https://registry.example/feeds/1",
        title="资料 & <more>",
        base=BASE,
        updated=NOON,
    )
    feed = feedparser.parse(body)
    assert not feed.bozo
    assert feed.feed.title == "资料 & <more>"
    assert [entry.link for entry in feed.entries] == [
        "https://registry.example/r/lab/b@1.0.0",
        "https://registry.example/r/lab/a@1.0.0",
    ]
    assert len({entry.id for entry in feed.entries}) == 2
    again = feedparser.parse(
        atom([found[0].event], address="https://e.org/f", title="t", base=BASE, updated=NOON)
    )
    assert again.entries[0].id == feed.entries[0].id


def test_an_empty_feed_is_one_too():
    feed = feedparser.parse(atom([], address="https://e.org/f", title="t", base=BASE, updated=NOON))
    assert not feed.bozo
    assert feed.feed.updated == "2026-03-04T12:00:00Z"


# -- what is hostile stays inert


def test_a_hostile_path_breaks_no_form(book):
    asked = book.subscribe(following("feed"), now=NOON)
    (event,) = book.take(1, {ADVISORY: [standing("lab/a@1.0.0", path=NASTY)]}, now=NOON)
    feed = feedparser.parse(atom([event], address="https://e.org/f", title=NASTY, base=BASE, updated=NOON))
    assert not feed.bozo
    assert "\x1b" not in sentence(event)
    book.unsubscribe(asked.id)
    with post() as server:
        tell(
            book,
            "lab/b@1.0.0",
            channel="mail",
            address="a@example.org",
            position=2,
            who=NASTY.replace("\x00", ""),
        )
        book.deliver(Clock(), {"mail": Mail(DOOR, relay_for(server), "alerts@registry.example", BASE)})
    (letter,) = letters(server)
    assert letter["Bcc"] is None
