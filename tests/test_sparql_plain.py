"""Plain questions are read as anybody reads an address."""

from __future__ import annotations

from urllib.parse import quote, quote_plus, unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from umr_server.sparql.plain import between, parts, text_of

SENT = b"GET /sparql?query=%b HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n"


@given(st.text(alphabet="%+=_.~!?*'()aF09gz- \n\r\t", max_size=60) | st.text(max_size=30))
@example("%3D=%3d==_+%2B")
@example("%")
@example("%zz%4")
@example("=\r\n")
def test_escapes_are_read_as_anywhere(said):
    if "&" in said or not said.isascii() or "umr_" in said:
        return
    try:
        wanted = unquote_to_bytes(said.replace("+", " ")).decode()
    except UnicodeDecodeError:
        wanted = None
    assert text_of(said) == wanted


@given(st.text(max_size=80).filter(lambda text: "umr_" not in text))
def test_what_was_escaped_is_read_again(text):
    for written in (quote(text, safe=""), quote_plus(text, safe="/:?")):
        assert text_of(written) == text


@given(st.text(min_size=1, max_size=80))
def test_a_request_is_the_same_taken_apart_and_compared(text):
    said = quote(text).encode()
    before, found, after = parts(SENT % said)
    assert found == said == between(SENT % said, before, after)


UNLIKE = {
    "another header": SENT.replace(b"*/*", b"text/csv") % b"ASK%7B%7D",
    "nothing asked": SENT % b"",
    "two at once": (SENT % b"ASK%7B%7D") * 2,
    "the beginning of one": (SENT % b"ASK%7B%7D")[:-1],
    "nothing": b"",
    "a space within": SENT % b"ASK {}",
    "another parameter": SENT % b"ASK%7B%7D&format=csv",
}


@pytest.mark.parametrize("sent", UNLIKE.values(), ids=UNLIKE)
def test_what_differs_in_more_than_its_query_is_looked_at_more_closely(sent):
    before, _, after = parts(SENT % b"ASK%7B%7D")
    assert between(sent, before, after) is None
