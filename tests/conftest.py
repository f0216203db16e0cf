"""What every test may ask for."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]

_MEMORY = Path("/dev/shm")
_ENOUGH = 4 * 1024**3


# Where a change is checked the same examples are tried each time: it stands or falls by what it changes. Elsewhere
# there are new ones each time, and what they find is mended.
settings.register_profile("untimed", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("untimed")


def pytest_configure():
    """Let temporary files be in memory where there is room and nobody says otherwise.

    What is published is synced to the disk thousands of times, and a test that waits for it proves no more.
    """
    if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real input beside the repository; tests that need it skip where it is not."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real input beside the repository is not here")
    return folder
