"""Badges: how a record stands now, as a picture (SVG) and for services that draw one (shields.io endpoint)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from flask import Response, request

from umr_ld.alerts.wording import one_line
from umr_ld.errors import Missing
from umr_ld.render.output import as_json
from umr_ld.risk import Answer
from umr_server.linked.syntaxes import SYNTAXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.registry import Registry
    from umr_server.site import Site

SECONDS = 300
"""For how long a badge may be shown before it is asked for again."""
_LABEL = "model record"
_SVG = "http://www.w3.org/2000/svg"
_CHARACTER = 6.6
"""Width that a character of 11 pixels is given; the text is fitted into it."""


class State(NamedTuple):
    """How something stands, as a badge says it.

    Args:
        message: in words.
        color: behind white letters, with a contrast of at least 4.5 to 1 (WCAG 2.2 §1.4.3).
        shape: path of the sign, within 10 by 10 units: a state differs by more than its colour.
    """

    message: str
    color: str
    shape: str


STATES = {
    Answer.AFFECTED: State("affected", "#a3241c", "M0 0h10v10H0z"),
    Answer.POSSIBLY: State("possibly affected", "#8a5a00", "M5 0l5 5-5 5-5-5z"),
    Answer.CLEAR: State("clear", "#1d6b34", "M5 0a5 5 0 1 0 .01 0z"),
    None: State("unknown", "#57616b", "M5 0a5 5 0 1 0 .01 0zM5 2.5a2.5 2.5 0 1 1-.01 0z"),
}


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view.

    Args:
        site: what is asked.
    """

    def badge(reference: str, form: str) -> ResponseReturnValue:
        state = state_of(site.registry, reference)
        body = picture(state, reference) if form == "svg" else as_json(_endpoint(state)).encode()
        mime = "image/svg+xml" if form == "svg" else SYNTAXES["json"].mime
        response = Response(body, content_type=mime)
        response.headers["Cache-Control"] = f"public, max-age={SECONDS}"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.add_etag()
        return response.make_conditional(request)

    yield "/badge/<path:reference>.<any(svg,json):form>", "badge", badge


def state_of(registry: Registry, reference: str) -> State:
    """How something stands by what is known now.

    Args:
        registry: which is asked.
        reference: name, perhaps with a version.

    Raises:
        Malformed: if it is no reference.
    """
    concerns = registry.check([reference])
    worst = max((one.answer for one in concerns), default=Answer.CLEAR)
    if worst is Answer.CLEAR:
        try:
            registry.get(reference)
        except Missing:
            return STATES[None]
    return STATES[worst]


def _endpoint(state: State) -> dict[str, object]:
    """What shields.io draws a badge from (its endpoint schema, version 1)."""
    return {
        "schemaVersion": 1,
        "label": _LABEL,
        "message": state.message,
        "color": state.color.removeprefix("#"),
        "cacheSeconds": SECONDS,
    }


def picture(state: State, about: str) -> bytes:
    """A badge as SVG.

    Args:
        state: what it says.
        about: of what, for who does not see it.
    """
    left, right = (round(len(text) * _CHARACTER) for text in (_LABEL, state.message))
    split, width = left + 14, left + right + 42
    told = one_line(f"{about}: {state.message}")
    svg = ET.Element("svg", xmlns=_SVG, width=str(width), height="20", role="img")
    svg.set("viewBox", f"0 0 {width} 20")
    svg.set("aria-label", told)
    ET.SubElement(svg, "title").text = told
    ET.SubElement(svg, "path", fill="#2f3437", d=f"M3 0h{split - 3}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z")
    edge = f"M{split} 0h{width - split - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{split}z"
    ET.SubElement(svg, "path", fill=state.color, d=edge)
    ET.SubElement(svg, "path", fill="#ffffff", d=state.shape, transform=f"translate({split + 7} 5)")
    words = {"fill": "#ffffff", "font-family": "Verdana,DejaVu Sans,sans-serif", "font-size": "11", "y": "14"}
    ET.SubElement(svg, "text", words, x="7", textLength=str(left)).text = _LABEL
    ET.SubElement(svg, "text", words, x=str(split + 22), textLength=str(right)).text = state.message
    drawn: bytes = ET.tostring(svg, encoding="utf-8")
    return drawn
