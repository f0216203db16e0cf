"""What build services run: the action of GitHub and the hooks of pre-commit, as they stand in their files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from drafts import draft
from umr import ROOT, umr

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a registry, in which data is poisoned, and a draft of what is trained on them."""
    folder = tmp_path_factory.mktemp("checkout")
    affected = [{"artifact": "lab/data"}]
    told = {"kind": "Advisory", "risk": "data-poisoning", "severity": "high"}
    for name, document in {
        "data": draft("lab/data@1.0.0", kind="Dataset"),
        "advisory": draft("advisory/x@1.0.0", affects=affected, **told),
        "model": draft("lab/model@1.0.0", "trainedOn lab/data"),
    }.items():
        (folder / f"{name}.jsonld").write_bytes(document.body)
    store = ("--store", folder / ".umr")
    assert umr("init", *store).code == 0
    assert umr("publish", folder / "data.jsonld", folder / "advisory.jsonld", *store).code == 0
    program = folder / "temp/umr/bin/umr"
    program.parent.mkdir(parents=True)
    program.symlink_to(Path(sys.executable).with_name("umr"))
    return folder


def checked(place, **inputs):
    """What the action's last step does with inputs, the others being as the action says."""
    step = ACTION["runs"]["steps"][-1]
    given = {name: inputs.get(name, one.get("default", "")) for name, one in ACTION["inputs"].items()}
    assert inputs.keys() <= given.keys()
    filled = {
        name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: given[found[1]], value)
        for name, value in step["env"].items()
    }
    own = {name: value for name, value in os.environ.items() if not name.startswith("UMR_")}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        check=False,
        cwd=place,
        env={**own, **filled, "RUNNER_TEMP": str(place / "temp")},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("inputs", "code", "said"),
    [
        pytest.param({"subjects": "model.jsonld"}, 1, "::error file=model.jsonld", id="an affected draft"),
        pytest.param({"subjects": "lab/data"}, 1, "lab/data@1.0.0 is affected", id="an affected reference"),
        pytest.param({"subjects": "lab/data", "fail-on": "never"}, 0, "is affected", id="only told"),
        pytest.param({"subjects": "lab/data", "severity": "critical"}, 0, "", id="not that severe"),
        pytest.param({"subjects": "lab/data", "store": "elsewhere"}, 3, "no registry", id="no registry"),
        pytest.param({"subjects": "$(id) --json"}, 2, "", id="a command"),
        pytest.param(
            {"subjects": "lab/data", "registry": "http://127.0.0.1:9"}, 6, "no connection", id="nobody there"
        ),
    ],
)
def test_the_action_fails_as_check_does(place, inputs, code, said):
    done = checked(place, **inputs)
    assert done.returncode == code, done.stderr
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
@pytest.mark.parametrize(
    ("path", "meant"),
    {
        "records/lab/model.yaml": True,
        "docs/records/a.yml": True,
        "model.jsonld": True,
        ".github/workflows/ci.yaml": False,
        "myrecords/a.yaml": False,
        ".pre-commit-config.yaml": False,
        "records/README.md": False,
    }.items(),
)
def test_the_hooks_look_at_drafts_and_at_no_other_yaml(hook, path, meant):
    assert bool(re.search(hook["files"], path)) is meant
    assert hook["require_serial"], "drafts that are made from each other are looked at together"
    assert umr(*hook["entry"].split()[1:], "--help").code == 0


def test_what_the_documentation_shows_is_what_the_files_offer():
    page = (ROOT / "docs/builds.md").read_text(encoding="utf-8")
    (step,), config = map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    assert step["with"].keys() <= ACTION["inputs"].keys()
    (shown,) = config["repos"]
    assert [one["id"] for one in shown["hooks"]] == [one["id"] for one in HOOKS]
