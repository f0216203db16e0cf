"""Writing over HTTP: by whom, what, once, and nothing that is hostile."""

from __future__ import annotations

import io
import json
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest
from tokens import bearer, made, post, record

from umr_ld.access import Grant
from umr_ld.access.secret import make
from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.guard.limits import Buckets
from umr_server.settings import Settings

PROBLEM = "application/problem+json"


@pytest.fixture
def registry():
    with Registry.in_memory() as opened:
        yield opened


@pytest.fixture
def client(registry):
    return create_app(registry).test_client()


@pytest.fixture
def token(registry):
    return made(registry, "lab", "statement/lab", publishers=["A Lab"])


@pytest.fixture
def admin(registry):
    return made(registry, agent="keeper", scopes=["admin"])


def entries(registry):
    return registry.position().seq


# -- who


def test_nobody_publishes_without_a_token(client, registry):
    answer = post(client, None, record("lab/a"))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="umr"'
    assert answer.content_type == PROBLEM
    assert "umr token create" in answer.json["remedy"]
    assert entries(registry) == 1


def _changed(text):
    return text[:-1] + ("0" if text[-1] != "0" else "1")


FORGED = {
    "made up": lambda _: "umr_" + "a" * 57,
    "of the form, and of nobody": lambda _: make(),
    "cut": lambda text: text[:-1],
    "one character changed": _changed,
    "longer": lambda text: text + "0",
    "empty": lambda _: "",
    "a JSON web token of no algorithm": lambda _: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
    "SQL": lambda _: "umr_' OR '1'='1",
    "very long": lambda _: "umr_" + "a" * 100_000,
    "not ASCII": lambda _: "umr_\u00e9",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_refused(client, registry, token, forge):
    answer = post(client, forge(token), record("lab/a"))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert entries(registry) == 1


def test_a_token_of_another_registry_is_refused(client):
    with Registry.in_memory() as other:
        text = made(other, "lab")
    answer = post(client, text, record("lab/a"))
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_an_expired_token_is_refused(client, registry):
    then = datetime.now(UTC) - timedelta(days=2)
    _, text = registry.access.create(
        Grant("lab", namespaces=("lab",)), now=then, expires=then + timedelta(days=1)
    )
    answer = post(client, text, record("lab/a"))
    assert answer.status_code == 401
    assert "expired" in answer.json["detail"]


def test_a_revoked_token_is_refused_at_once(client, registry, token):
    assert post(client, token, record("lab/a")).status_code == 201
    registry.access.revoke(token[4:12], now=datetime.now(UTC))
    answer = post(client, token, record("lab/b"))
    assert answer.status_code == 401
    assert "revoked" in answer.json["detail"]


IN_ADDRESSES = {"access_token": "?access_token={}", "any name": "?x={}", "the path": "/{}"}


@pytest.mark.parametrize("place", IN_ADDRESSES.values(), ids=IN_ADDRESSES)
def test_a_token_in_an_address_is_refused_with_a_warning(client, registry, token, place):
    answer = client.post(f"/api/v1/records{place.format(token)}", data=record("lab/a"))
    assert answer.status_code == 400
    assert "revoke it" in answer.json["remedy"]
    assert token not in answer.text
    assert entries(registry) == 1


def test_other_ways_to_say_who_one_is_do_not_count(client, token):
    for scheme in ("Basic", "Token", ""):
        answer = client.post(
            "/api/v1/records", data=record("lab/a"), headers={"Authorization": f"{scheme} {token}".strip()}
        )
        assert answer.status_code == 401
    client.set_cookie("token", token)
    assert post(client, None, record("lab/a")).status_code == 401
    assert post(client, None, record("lab/a"), media="application/json", x_token=token).status_code == 401


def test_no_answer_sets_a_cookie_or_tells_a_token(client, token):
    answers = [
        post(client, token, record("lab/a")),
        post(client, token, record("other/a")),
        post(client, token, "{"),
        client.get("/"),
        client.get("/publish", headers=bearer(token)),
    ]
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert token not in answer.text
        assert token not in str(answer.headers)


def test_a_registry_that_is_served_for_reading_says_how_that_is_changed(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        text = made(registry, "lab")
    with Registry.open(tmp_path / "r") as registry:
        answer = post(create_app(registry).test_client(), text, record("lab/a"))
    assert answer.status_code == 403
    assert "umr serve --write" in answer.json["remedy"]


# -- what


def test_a_record_is_published_and_has_an_address(client, registry, token):
    answer = post(client, token, record("lab/a"))
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith("/r/lab/a@1.0.0")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json[0]["reference"] == "lab/a@1.0.0"
    assert registry.history("lab/a")[0].agent == "lab"
    data = client.get(
        answer.headers["Location"], headers={"Accept": "application/ld+json"}, follow_redirects=True
    )
    assert data.data == registry.body(registry.get("lab/a").ref)
    again = post(client, token, record("lab/a"))
    assert again.status_code == 200
    assert again.json[0]["status"] == "unchanged"
    other = post(client, token, record("lab/a", title="other"))
    assert other.status_code == 409
    assert "umr bump" in other.json["remedy"]


A, B = record("lab/a"), record("lab/b")
YAML = "# the first\ntype: Model\nname: lab/a\nversion: 1.0.0\n"
SEVERAL = {
    "an array": (f"[{A}, {B}]", "application/ld+json"),
    "an array with spaces": (f" [\n{A}\n,\n{B} ] ", "application/json"),
    "a stream of YAML": (f"---\n{YAML}---\n{YAML.replace('lab/a', 'lab/b')}", "application/yaml"),
    "YAML and JSON in a stream": (f"{YAML}---\n{B}\n", "application/ld+yaml"),
}


@pytest.mark.parametrize(("body", "media"), SEVERAL.values(), ids=SEVERAL)
def test_several_are_published_at_once(client, registry, token, body, media):
    answer = post(client, token, body, media=media)
    assert answer.status_code == 201, answer.text
    assert {one["reference"] for one in answer.json} == {"lab/a@1.0.0", "lab/b@1.0.0"}
    assert registry.counts()["records"] == 2


def test_files_are_published_at_once(client, token):
    files = {
        "one": (io.BytesIO(YAML.encode()), "a.yaml"),
        "other": (io.BytesIO(B.encode()), "b.jsonld"),
    }
    answer = post(client, token, files, media="multipart/form-data")
    assert answer.status_code == 201, answer.text
    assert len(answer.json) == 2


NOT_ALL = {
    "one is not valid": (record("lab/b", upstream=[{"relation": "basedOn", "artifact": "no/such"}]), 422),
    "one cannot be read": ('{"name": 1}', 422),
    "one is outside of the namespace": (record("labour/b"), 403),
    "one states another publisher": (record("lab/b", publisher="Another"), 403),
    "one is not permitted and not valid": (record("other/b", kind="Mod"), 422),
}


@pytest.mark.parametrize(("other", "status"), NOT_ALL.values(), ids=NOT_ALL)
def test_all_are_published_or_none(client, registry, token, other, status):
    answer = post(client, token, f"[{A}, {other}]")
    assert answer.status_code == status, answer.text
    assert answer.content_type == PROBLEM
    assert entries(registry) == 1
    if status == 422:
        assert all(finding["path"] for finding in answer.json["findings"])
        assert any(finding.get("remedy") for finding in answer.json["findings"])
    else:
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
        assert answer.json["remedy"]


def test_a_dry_run_does_everything_but_write(client, registry, token):
    answer = post(client, token, record("lab/a"), address="/api/v1/records?dry-run=true")
    assert answer.status_code == 200
    assert answer.json[0]["status"] == "published"
    assert post(client, token, record("x/a"), address="/api/v1/records?dry-run=true").status_code == 403
    assert entries(registry) == 1


@pytest.mark.parametrize(("verb", "status"), [("withdraw", "withdrawn"), ("vanish", "gone")])
def test_a_record_is_withdrawn_or_noted_to_be_gone_by_who_may_publish_it(
    client, registry, token, verb, status
):
    post(client, token, record("lab/a"))
    address = f"/api/v1/records/lab/a@1.0.0/{verb}"
    stranger = made(registry, "other")
    assert client.post(address, json={"reason": "x"}, headers=bearer(stranger)).status_code == 403
    assert client.post(address, json={"reason": " "}, headers=bearer(token)).status_code == 400
    answer = client.post(address, json={"reason": "it was wrong"}, headers=bearer(token))
    assert answer.status_code == 200
    assert answer.json["status"] == status
    missing = client.post(
        f"/api/v1/records/lab/none@1.0.0/{verb}", json={"reason": "x"}, headers=bearer(token)
    )
    assert missing.status_code == 404


OSV = {
    "schema_version": "1.7.0",
    "id": "TEST-1",
    "modified": "2026-01-01T00:00:00Z",
    "summary": "Bad weights",
    "affected": [{"package": {"ecosystem": "umr", "name": "lab/a"}, "versions": ["1.0.0"]}],
}
VEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.org/vex/1",
    "author": "A Lab",
    "timestamp": "2026-02-01T00:00:00Z",
    "version": 1,
    "statements": [
        {
            "vulnerability": {"name": "TEST-1"},
            "products": [{"@id": "https://example.org/x"}],
            "status": "under_investigation",
        }
    ],
}


def test_an_osv_object_is_published_by_a_reviewer_and_revised_by_the_next(client, registry, token):
    reviewer = made(registry, agent="reviewer", scopes=["review"])
    address = "/api/v1/advisories?format=osv"
    assert post(client, token, json.dumps(OSV), address).status_code == 403
    first = post(client, reviewer, json.dumps(OSV), address, "application/json")
    assert first.status_code == 201, first.text
    assert first.json[0]["reference"] == "advisory/test-1@1.0.0" or first.json[0]["reference"].endswith(
        "@1.0.0"
    )
    assert post(client, reviewer, json.dumps(OSV), address).status_code == 200
    later = {**OSV, "summary": "Very bad weights", "modified": "2026-03-01T00:00:00Z"}
    revised = post(client, reviewer, json.dumps(later), address)
    assert revised.status_code == 201
    assert not revised.json[0]["reference"].endswith("@1.0.0")


def test_an_openvex_document_is_published_by_whom_it_states(client, registry):
    speaker = made(registry, "statement", publishers=["A Lab"])
    stranger = made(registry, "statement", publishers=["B"])
    address = "/api/v1/statements?format=openvex"
    assert post(client, stranger, json.dumps(VEX), address).status_code == 403
    answer = post(client, speaker, json.dumps(VEX), address)
    assert answer.status_code == 201, answer.text


def test_an_advisory_is_not_published_as_a_statement(client, registry, admin):
    answer = post(client, admin, record("lab/a"), "/api/v1/statements")
    assert answer.status_code == 400
    assert entries(registry) == 1


SAID = {
    "advisory": "advisory/x",
    "product": {"artifact": "vinid/plip"},
    "status": "not_affected",
    "justification": "subset_excluded",
    "impactStatement": "It was taken out.",
}


def test_a_statement_counts_only_from_whom_it_states(client, registry):
    lab = made(registry, "statement/lab", publishers=["A Lab"])
    answer = post(client, lab, record("statement/lab/x", "Statement", **SAID, publisher="The Other"))
    assert answer.status_code == 403
    assert "does not speak for" in answer.json["detail"]
    hidden = json.loads(record("statement/lab/x", "Statement", **SAID))
    hidden["http://www.w3.org/ns/prov#wasAttributedTo"] = {"@id": registry.base.expand("agent/", "The Other")}
    assert post(client, lab, json.dumps(hidden)).status_code in {403, 422}
    own = post(client, lab, record("statement/lab/x", "Statement", **SAID, publisher="A Lab"))
    assert own.status_code == 201, own.text


# -- once


def test_a_repeated_key_is_answered_as_the_first_time_and_does_nothing(client, registry, token):
    first = post(client, token, record("lab/a"), idempotency_key="one")
    seen = entries(registry)
    again = post(client, token, record("lab/a"), idempotency_key="one")
    assert (again.status_code, again.data) == (first.status_code, first.data) == (201, first.data)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert entries(registry) == seen
    other = post(client, token, record("lab/b"), idempotency_key="one")
    assert other.status_code == 422
    assert "new key" in other.json["remedy"]
    assert entries(registry) == seen


def test_what_failed_may_be_tried_again_with_its_key(client, token):
    bad = record("lab/b", "Model", upstream=[{"relation": "basedOn", "artifact": "lab/a"}])
    assert post(client, token, bad, idempotency_key="one").status_code == 422
    post(client, token, record("lab/a"))
    assert post(client, token, bad, idempotency_key="one").status_code == 201


def test_a_request_that_is_being_worked_on_is_a_conflict(client, registry, token):
    inside, go = threading.Event(), threading.Event()
    publish = registry.publish

    def slowly(*args, **named):
        inside.set()
        assert go.wait(10)
        return publish(*args, **named)

    registry.publish = slowly
    answers = []
    first = threading.Thread(
        target=lambda: answers.append(post(client, token, record("lab/a"), idempotency_key="k"))
    )
    first.start()
    assert inside.wait(10)
    second = post(client.application.test_client(), token, record("lab/a"), idempotency_key="k")
    go.set()
    first.join()
    assert second.status_code == 409
    assert int(second.headers["Retry-After"]) > 0
    assert answers[0].status_code == 201


# -- tokens and subscriptions


def test_a_challenge_names_the_scope_that_is_missing_and_none_where_none_would_do(client, token):
    """RFC 6750 §3: `scope` is what is required, not what the token has."""
    saved = {"query": "SELECT ?s { ?s a umr:Model }", "channel": "feed"}
    for answer in (
        client.get("/api/v1/tokens", headers=bearer(token)),
        client.post("/api/v1/subscriptions", json=saved, headers=bearer(token)),
    ):
        assert answer.status_code == 403
        assert answer.headers["WWW-Authenticate"].endswith(' error="insufficient_scope", scope="admin"')
    elsewhere = post(client, token, record("elsewhere/a"))
    assert elsewhere.status_code == 403
    assert elsewhere.headers["WWW-Authenticate"].endswith(' error="insufficient_scope"')


def test_an_administrator_makes_lists_and_revokes_tokens(client, registry, admin, token):
    wanted = {"agent": "new", "namespaces": ["new"], "publishers": ["New"]}
    assert client.post("/api/v1/tokens", json=wanted, headers=bearer(token)).status_code == 403
    answer = client.post("/api/v1/tokens", json=wanted, headers=bearer(admin, idempotency_key="t"))
    assert answer.status_code == 201
    text = answer.json["secret"]
    assert post(client, text, record("new/a")).status_code == 201
    again = client.post("/api/v1/tokens", json=wanted, headers=bearer(admin, idempotency_key="t"))
    assert again.json["token"] == answer.json["token"]
    assert "secret" not in again.json
    listed = client.get("/api/v1/tokens", headers=bearer(admin))
    assert text not in listed.text
    assert {one["agent"] for one in listed.json} == {"new", "keeper", "lab"}
    ended = client.delete(f"/api/v1/tokens/{answer.json['token']}", headers=bearer(admin))
    assert ended.json["state"] == "revoked"
    assert post(client, text, record("new/b")).status_code == 401
    assert client.delete("/api/v1/tokens/nobody", headers=bearer(admin)).status_code == 404


def test_nothing_of_a_token_is_on_the_disk(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        client = create_app(registry).test_client()
        keeper = made(registry, scopes=["admin"])
        answer = client.post(
            "/api/v1/tokens",
            json={"agent": "a", "namespaces": ["lab"]},
            headers=bearer(keeper, idempotency_key="k"),
        )
        text = answer.json["secret"]
        assert post(client, text, record("lab/a"), idempotency_key="p").status_code == 201
        files = [path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file()]
    assert len(files) > 3
    for one in (keeper, text):
        assert not any(one.encode() in content for content in files)
        assert not any(one[12:-6].encode() in content for content in files)


def test_a_subscription_is_its_agents(client, registry, token, admin):
    wanted = {"channel": "webhook", "address": "https://example.org/hook", "namespaces": ["lab"]}
    made_ = client.post("/api/v1/subscriptions", json=wanted, headers=bearer(token))
    assert made_.status_code == 201, made_.text
    assert made_.json["secret"].startswith("whsec_")
    address = f"/api/v1/subscriptions/{made_.json['subscription']}"
    stranger = made(registry, "x", agent="stranger")
    assert client.get("/api/v1/subscriptions", headers=bearer(stranger)).json == []
    assert client.delete(address, headers=bearer(stranger)).status_code == 404
    for who in (token, admin):
        (listed,) = client.get("/api/v1/subscriptions", headers=bearer(who)).json
        assert listed["who"] == "lab"
        assert "secret" not in listed
    assert client.get("/api/v1/subscriptions").status_code == 401
    assert client.delete(address, headers=bearer(token)).status_code == 200
    assert client.get("/api/v1/subscriptions", headers=bearer(token)).json == []


WRONG_SUBSCRIPTIONS = {
    "to nothing": ({"channel": "feed"}, 400),
    "a file": ({"channel": "webhook", "address": "file:///etc/passwd", "everything": True}, 400),
    "a script": ({"channel": "webhook", "address": "javascript:alert(1)", "everything": True}, 400),
    "a header in a mail address": ({"channel": "mail", "address": "a@b.org\nBcc: c@d.org", "everything": True}, 400),
    "a query of a stranger": ({"channel": "feed", "query": "SELECT * { ?s ?p ?o }"}, 403),
    "an unknown member": ({"channel": "feed", "everything": True, "who": "somebody else"}, 400),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "status"), WRONG_SUBSCRIPTIONS.values(), ids=WRONG_SUBSCRIPTIONS)
def test_what_is_no_subscription_is_refused(client, token, wanted, status):
    answer = client.post("/api/v1/subscriptions", json=wanted, headers=bearer(token))
    assert answer.status_code == status, answer.text
    assert client.get("/api/v1/subscriptions", headers=bearer(token)).json == []


def test_what_was_told_is_acknowledged_and_ignored_by_who_may_publish_it(client, registry, token, admin):
    post(client, token, record("lab/a"))
    affected = [{"artifact": "lab/a", "version": "1.0.0"}]
    advisory = record(
        "advisory/x", "Advisory", title="Bad", risk="backdoor", severity="high", affects=affected
    )
    client.post("/api/v1/subscriptions", json={"channel": "feed", "everything": True}, headers=bearer(token))
    assert post(client, admin, advisory, "/api/v1/advisories").status_code == 201
    seen = {"record": "lab/a@1.0.0", "advisory": "advisory/x", "note": "known"}
    stranger = made(registry, "other")
    assert client.post("/api/v1/acknowledgements", json=seen, headers=bearer(stranger)).status_code == 403
    assert client.post("/api/v1/acknowledgements", json=seen, headers=bearer(token)).status_code == 201
    wanted = {"record": "lab/a", "advisory": "advisory/x", "reason": "not used", "until": "2099-01-01"}
    assert client.post("/api/v1/ignores", json=wanted, headers=bearer(stranger)).status_code == 403
    ignored = client.post("/api/v1/ignores", json=wanted, headers=bearer(token))
    assert ignored.status_code == 201, ignored.text
    (listed,) = client.get("/api/v1/ignores", headers=bearer(token)).json
    assert listed["reason"] == "not used"
    address = f"/api/v1/ignores/{listed['number']}"
    assert client.delete(address, headers=bearer(stranger)).status_code == 403
    assert client.delete(address, headers=bearer(token)).status_code == 200
    assert client.delete(address, headers=bearer(token)).status_code == 404


# -- how often


def test_a_token_that_writes_too_often_is_told_when_it_may_again(registry):
    client = create_app(registry, Settings(writes_per_minute=2)).test_client()
    token, other = made(registry, "lab"), made(registry, "lab")
    first = post(client, token, record("lab/a"))
    assert first.headers["RateLimit-Policy"] == '"writes";q=2;w=60'
    assert first.headers["RateLimit"].startswith('"writes";r=1')
    post(client, token, record("lab/b"))
    refused = post(client, token, record("lab/c"))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 30
    assert refused.content_type == PROBLEM
    assert post(client, other, record("lab/c")).status_code == 201


def test_an_address_that_asks_too_often_is_told_so_and_others_are_not(registry):
    client = create_app(registry, Settings(reads_per_minute=3)).test_client()
    answers = [client.get("/about", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert client.get("/about", environ_base={"REMOTE_ADDR": "192.0.2.2"}).status_code == 200
    assert client.get("/healthz", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 200
    neighbours = [f"2001:db8::{number:x}" for number in range(1, 6)]
    told = [client.get("/about", environ_base={"REMOTE_ADDR": one}).status_code for one in neighbours]
    assert told == [200, 200, 200, 429, 429]


def test_a_bucket_fills_again_and_their_number_is_bounded():
    now = [0.0]
    buckets = Buckets(60, "reads", most=100, clock=lambda: now[0])
    assert [buckets.take("a").granted for _ in range(61)] == [True] * 60 + [False]
    assert buckets.take("a").wait == 1
    now[0] = 1.0
    assert buckets.take("a").granted
    assert not buckets.take("a").granted
    for number in range(1000):
        buckets.take(str(number))
    assert len(buckets) == 100


# -- hostile input


def deep(count, begin, end):
    return begin * count + end * count


BOMB = "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"
PART = b'--x\r\nContent-Disposition: form-data; name="a"; filename="../../a.exe"\r\n\r\nMZ\r\n--x--'
HOSTILE = {
    "nothing": ("", "application/json", 422),
    "an empty array": ("[]", "application/json", 400),
    "not UTF-8": (b'{"name": "\xff"}', "application/json", 422),
    "half a surrogate pair": ('{"type":"Model","name":"lab/x","version":"1.0.0","title":"\\ud800"}', "application/json", 422),
    "a key twice": ('{"type":"Model","name":"lab/x","name":"lab/y","version":"1.0.0"}', "application/json", 422),
    "a key twice, in an array": ('[{"type":"Model","name":"lab/x","name":"lab/y","version":"1.0.0"}]', "application/json", 422),
    "nesting": (deep(100_000, "[", "]"), "application/json", 400),
    "nesting in objects": (deep(100_000, '{"a":', "").rstrip(":") + "1" + "}" * 100_000, "application/json", 422),
    "nesting in YAML": (deep(100_000, "[", "]"), "application/yaml", 422),
    "a YAML bomb": (BOMB, "application/yaml", 422),
    "a YAML tag": ("name: !!python/object/apply:os.system ['true']\n", "application/yaml", 422),
    "a number of a million digits": ('[{"name": ' + "1" * 1_000_000 + "}]", "application/json", 422),
    "not a number": ('[{"name": NaN}]', "application/json", 422),
    "XML": ("<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "application/rdf+xml", 415),
    "text": (record("lab/x"), "text/plain", 415),
    "no media type": (record("lab/x"), "", 415),
    "a form": ("name=lab%2Fx", "application/x-www-form-urlencoded", 415),
    "multipart without a boundary": (record("lab/x"), "multipart/form-data", 400),
    "multipart junk": (b"--x\r\nnonsense", "multipart/form-data; boundary=x", 400),
    "multipart of an unknown ending": (PART, "multipart/form-data; boundary=x", 400),
    "@included": (record("lab/x", **{"@included": [{"@id": "https://example.org/r/other/y@1.0.0"}]}), "application/ld+json", 422),
    "@reverse": (record("lab/x", **{"@reverse": {"upstream": {"@id": "x"}}}), "application/ld+json", 422),
    "@graph": (record("lab/x", **{"@graph": []}), "application/ld+json", 422),
    "a name that leads out": (record("lab/../../etc"), "application/json", 422),
    "a name of script": (record("lab/<script>"), "application/json", 422),
    "a name that looks like another": (record("l\u0430b/x"), "application/json", 422),
    "a name of controls": (record("lab/\u202ex"), "application/json", 422),
}  # fmt: skip


@pytest.mark.parametrize(("body", "media", "status"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_is_the_senders_error_and_nothing_is_written(
    client, registry, token, body, media, status
):
    for address in ("/api/v1/records", "/api/v1/advisories?format=osv", "/api/v1/statements?format=openvex"):
        answer = post(client, token, body, address, media)
        assert 400 <= answer.status_code < 500, (address, answer.text[:500])
        assert answer.content_type == PROBLEM
        if address == "/api/v1/records":
            assert answer.status_code == status, answer.text[:500]
        assert entries(registry) == 1


def test_a_body_that_is_too_large_is_not_read(registry):
    client = create_app(registry, Settings(body_bytes=10_000)).test_client()
    token = made(registry, "lab")
    answer = post(client, token, record("lab/a", description="x" * 20_000))
    assert answer.status_code == 413
    assert answer.content_type == PROBLEM
    assert entries(registry) == 1


def test_a_compressed_body_is_refused(client, token):
    answer = post(client, token, record("lab/a"), content_encoding="gzip")
    assert answer.status_code == 415


def test_a_remote_context_is_never_fetched(client, registry, token):
    asked = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.2)
        port = listening.getsockname()[1]
        for context in (
            f"http://127.0.0.1:{port}/c",
            [f"http://127.0.0.1:{port}/c"],
            {"@import": f"http://127.0.0.1:{port}/c"},
        ):
            answer = post(client, token, record("lab/a", **{"@context": context}))
            assert 400 <= answer.status_code < 500
        with pytest.raises(TimeoutError):
            asked.append(listening.accept())
    assert asked == []
    assert entries(registry) == 1


SHOWN = {
    "script": "<script>alert(1)</script>",
    "an image": '"><img src=x onerror=alert(1)>',
    "a million characters": "x" * 1_000_000,
    "right to left": "\u202egnp.exe\u2066",
}


@pytest.mark.parametrize("text", SHOWN.values(), ids=SHOWN)
def test_a_hostile_text_is_published_as_text_or_refused_and_never_runs(client, registry, token, text):
    answer = post(client, token, record("lab/a", title=text, description=text))
    assert answer.status_code in {201, 422}
    if answer.status_code == 201:
        page = client.get("/page/lab/a").text
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_an_address_of_script_is_no_link(client, token):
    answer = post(
        client, token, record("lab/a", homepage="javascript:alert(1)", seeAlso="javascript:alert(1)")
    )
    if answer.status_code == 201:
        assert 'href="javascript:' not in client.get("/page/lab/a").text


# -- many at once


@pytest.mark.parametrize(("clients", "contested"), [(8, 10), pytest.param(32, 200, marks=pytest.mark.slow)])
def test_of_many_who_publish_the_same_names_each_name_has_one_owner(registry, token, clients, contested):
    app = create_app(registry, Settings(writes_per_minute=0))
    names = [f"lab/contested-{number}" for number in range(contested)]
    won = []

    def publish(who):
        mine = app.test_client()
        for name in names:
            answer = post(mine, token, record(name, title=f"of {who}"))
            assert answer.status_code in {201, 409}, answer.text
            if answer.status_code == 201:
                won.append((name, who))

    threads = [threading.Thread(target=publish, args=(who,)) for who in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(name for name, _ in won) == sorted(names)
    assert entries(registry) == 1 + contested
    for name, who in won:
        assert registry.get(name).title == f"of {who}"


def test_the_document_of_the_api_says_what_writing_needs(client):
    paths = client.get("/api/openapi.json").json["paths"]
    said = paths["/api/v1/records"]["post"]
    assert said["security"] == [{"token": ["token"]}]
    assert "Idempotency-Key" in {one["name"] for one in said["parameters"]}
    assert {"application/ld+json", "application/yaml", "multipart/form-data"} <= set(
        said["requestBody"]["content"]
    )
    assert {"200", "201", "401", "403", "409", "413", "415", "422", "429", "507"} <= set(said["responses"])
