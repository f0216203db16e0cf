"""The hub's own client, talking through the one door to the network.

`huggingface_hub` lets its HTTP client be made by somebody else. The one made here asks `net.Door`, so that the policy on
addresses, sizes and times holds for every request of it, redirects included.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from umr_ld.errors import Missing, UmrError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.net import Door

_OWN = frozenset(
    {"host", "user-agent", "accept-encoding", "connection", "content-length", "transfer-encoding"}
)
"""Headers that the door writes itself."""


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
        raise Missing(
            "hubs are asked with huggingface_hub, which is not installed", remedy="pip install 'umr-ld[hubs]'"
        ) from None

    class Through(httpx2.BaseTransport):
        def handle_request(self, request: Any) -> Any:
            headers = {name: text for name, text in request.headers.items() if name.lower() not in _OWN}
            try:
                answer = door.request(request.method, str(request.url), headers=headers, body=request.read())
            except UmrError as error:
                raise httpx2.ConnectError(str(error), request=request) from error
            said = [
                (name, text)
                for name, text in answer.headers.items()
                if name not in {"content-encoding", "transfer-encoding", "content-length"}
            ]
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
