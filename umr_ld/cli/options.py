"""Options that mean the same at every verb. A verb takes those that do something for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from umr_ld.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from umr_ld.registry import Registry
    from umr_ld.remote import RemoteRegistry
    from umr_ld.risk import Policy

Function = TypeVar("Function", bound="Callable[..., Any]")
Callback = TypeVar("Callback", bound="Callable[..., Any] | click.Command")

HELP_FLAGS = ("-h", "--help")


def moment(text: str) -> datetime:
    """A date, meaning its end, or a date and time; without an offset in UTC.

    Args:
        text: what somebody wrote.

    Raises:
        Malformed: if it is neither.
    """
    from umr_ld.moments import moment as read

    return read(text, "--at")


class _Forms(click.Choice[str]):
    """Formats of a verb. One that the environment or the settings prefer, and the verb does not have, is
    no error: they speak of all verbs."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """See `click.ParamType`."""
        name = param.name if param is not None else None
        source = ctx.get_parameter_source(name) if ctx is not None and name is not None else None
        if value not in self.choices and source is not click.core.ParameterSource.COMMANDLINE:
            return "auto"
        return super().convert(value, param, ctx)


def _told(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Write an option into the session, where it is found also if a later option is wrong."""
    session = ctx.find_object(Session)
    if session is not None and param.name is not None and value is not None:
        setattr(session, param.name, value)
        source = ctx.get_parameter_source(param.name)
        session.sources[param.name] = "" if source is None else source.name


def _configured(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    from umr_ld.cli.settings import defaults_of

    ctx.default_map = defaults_of(value, ctx.command)


def _form(ctx: click.Context, param: click.Parameter, value: str) -> None:
    session = ctx.find_object(Session)
    if session is not None and isinstance(param.type, click.Choice):
        session.forms = tuple(param.type.choices)
        if session.form == "auto":
            session.form = value


def _json(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    session = ctx.find_object(Session)
    if session is not None and value:
        session.form = "json"


def _kept(*names: str, **settings: Any) -> click.Option:
    """An option that goes into the session and not to the verb's function."""
    return click.Option(names, expose_value=False, is_eager=True, **({"callback": _told} | settings))


def show_version() -> click.Option:
    """`--version`, where it stands among other words; by itself it is answered before anything is loaded."""

    def show(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value:
            from umr_ld import __version__

            click.echo(f"umr {__version__}")
            ctx.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=show,
        help="Show the version.",
    )


def config() -> click.Option:
    """`--config`; it stands first, because it gives the others their defaults."""
    return _kept(
        "--config",
        envvar="UMR_CONFIG",
        metavar="FILE",
        callback=_configured,
        help="Read settings from FILE instead of umr.toml here or in a folder above.",
    )


def color() -> click.Option:
    """`--color`."""
    return _kept(
        "--color",
        envvar="UMR_COLOR",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="When to use colours; auto: on a terminal, unless NO_COLOR is set.",
    )


def verbose() -> click.Option:
    """`-v`."""
    return _kept("-v", "--verbose", is_flag=True, help="Tell more; of errors, where they arose.")


def quiet() -> click.Option:
    """`-q`."""
    return _kept("-q", "--quiet", is_flag=True, help="Tell nothing but errors.")


def form(*forms: str) -> click.Option:
    """`--format`, also written `--as`.

    Args:
        forms: what the verb knows beside `auto` and `human`.
    """
    return _kept(
        "--format",
        "--as",
        "form",
        envvar="UMR_FORMAT",
        type=_Forms(["auto", "human", *forms]),
        default="auto",
        callback=_form,
        help="Form of the answer; auto: by the ending of -o FILE, else for people.",
    )


def as_json() -> click.Option:
    """`--json`."""
    return _kept(
        "--json", "json", is_flag=True, callback=_json, help="The same as --format json; errors too."
    )


def output() -> click.Option:
    """`-o`."""
    return _kept(
        "-o", "--output", "path", metavar="FILE", help="Write the answer into FILE: all of it or nothing."
    )


def store() -> click.Option:
    """`--store`."""
    return _kept(
        "--store",
        envvar="UMR_STORE",
        metavar="PATH",
        help="Folder of the registry, instead of .umr here or in a folder above.",
    )


def registry() -> click.Option:
    """`--registry`."""
    return _kept(
        "--registry",
        envvar="UMR_REGISTRY",
        metavar="URL",
        help="Ask a registry elsewhere over its API: https, or http on this machine.",
    )


def token_file() -> click.Option:
    """`--token-file`."""
    return _kept(
        "--token-file",
        metavar="FILE",
        help="File with the token for --registry, instead of the variable UMR_TOKEN.",
    )


def asked() -> tuple[Callable[[], click.Option], ...]:
    """The options that say which registry is read: one in a folder, or one elsewhere."""
    return store, registry, token_file


def yes() -> click.Option:
    """`--yes`."""
    return _kept("--yes", "-y", is_flag=True, help="Do not ask.")


def dry_run() -> click.Option:
    """`--dry-run`."""
    return click.Option(["--dry-run"], is_flag=True, help="Do everything but write.")


def at() -> click.Option:
    """`--at`."""
    return click.Option(
        ["--at"],
        type=moment,
        metavar="DATE",
        help="Answer from what was published by then: a date, meaning its end in UTC, or a date and time.",
    )


def policy() -> click.Option:
    """`--policy`."""
    from pathlib import Path

    return click.Option(
        ["--policy"],
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        envvar="UMR_POLICY",
        metavar="FILE",
        help="Cells of the table of what relations carry, in Turtle, in the place of the ontology's.",
    )


def policy_of(file: Path | None, registry: Registry | RemoteRegistry) -> Policy | None:
    """The policy that `--policy` names.

    Args:
        file: None for the registry's own.
        registry: whose vocabulary names the relations.

    Raises:
        Malformed: if the file is none.
    """
    from umr_ld.risk import standard_policy

    if file is None:
        return None
    return standard_policy().overridden(file.read_bytes(), str(file), registry.vocabulary)


def agent() -> click.Option:
    """`--agent`."""
    return click.Option(
        ["--agent"],
        envvar="UMR_AGENT",
        default="local",
        show_default=True,
        metavar="NAME",
        help="Who does this.",
    )


def kind_of(asked: str, kinds: Iterable[str]) -> str:
    """The kind that is meant, in any case of letters.

    Args:
        asked: what somebody wrote.
        kinds: those of the vocabulary, by key.

    Raises:
        Malformed: if there is no such kind.
    """
    from umr_ld.registry.filters import kind_of as meant

    return meant(asked, kinds, "--kind")


def before_the_verb() -> list[click.Option]:
    """The options that may stand before the verb. They are moved behind it, and only count there."""
    known = [
        config(),
        store(),
        registry(),
        token_file(),
        form("json", "csv", "…"),
        as_json(),
        output(),
        at(),
        color(),
    ]
    known += [verbose(), quiet(), yes(), dry_run(), agent()]
    for option in known:
        option.callback = None
        option.envvar = None
        option.expose_value = False
    return [*known, show_version()]


def verb(
    name: str, *options: Callable[[], click.Option], forms: tuple[str, ...] = ()
) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a function a verb. It is given the session first, and returns its exit code (None for 0).

    Args:
        name: the verb.
        options: those of this module that it takes, besides those that all verbs take.
        forms: formats of its answer beside `human`; none if it gives no answer.
    """
    answer = [form(*forms), as_json(), output()] if forms else []
    shared = [config(), *(option() for option in options), *answer, color(), verbose(), quiet()]

    def made(function: Callable[..., int | None]) -> click.Command:
        command = click.command(name, context_settings={"help_option_names": list(HELP_FLAGS)})(
            click.pass_obj(function)
        )
        command.params += shared
        return command

    return made


def group(name: str, summary: str, default: str = "") -> click.Group:
    """A verb with verbs of its own. Options may stand before or behind these.

    Args:
        name: the verb.
        summary: what it is for.
        default: the inner verb that is meant where none is named; empty for none.
    """

    class _Verbs(click.Group):
        def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
            """See `click.Command`. Options before the inner verb are moved behind it."""
            at = next((place for place, word in enumerate(args) if word in self.commands), None)
            if at is not None:
                args = [args[at], *args[:at], *args[at + 1 :]]
            elif default and not set(args) & set(HELP_FLAGS):
                args = [default, *args]
            return super().parse_args(ctx, args)

        def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
            """See `click.Group`; what a verb is for is told whole."""
            with formatter.section("Verbs"):
                formatter.write_dl(
                    [(one, self.commands[one].get_short_help_str(1000)) for one in self.list_commands(ctx)]
                )

    return _Verbs(name, help=summary, context_settings={"help_option_names": list(HELP_FLAGS)})
