"""Settings from `umr.toml`: defaults for options, below what the environment and the command line say."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from umr_ld.cli.verbs import VERBS
from umr_ld.errors import Malformed, Missing

if TYPE_CHECKING:
    import click

FILE = "umr.toml"

EVERYWHERE = ("agent", "color", "format", "registry", "store")
"""Settings that stand at the top of the file, for all verbs. Others stand in a table named by the verb."""

_NEVER = frozenset({"config", "output", "token-file", "yes"})
"""A file found in a folder above must not answer questions, or say what is overwritten or sent."""


def defaults_of(path: str | None, command: click.Command) -> dict[str, Any]:
    """The defaults that the settings give a verb's options, by parameter name.

    Args:
        path: the file; None for `umr.toml` here or in a folder above, if there is one.
        command: the verb.

    Raises:
        Missing: if the named file is not there.
        Malformed: if it is no TOML, or holds a setting that nothing knows.
    """
    file = Path(path) if path is not None else _found()
    if file is None:
        return {}
    read = _read(file)
    verb = command.name or ""
    own = read.get(verb, {})
    top = {key: value for key, value in read.items() if not isinstance(value, dict)}
    parameters = {name: option.name or "" for option in command.params for name in _names(option)}
    shared = {name for option in command.params if option.envvar for name in _names(option)}
    _require_known(top, EVERYWHERE, str(file))
    _require_known({key: value for key, value in read.items() if key not in top}, tuple(VERBS), str(file))
    _require_known(own, tuple(name for name in parameters if name not in _NEVER), f"{file}: [{verb}]")
    if "store" in top:
        top["store"] = str(file.parent / Path(str(top["store"])).expanduser())
    meant = {name: value for name, value in top.items() if name in shared} | own
    return {parameters[name]: value for name, value in meant.items()}


def _found() -> Path | None:
    here = Path.cwd()
    return next((place / FILE for place in (here, *here.parents) if (place / FILE).is_file()), None)


def _read(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Missing(
            "there is no such file", where=str(file), remedy="name an existing one for --config"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"the settings are no TOML: {error}", where=str(file)) from None
    except OSError as error:
        raise Malformed(f"the settings cannot be read: {error.strerror}", where=str(file)) from None


def _names(option: click.Parameter) -> list[str]:
    return [name.removeprefix("--") for name in option.opts if name.startswith("--")]


def _require_known(given: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in given:
        if name not in known:
            alike = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {alike[0]}?" if alike else f"known: {', '.join(sorted(known))}"
            raise Malformed(f"there is no setting {name!r}", where=where, remedy=advice)
