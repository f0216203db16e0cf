"""The hubs' own clients, talking through the one door to the network.

`huggingface_hub` lets its HTTP client be made by somebody else, and the services of `kagglesdk` take the client that
they call. Those made here ask `net.Door`, so that the policy on addresses, sizes and times holds for every request of
them, redirects included.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from umr_ld.errors import Missing, UmrError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.net import Door

_MISSING = "hubs are asked with {0}, which is not installed"
_REMEDY = "pip install 'umr-ld[hubs]'"

_OWN = frozenset(
    {"host", "user-agent", "accept-encoding", "connection", "content-length", "transfer-encoding"}
)
"""Headers that the door writes itself."""

_UNPACKED = frozenset({"content-encoding", "transfer-encoding", "content-length"})
"""Headers of an answer that are not true any more of the body that the door gives."""


@contextmanager
def client(door: Door) -> Iterator[Any]:
    """`huggingface_hub`, whose requests go through a door as long as this lasts.

    Args:
        door: with its policy.

    Raises:
        Missing: if the library is not installed.
    """
    try:
        import httpx2
        import huggingface_hub
    except ImportError:
        raise Missing(_MISSING.format("huggingface_hub"), remedy=_REMEDY) from None

    class Through(httpx2.BaseTransport):
        def handle_request(self, request: Any) -> Any:
            headers = {name: text for name, text in request.headers.items() if name.lower() not in _OWN}
            try:
                answer = door.request(request.method, str(request.url), headers=headers, body=request.read())
            except UmrError as error:
                raise httpx2.ConnectError(str(error), request=request) from error
            said = [(name, text) for name, text in answer.headers.items() if name not in _UNPACKED]
            return httpx2.Response(answer.status, headers=said, content=answer.body, request=request)

    from huggingface_hub.utils._http import default_client_factory, hf_request_event_hook

    huggingface_hub.set_client_factory(
        lambda: httpx2.Client(
            transport=Through(), event_hooks={"request": [hf_request_event_hook]}, follow_redirects=True
        )
    )
    try:
        yield huggingface_hub
    finally:
        huggingface_hub.set_client_factory(default_client_factory)


@dataclass(frozen=True, slots=True)
class Services:
    """The services of Kaggle that are asked, each as `kagglesdk` has it; they give the answer as it came.

    Args:
        models: `ModelApiClient`.
        datasets: `DatasetApiClient`.
    """

    models: Any
    datasets: Any


def kaggle(door: Door, endpoint: str, token: str) -> Services:
    """`kagglesdk`, whose requests go through a door to an address of one's own.

    The library knows its endpoints by heart, finds tokens in many places, and gives up on a whole page for one member
    that is newer than itself. So its client is told where to ask and with which token, and hands on the answer.

    Args:
        door: with its policy.
        endpoint: address below which `/v1/` is.
        token: of an account there; empty to ask as anybody.

    Raises:
        Missing: if the library is not installed.
    """
    try:
        from kagglesdk.datasets.services.dataset_api_service import DatasetApiClient
        from kagglesdk.kaggle_env import KaggleEnv
        from kagglesdk.kaggle_http_client import KaggleHttpClient
        from kagglesdk.models.services.model_api_service import ModelApiClient
        from requests import Session
    except ImportError:
        raise Missing(_MISSING.format("kagglesdk"), remedy=_REMEDY) from None

    class Straight(Session):
        def get_redirect_target(self, resp: object) -> None:
            """Nobody is sent elsewhere: what is asked for is here, and so is whom the token is for."""

    class Pointed(KaggleHttpClient):  # type: ignore[misc] # it has no types
        def _init_session(self) -> None:
            if self._session is not None:
                return
            session = Straight()
            session.trust_env = False
            session.headers.update({"User-Agent": "umr-ld", "Content-Type": "application/json"})
            session.auth = self.BearerAuth(token) if token else None
            for scheme in ("http://", "https://"):
                session.mount(scheme, _through(door))
            self._session: Any = session

        def _get_request_url(self, service_name: str, request_name: str) -> str:
            return f"{endpoint}/v1/{service_name}/{request_name}"

        def _prepare_response(self, response_type: object, http_response: Any) -> Any:  # noqa: ARG002 - its own
            return http_response

    client = Pointed(env=KaggleEnv.PROD, api_token=token or None)
    return Services(ModelApiClient(client), DatasetApiClient(client))


def _through(door: Door) -> Any:
    """What carries requests of `requests` through a door."""
    import requests
    from requests.adapters import BaseAdapter

    class Through(BaseAdapter):
        def send(self, request: Any, *_: Any, **__: Any) -> requests.Response:
            headers = {name: text for name, text in request.headers.items() if name.lower() not in _OWN}
            body = request.body or b""
            body = body.encode() if isinstance(body, str) else body
            answer = door.request(request.method, request.url, headers=headers, body=body)
            found = requests.Response()
            found.status_code, found.url, found.request = answer.status, answer.url, request
            found.headers.update({k: text for k, text in answer.headers.items() if k not in _UNPACKED})
            found.raw = io.BytesIO(answer.body)
            return found

        def close(self) -> None:
            """Nothing stays open."""

    return Through()
