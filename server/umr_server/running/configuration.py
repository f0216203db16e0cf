"""Settings from a file and from the environment: the environment says more than the file, who starts it most."""

from __future__ import annotations

import difflib
import ipaddress
import math
import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_type_hints
from urllib.parse import urlsplit

from umr_ld.addresses import is_absolute
from umr_ld.errors import Malformed, Missing
from umr_server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PREFIX = "UMR_SERVER_"
"""Of each setting's variable; its name in capitals follows."""

ELSEWHERE = frozenset({"UMR_SERVER_SETTINGS"})
"""Variables with the prefix that are no settings."""

LEAST = {"threads": 1, "connections": 16, "query_workers": 1, "query_slow": 1, "body_bytes": 1024}
"""Of numbers; of all others 0."""
MOST = {"port": 65_535, "threads": 1024}
SCHEMES = {"contact": ("mailto:", "https://", "http://"), "metadata_license": ("https://", "http://")}
"""How settings begin that are IRIs."""
CHOICES = {"log_format": ("auto", "json", "text", "off")}
QUEUES = ("query_queue", "render_queue")
"""Each who waits holds a thread: there are fewer of them than threads, so that pages are answered meanwhile."""

DEFAULTS = Settings()

_TYPES = get_type_hints(Settings)
_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def settings_from(
    file: Path | None, environment: Mapping[str, str], said: Mapping[str, object] | None = None
) -> Settings:
    """What a deployment decided.

    Args:
        file: TOML with settings at its top; None for none.
        environment: of the process.
        said: by who starts it; says more than both. None stands for what was not said.

    Raises:
        Missing: if the file is not there.
        Malformed: if it is no TOML, or a setting is unknown, of another type or out of its range.
    """
    read = {} if file is None else _in_file(file)
    found = {name: _checked(name, value, f"{file}: {name}") for name, value in read.items()}
    for variable, text in environment.items():
        if variable.startswith(PREFIX) and variable not in ELSEWHERE and text:
            name = _known(variable.removeprefix(PREFIX).lower(), variable)
            found[name] = _checked(name, _parsed(_TYPES[name], text), variable)
    for name, value in (said or {}).items():
        if value is not None:
            found[name] = _checked(name, value, f"--{name.replace('_', '-')}")
    return Settings(**found | _queues(found))


def _queues(found: Mapping[str, Any]) -> dict[str, int]:
    """How many may wait: as many as was said, or as there are threads for."""
    threads = found.get("threads", DEFAULTS.threads)
    for name in QUEUES:
        if found.get(name, 0) >= threads:
            remedy = f"give fewer than threads, which are {threads}"
            raise Malformed(f"{found[name]} is too large", where=name, remedy=remedy)
    return {name: found.get(name, min(getattr(DEFAULTS, name), threads - 1)) for name in QUEUES}


def _in_file(file: Path) -> dict[str, Any]:
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise Missing("there is no such file", where=str(file), remedy="name the settings' file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"the settings are no TOML: {error}", where=str(file)) from None
    except OSError as error:
        raise Malformed(f"the settings cannot be read: {error.strerror}", where=str(file)) from None
    return {_known(name, str(file)): value for name, value in read.items()}


def _known(name: str, where: str) -> str:
    names = [field.name for field in fields(Settings)]
    if name in names:
        return name
    alike = difflib.get_close_matches(name, names, n=1)
    remedy = f"did you mean {alike[0]}?" if alike else f"known: {', '.join(sorted(names))}"
    raise Malformed(f"there is no setting {name!r}", where=where, remedy=remedy)


def _parsed(kind: type, text: str) -> object:
    """A variable's text as the type that is wanted; as it is, if it is no such thing."""
    try:
        if kind is bool:
            return _TRUTH.get(text.strip().lower(), text)
        return kind(text.strip())
    except ValueError:
        return text


def _checked(name: str, value: object, where: str) -> Any:
    kind = _TYPES[name]
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind or (isinstance(value, float) and not math.isfinite(value)):
        raise Malformed(f"{value!r} is not {_WORDS[kind]}", where=where, remedy=f"give {_WORDS[kind]}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        _require_between(value, LEAST.get(name, 0), MOST.get(name), where)
    if name in CHOICES and value not in CHOICES[name]:
        raise Malformed(f"{value!r} is none of its values", where=where, remedy=", ".join(CHOICES[name]))
    if name == "public" and value:
        _require_address(str(value), where)
    if name == "proxy" and value not in {"", "*"}:
        _require_machine(str(value), where)
    if name in SCHEMES and value:
        _require_iri(str(value), SCHEMES[name], where)
    return value


def _require_between(value: float, least: int, most: int | None, where: str) -> None:
    if value < least:
        raise Malformed(f"{value} is too small", where=where, remedy=f"give {least} or more")
    if most is not None and value > most:
        raise Malformed(f"{value} is too large", where=where, remedy=f"give {most} or less")


def _require_iri(value: str, schemes: tuple[str, ...], where: str) -> None:
    if not value.startswith(schemes) or not is_absolute(value):
        raise Malformed(
            f"{value!r} is no address", where=where, remedy=f"begin it with {' or '.join(schemes)}"
        )


def _require_machine(value: str, where: str) -> None:
    """What connections come from is compared with it, and these have addresses only."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise Malformed(
            f"{value!r} is no address of a machine",
            where=where,
            remedy="write one like 10.0.0.2 or fd00::2: no name, no network; * for any",
        ) from None


def _require_address(value: str, where: str) -> None:
    try:
        parts = urlsplit(value)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and is_absolute(value)
    except ValueError:
        fits = False
    if not fits or not value.endswith("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise Malformed(
            f"{value!r} is no address of a site", where=where, remedy="write it like https://records.example/"
        )
