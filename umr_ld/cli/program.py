"""The program: its verbs, its options, and what becomes of what they raise."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import click

from umr_ld.cli.options import HELP_FLAGS, before_the_verb
from umr_ld.cli.session import Session, silence
from umr_ld.cli.verbs import VERBS
from umr_ld.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Sequence


class Program(click.Group):
    """The group of all verbs. None is imported before it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """See `click.Group`."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """See `click.Group`."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"umr_ld.cli.{VERBS[cmd_name].module}")
        commands = (value for value in vars(module).values() if isinstance(value, click.Command))
        return next(command for command in commands if command.name == cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See `click.Group`; an unknown verb is answered with those that are alike."""
        if args[0] not in VERBS:
            import difflib

            alike = difflib.get_close_matches(args[0], VERBS, n=3, cutoff=0.5)
            advice = f"did you mean {' or '.join(alike)}?" if alike else "`umr -h` lists the verbs"
            raise Malformed(f"there is no verb {args[0]!r}", remedy=advice)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See `click.Command`. Options before the verb are moved behind it, and are thereby its own."""
        at = self._place_of_verb(args)
        if at is not None and "--version" not in args[:at]:
            args = [args[at], *args[:at], *args[at + 1 :]]
        return super().parse_args(ctx, args)

    def _place_of_verb(self, args: Sequence[str]) -> int | None:
        """Index of the first word that is no option and no option's value; None if an option is unknown."""
        valued = {
            name: isinstance(option, click.Option) and not (option.is_flag or option.count)
            for option in self.params
            for name in option.opts
        }
        valued |= dict.fromkeys(HELP_FLAGS, False)
        at = 0
        while at < len(args) and args[at].startswith("-"):
            name, equals, _ = args[at].partition("=")
            short = name[:2]
            if name in valued:
                at += 2 if valued[name] and not equals else 1
            elif not name.startswith("--") and short in valued:
                at += 1
            else:
                return None
        return at if at < len(args) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """See `click.Group`; by sections, without loading a verb."""
        for section in dict.fromkeys(verb.section for verb in VERBS.values()):
            with formatter.section(section):
                formatter.write_dl(
                    [(n, verb.summary) for n, verb in VERBS.items() if verb.section == section]
                )

    def main(  # type: ignore[override] # of the two ways to call it, one is enough
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> Any:
        """Run the program and leave with its exit code.

        Args:
            args: words of the command line; None for those of the process.
            prog_name: what the program is called in messages.
            extra: as `click.Command.main`.
        """
        words = list(sys.argv[1:] if args is None else args)
        session = Session(words)
        extra["standalone_mode"] = False
        try:
            code = super().main(words, prog_name or "umr", obj=session, **extra)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the outermost door
            from umr_ld.cli.failure import failed

            code = failed(error, session)
        silence(sys.stdout)
        sys.exit(code if isinstance(code, int) else 0)


@click.command(
    "umr",
    cls=Program,
    params=before_the_verb(),
    context_settings={"help_option_names": list(HELP_FLAGS)},
    subcommand_metavar="VERB …",
    epilog="`umr VERB -h` tells more. Exit codes: 0 clean, 1 findings, 2 usage, 3 nothing to check, "
    "4 not allowed, 5 not to be trusted, 6 unreachable, 7 busy or damaged, 70 a bug, 130 interrupted.",
)
def root() -> None:
    """A registry of model records: what models and datasets are, what they were made from, and who is
    downstream of what.

    Options stand before or behind the verb; a verb takes those that do something for it.
    """
