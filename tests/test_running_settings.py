"""What a deployment decides: read from a file and the environment, checked, and documented."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from umr_ld.errors import Malformed, Missing
from umr_server.running.configuration import LEAST, MOST, PREFIX, QUEUES, settings_from
from umr_server.settings import Settings

DOCS = (Path(__file__).resolve().parents[1] / "docs" / "server.md").read_text(encoding="utf-8")


def test_without_anything_said_the_defaults_hold():
    assert settings_from(None, {"PATH": "/bin", "UMR_STORE": "x"}) == Settings()


def test_the_environment_says_more_than_the_file_and_who_starts_it_says_most(tmp_path):
    file = tmp_path / "server.toml"
    file.write_text('threads = 3\nport = 1\nhost = "::1"\nquery_age = 1\n')
    found = settings_from(
        file, {"UMR_SERVER_PORT": "2", "UMR_SERVER_THREADS": ""}, {"host": "h", "port": None}
    )
    assert (found.threads, found.port, found.host, found.query_age) == (3, 2, "h", 1.0)


WRONG_FILES = {
    "an unknown name": ("thread = 4", r"there is no setting 'thread'.*did you mean threads\?"),
    "an unlike name": ("x = 4", r"there is no setting 'x'.*known: body_bytes"),
    "a text for a number": ('threads = "4"', r"threads: '4' is not a whole number"),
    "a truth for a number": ("threads = true", "True is not a whole number"),
    "a number for a truth": ("metrics = 1", "1 is not true or false"),
    "a part for a whole number": ("threads = 1.5", "1.5 is not a whole number"),
    "no number": ("query_age = nan", "nan is not a number"),
    "too little": ("threads = 0", r"0 is too small.*give 1 or more"),
    "too much": ("port = 70000", r"70000 is too large.*give 65535 or less"),
    "a table": ("[threads]\nx = 1", "is not a whole number"),
    "none of the choices": ('log_format = "xml"', "'xml' is none of its values.*auto, json"),
    "no address": ('public = "records.example"', r"is no address of a site.*https://records.example/"),
    "an address with a name in it": (
        'public = "https://me:secret@records.example/"',
        "is no address of a site",
    ),
    "an address without its end": ('public = "https://records.example"', "is no address of a site"),
    "a port that is none": ('public = "https://records.example:x/"', "is no address of a site"),
    "an address with a space": ('public = "https://records.example/a b/"', "is no address of a site"),
    "a proxy with a name": ('proxy = "proxy.example"', r"is no address of a machine.*no name"),
    "a network of proxies": ('proxy = "172.18.0.0/16"', r"is no address of a machine.*no network"),
    "a contact that is no address": ('contact = "somebody"', "is no address.*begin it with mailto:"),
    "a licence that is no address": ('metadata_license = "CC0-1.0"', "is no address.*begin it with https://"),
    "no TOML": ("threads: 4", "the settings are no TOML"),
}


@pytest.mark.parametrize(("text", "said"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_what_is_wrong_in_the_file_is_said_with_its_place_and_remedy(tmp_path, text, said):
    file = tmp_path / "server.toml"
    file.write_text(text)
    with pytest.raises(Malformed, match=said) as refused:
        settings_from(file, {})
    assert str(file) in refused.value.where


def test_a_file_of_an_editor_that_marks_its_bytes_is_read(tmp_path):
    (tmp_path / "server.toml").write_bytes(b"\xef\xbb\xbfthreads = 30\n")
    assert settings_from(tmp_path / "server.toml", {}).threads == 30


@pytest.mark.parametrize("name", QUEUES)
def test_fewer_wait_than_there_are_threads_for(name):
    few, queue = {"UMR_SERVER_THREADS": "4"}, PREFIX + name.upper()
    assert getattr(settings_from(None, few), name) == 3
    assert getattr(settings_from(None, {**few, queue: "2"}), name) == 2
    with pytest.raises(Malformed, match="give fewer than threads, which are 4"):
        settings_from(None, {**few, queue: "4"})


def test_a_proxy_is_a_machine_or_any():
    for told in ("10.0.0.2", "fd00::2", "*"):
        assert settings_from(None, {"UMR_SERVER_PROXY": told}).proxy == told


WRONG_VARIABLES = {
    "an unknown name": ("UMR_SERVER_THREAD", "4", r"did you mean threads\?"),
    "no number": ("UMR_SERVER_THREADS", "many", "'many' is not a whole number"),
    "no truth": ("UMR_SERVER_METRICS", "perhaps", "'perhaps' is not true or false"),
    "too little": ("UMR_SERVER_QUERY_AGE", "-1", "-1.0 is too small"),
}


@pytest.mark.parametrize(("name", "text", "said"), WRONG_VARIABLES.values(), ids=WRONG_VARIABLES)
def test_what_is_wrong_in_the_environment_is_said_with_the_variable(name, text, said):
    with pytest.raises(Malformed, match=said) as refused:
        settings_from(None, {name: text})
    assert refused.value.where == name


def test_a_file_that_is_not_there_is_missed(tmp_path):
    with pytest.raises(Missing, match="there is no such file"):
        settings_from(tmp_path / "none.toml", {})


ADDRESSES = {
    "public": "https://records.example/",
    "contact": "mailto:records@lab.example",
    "metadata_license": "https://spdx.org/licenses/CC0-1.0",
}


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_setting_is_documented_with_its_default_and_can_be_said_in_the_environment(field):
    row = re.search(rf"(?m)^\| `{field.name}` \| (.*?) \| (.+) \|$", DOCS)
    assert row, f"docs/server.md has no row on {field.name}"
    told = row[1].replace(" ", "").strip("`")
    assert told == (str(field.default).lower() if isinstance(field.default, bool) else str(field.default))
    value = ADDRESSES.get(field.name, str(field.default))
    name = PREFIX + field.name.upper()
    assert getattr(settings_from(None, {name: value}), field.name) == type(field.default)(
        ADDRESSES.get(field.name, field.default)
    )


def test_limits_are_those_of_settings():
    names = {field.name for field in fields(Settings)}
    assert (LEAST.keys() | MOST.keys()) <= names
    assert f"`{PREFIX}" in DOCS
