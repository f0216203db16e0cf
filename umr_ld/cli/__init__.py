"""The command line: verbs, loaded when they are called."""

from umr_ld.cli.program import root

__all__ = ["root"]
