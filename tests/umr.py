"""The program, run in this process for speed, or as people run it where a process is the point."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from click.testing import CliRunner

from umr_ld.cli import root

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Done:
    """What a run left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """Standard output as JSON."""
        return json.loads(self.out)

    @property
    def problem(self):
        """The problem document on standard error."""
        return json.loads(self.err.splitlines()[-1])


def umr(*words, stdin=None, **env):
    """Run the program in this process."""
    done = CliRunner().invoke(root, [str(word) for word in words], input=stdin, env=env)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def clean_environment(**env):
    """The environment of a process that knows nothing of the one that runs the tests."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("UMR_", "NO_COLOR"))}
    paths = f"{ROOT}{os.pathsep}{ROOT / 'server'}"
    return {**kept, "PYTHONPATH": paths, "LC_ALL": "C.UTF-8", **env}


def process(*words, cwd, stdin=subprocess.DEVNULL, **env):
    """Start the program as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "umr_ld", *map(str, words)],
        cwd=cwd,
        env=clean_environment(**env),
        stdin=stdin,
        # Whoever runs the tests in the background ignores interruptions, and so would this.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*words, cwd, **env):
    """Run the program as a process to its end."""
    started = process(*words, cwd=cwd, **env)
    out, err = started.communicate(timeout=60)
    return Done(started.returncode, out, err)


def write(*documents):
    """Put drafts into files of this folder; the names of the files."""
    names = []
    for document in documents:
        path = Path(document.source.replace("/", "_"))
        path.write_bytes(document.body)
        names.append(str(path))
    return names


def published(*documents):
    """Publish drafts into the registry of this folder."""
    done = umr("publish", *write(*documents))
    assert done.code == 0, done.err


def command(verb):
    """The verb as click knows it."""
    found = root.get_command(None, verb)
    assert found is not None
    return found
