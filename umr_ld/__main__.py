"""The program `umr`, and `python -m umr_ld`."""

from __future__ import annotations

import gc
import sys

_YOUNG = 100_000
"""Objects that are made before circles are looked for among them."""


def collect_seldom() -> None:
    """Look for circles of objects that nobody holds as seldom as suits programs that make many and keep them.

    An answer about tens of thousands of records is hundreds of thousands of small objects, none of them in a
    circle. Python, left to itself, looks at them again after every 700, which takes up to a third of the time.
    """
    gc.set_threshold(_YOUNG, 20, 20)


def main() -> None:
    """Run the program; never returns.

    The version is asked for by scripts and editors all the time, so it is told before anything is loaded.
    """
    if sys.argv[1:] == ["--version"]:
        from umr_ld import __version__

        sys.stdout.write(f"umr {__version__}\n")
        sys.exit(0)
    collect_seldom()
    try:
        from umr_ld.cli import root
    except KeyboardInterrupt:
        sys.exit(130)
    root.main(prog_name="umr")


if __name__ == "__main__":
    main()
