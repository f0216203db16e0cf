"""What is told when something fails, and the exit code it fails with."""

from __future__ import annotations

import errno
import json
import traceback
from typing import TYPE_CHECKING

import click

from umr_ld.cli.session import INTERRUPTED
from umr_ld.errors import Invalid, Malformed, UmrError
from umr_ld.render.problem import problem
from umr_ld.render.text import visible

if TYPE_CHECKING:
    from umr_ld.cli.session import Session

USAGE = Malformed.exit_code
_SHOWN = 60
"""Characters of a path that is too long."""


def failed(error: BaseException, session: Session) -> int:
    """Tell what went wrong.

    Args:
        error: what was raised.
        session: whether it is told in words or as JSON, and with the traceback.

    Returns:
        the exit code.
    """
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt | click.Abort):
        session.tell("interrupted")
        return INTERRUPTED
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        session.tell(error.format_message())
        return USAGE
    known = as_known(error)
    if session.verbose and known.exit_code == UmrError.exit_code:
        session.tell("".join(traceback.format_exception(error)).rstrip())
    session.tell(
        json.dumps(problem(known), ensure_ascii=False) if session.asks_json else _words(known, session)
    )
    return known.exit_code


def as_known(error: BaseException) -> UmrError:
    """Any exception as one of the error tree.

    Args:
        error: what was raised.
    """
    if isinstance(error, UmrError):
        return error
    if isinstance(error, click.ClickException):
        path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "umr"
        if isinstance(error, click.NoSuchOption) and _wants_elsewhere(error):
            return Malformed(
                f"`{path}` works on a registry's folder, and not on a registry elsewhere",
                where=error.option_name,
                remedy="run it on the machine where that folder is; --store names it",
            )
        return Malformed(error.format_message().rstrip("."), remedy=f"`{path} -h` shows how")
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return Malformed(
            "a path, or a name in it, is longer than files can be called here",
            where=_beginning(str(error.filename or "")),
            remedy="give a shorter one: most systems take 255 bytes a name, and 4,096 a path",
        )
    if isinstance(error, MemoryError):
        return UmrError("there is not enough memory for this", remedy="ask for less at once")
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return UmrError(
        f"this should not have happened: {said}",
        remedy="it is a mistake in umr; please report what you typed with what it says when you add -v",
    )


def _beginning(path: str) -> str:
    return path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…"


def _wants_elsewhere(error: click.NoSuchOption) -> bool:
    """Whether a verb that has a registry is to ask one elsewhere, which it cannot."""
    known = {name for param in error.ctx.command.params for name in param.opts} if error.ctx else set()
    return error.option_name in {"--registry", "--token-file"} and "--store" in known


def _words(error: UmrError, session: Session) -> str:
    from umr_ld.cli.findings import human

    style = session.message_style
    lines = [human(finding, style) for finding in error.report] if isinstance(error, Invalid) else []
    lines.append(f"{style.bad('error:')} {visible(error.what)}")
    if error.where:
        lines.append(f"  where: {visible(error.where)}")
    if error.remedy:
        lines.append(f"  remedy: {visible(error.remedy)}")
    return "\n".join(lines)
