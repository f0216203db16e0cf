"""The program `umr`, and `python -m umr_ld`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program; never returns.

    The version is asked for by scripts and editors all the time, so it is told before anything is loaded.
    """
    if sys.argv[1:] == ["--version"]:
        from umr_ld import __version__

        sys.stdout.write(f"umr {__version__}\n")
        sys.exit(0)
    from umr_ld.garbage import collect_seldom

    collect_seldom()
    try:
        from umr_ld.cli import root
    except KeyboardInterrupt:
        sys.exit(130)
    root.main(prog_name="umr")


if __name__ == "__main__":
    main()
