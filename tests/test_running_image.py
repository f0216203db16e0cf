"""The container's recipe, as far as it can be held to the rest without an engine that runs containers."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import urllib.error
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from loopback import served
from umr import ROOT, command

from umr_ld.registry import Registry

DOCKERFILE = (ROOT / "server" / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "server" / "compose.yaml").read_text(encoding="utf-8"))
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
SERVICE = COMPOSE["services"]["registry"]


def instructions():
    """Word and rest of each instruction, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


STAGES = [rest.split() for word, rest in instructions() if word == "FROM"]
COPIED = [
    path
    for word, rest in instructions()
    if word == "COPY" and "--from" not in rest
    for path in rest.split()[:-1]
]


def of_last_stage(word):
    places = [at for at, (name, _) in enumerate(instructions()) if name == "FROM"]
    return [rest for name, rest in instructions()[places[-1] :] if name == word]


@pytest.mark.parametrize("path", COPIED)
def test_what_is_copied_is_there_and_is_sent_to_the_builder(path):
    assert (ROOT / path).exists()
    allowed = [line[1:] for line in IGNORED if line.startswith("!")]
    assert any(path == one or path.startswith(f"{one}/") for one in allowed), path


def test_nothing_is_sent_to_the_builder_that_is_not_named():
    rules = [line for line in IGNORED if line and not line.startswith("#")]
    assert rules[0] == "*"
    for secret in (".git", ".venv", ".umr", "tests", "umr.toml", ".env"):
        assert not any(fnmatch.fnmatch(secret, line[1:]) for line in rules if line.startswith("!"))


def test_what_the_wheel_is_built_from_is_copied():
    import tomllib

    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    wheel = build["targets"]["wheel"]
    for path in (*wheel["packages"], *wheel["force-include"]):
        assert path in COPIED
    assert {"README.md", "LICENSE", "pyproject.toml"} <= set(COPIED)


def test_the_wheel_is_built_and_installed_as_where_it_is_tried():
    tried = (ROOT / "scripts" / "try-wheel").read_text(encoding="utf-8")
    for line in ("pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir", "umr_ld-*.whl"):
        assert line in tried
        assert line in DOCKERFILE
    assert re.search(r"--constraint \S*constraints.txt", tried)
    assert re.search(r"--constraint constraints.txt", DOCKERFILE)


WANTED = {
    "nothing more": ("", ""),
    "an extra": ("render", "[render]"),
    "two": ("render,hubs", "[render,hubs]"),
}


@pytest.mark.parametrize(("extras", "end"), WANTED.values(), ids=WANTED)
def test_extras_of_the_wheel_are_installed_if_the_build_names_them(tmp_path, extras, end):
    """The line's own words, by the shell that would run it."""
    import subprocess

    assert ("ARG", 'EXTRAS=""') in instructions()
    assert SERVICE["build"]["args"] == {"EXTRAS": "${EXTRAS:-}"}
    (line,) = (rest for word, rest in instructions() if word == "RUN" and "umr_ld-*.whl" in rest)
    (tmp_path / "umr_ld-1-py3-none-any.whl").touch()
    named, asked = line.split(" && ")[-2:]
    words = asked.rpartition("constraints.txt ")[2]
    script = f"{named} && printf %s {words}".replace("/wheels", str(tmp_path))
    done = subprocess.run(
        ["sh", "-c", script], check=True, env={"EXTRAS": extras}, capture_output=True, text=True
    )
    assert done.stdout == f"{tmp_path}/umr_ld-1-py3-none-any.whl{end}"


PACKAGES = {
    "libexpat.so.1": "libexpat1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXrender.so.1": "libxrender1",
}
"""What Debian has libraries in that wheels leave to the system (PEP 600)."""
IN_EVERY_IMAGE = {"libc", "libm", "libdl", "libpthread", "librt", "libgcc_s", "libstdc++", "libz"}


def left_to_the_system(wheel):
    """Libraries that those of an installed wheel name, and that it does not bring."""
    place = find_spec(wheel)
    if place is None:
        pytest.skip(f"{wheel} is not installed")
    folder = Path(place.origin).parent
    files = [*folder.glob("*.so"), *folder.parent.glob(f"{wheel}.libs/*.so*")]
    written = (
        name for file in files for name in re.findall(rb"\0(lib[\w+.-]+\.so[.\d]*)(?=\0)", file.read_bytes())
    )
    named = {name.decode() for name in written} - {file.name for file in files}
    brought = {re.sub(r"-[0-9a-f]{8}", "", file.name).partition(".so")[0] for file in files}
    return {name for name in named if name.partition(".so")[0] not in brought | IN_EVERY_IMAGE}


def test_what_graphviz_leaves_to_the_system_is_installed_with_it_and_documented():
    (line,) = (rest for rest in of_last_stage("RUN") if "apt-get install" in rest and "EXTRAS" in rest)
    assert line.startswith('case ",$EXTRAS," in *,render,*)')
    documented = (ROOT / "docs" / "rendering.md").read_text(encoding="utf-8")
    needed = {PACKAGES[name] for name in left_to_the_system("pygraphviz")}
    for text in (line, documented):
        (told,) = re.findall(r"apt-get install (?:-\S+ )*([\w. -]+\d)", text)
        assert needed <= set(told.split()) == set(PACKAGES.values())


def test_stages_build_on_small_images_and_on_those_that_are_there():
    names = [stage[2] for stage in STAGES if len(stage) == 3]
    assert all("slim" in stage[0] for stage in STAGES)
    assert set(re.findall(r"--from=(\S+)", DOCKERFILE)) == set(names)


def test_it_runs_as_nobody_with_one_volume_and_a_system_that_it_cannot_change():
    assert of_last_stage("USER") == ["umr"]
    assert of_last_stage("VOLUME") == ["/data"]
    assert SERVICE["read_only"] is True
    assert SERVICE["cap_drop"] == ["ALL"]
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]
    assert [volume.partition(":")[2] for volume in SERVICE["volumes"]] == ["/data"]
    assert set(COMPOSE["volumes"]) == {volume.partition(":")[0] for volume in SERVICE["volumes"]}
    assert SERVICE["ports"] == ["127.0.0.1:8000:8000"]


def test_what_it_builds_from_is_where_it_says():
    build = SERVICE["build"]
    context = (ROOT / "server" / build["context"]).resolve()
    assert context == ROOT
    assert (context / build["dockerfile"]).samefile(ROOT / "server" / "Dockerfile")


def test_the_command_is_one_and_its_settings_are_known():
    from umr_server.running.configuration import settings_from

    (entry,), (words,) = of_last_stage("ENTRYPOINT"), of_last_stage("CMD")
    assert json.loads(entry) == ["umr"]
    assert json.loads(words) == SERVICE["command"] == ["serve"]
    command("serve")
    pairs = dict(word.split("=", 1) for word in shlex.split(of_last_stage("ENV")[0]))
    settings = settings_from(None, pairs)
    assert (settings.host, settings.port, settings.log_format) == ("0.0.0.0", 8000, "json")
    assert pairs["UMR_STORE"].startswith("/data/")


DOCUMENTED = (ROOT / "docs" / "server.md").read_text(encoding="utf-8").partition("## In a container")[2]
COMMANDS = re.findall(r"(?m)^docker compose .+$", DOCUMENTED)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_documented_command_names_what_is_there(line):
    words = shlex.split(re.sub(r" [<>]\S+$", "", line))
    assert (ROOT / words[words.index("--file") + 1]).samefile(ROOT / "server" / "compose.yaml")
    behind = words[words.index("registry") + 1 :] if "registry" in words else []
    assert bool(behind) == (words[4] != "up")
    if behind and "--entrypoint" not in words:
        verb = behind[1] if behind[0] == "umr" else behind[0]
        assert verb in {"tar", "rm"} or command(verb)


def test_a_documented_deployment_is_one_of_this_service():
    (text,) = re.findall(r"(?s)```yaml\n(.+?)```", DOCUMENTED)
    (mine,) = yaml.safe_load(text)["services"].values()
    from umr_server.running.configuration import settings_from

    settings = settings_from(None, mine["environment"])
    assert settings.public
    assert settings.proxy
    assert mine["command"][0] == "serve"
    assert {option for one in command("serve").params for option in one.opts} >= set(mine["command"][1:])


def test_its_health_is_that_of_the_server_at_the_port_that_it_is_given(monkeypatch):
    (check,) = of_last_stage("HEALTHCHECK")
    words = json.loads(check.partition(" CMD ")[2])
    assert "UMR_SERVER_PORT=" in of_last_stage("ENV")[0]
    asks = compile(words[-1], "healthcheck", "exec")
    with Registry.in_memory() as registry, served(registry) as at:
        monkeypatch.setenv("UMR_SERVER_PORT", str(at.port))
        exec(asks, {})
        at.site.running.readiness.is_stopping = True
        with pytest.raises(urllib.error.HTTPError):
            exec(asks, {})


def test_it_is_given_longer_to_end_than_requests_are():
    from umr_server.settings import Settings

    assert int(SERVICE["stop_grace_period"].removesuffix("s")) > Settings().stop_seconds


def test_there_are_no_secrets_in_it():
    assert not re.search(r"(?i)token|password|secret|key", DOCKERFILE + json.dumps(COMPOSE))
