"""The Hugging Face Hub: what it lists, one thing it knows, and the text of a card.

Wire format: https://huggingface.co/docs/hub/api, pages by the `Link` header (RFC 8288), limits by status 429 with
`Retry-After` (RFC 9110 §10.2.3).
"""

from __future__ import annotations

import json
import random
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from umr_ld.errors import Missing, Unreachable
from umr_ld.formats.loss import Loss
from umr_ld.harvest.listing import Piece, objects_of
from umr_ld.harvest.patience import BUSY, TRIES, exhausted, pause, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENDPOINT = "https://huggingface.co"
"""The hub itself, where no other is named."""

TOKEN = "HF_TOKEN"  # noqa: S105 - where it is, not what it is
"""Variable with the token, as the hub's own programs read it."""

_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_PAGE = 1000
_EXPANDED = (
    "author", "cardData", "createdAt", "disabled", "gated", "lastModified", "library_name", "pipeline_tag", "private",
    "safetensors", "sha", "tags",
)  # fmt: skip
_ONLY_MODELS = frozenset({"library_name", "pipeline_tag", "safetensors"})


@dataclass(slots=True)
class Hub:
    """The hub, or something else that speaks like it.

    Args:
        client: `huggingface_hub`, as `door.client` gives it.
        endpoint: address of the hub, without a slash at its end.
        token: of an account there; empty to ask as anybody.
        sleep: waits for so many seconds.
        chance: draws from 0 to 1, so that those who were refused together do not come back together.
    """

    client: Any
    endpoint: str = ENDPOINT
    token: str = field(default="", repr=False)
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    # -- lists

    def listed(self, *, dataset: bool = False, **chosen: str) -> Iterator[Piece | Loss]:
        """What the hub lists, page by page.

        Args:
            dataset: whether datasets are wanted; else models.
            chosen: by what, as the API knows it: `author`, `filter`.

        Yields:
            each object; and where something cannot be read, its place and why. What can be read after it follows.

        Raises:
            Missing, Denied, Unreachable: if not even the first page is to be had.
        """
        fields = [one for one in _EXPANDED if not (dataset and one in _ONLY_MODELS)]
        query = urlencode([*chosen.items(), ("limit", _PAGE), *(("expand[]", one) for one in fields)])
        url, asked = f"{self.endpoint}/api/{'datasets' if dataset else 'models'}?{query}", set[str]()
        while url:
            asked.add(url)
            place = f"{self.endpoint}, page {len(asked)}"
            try:
                answer = self._answer(url)
            except Unreachable as error:
                if len(asked) == 1:
                    raise
                yield Loss("", "", f"not read from here on: {error.what}", place)
                return
            yield from objects_of(answer.content, place, dataset=dataset)
            url = urljoin(url, answer.links.get("next", {}).get("url", "")) if "next" in answer.links else ""
            if url and (url in asked or urlsplit(url).netloc != urlsplit(self.endpoint).netloc):
                why = (
                    "the pages lead in a circle" if url in asked else "the next page is said to be elsewhere"
                )
                yield Loss("", url[:200], f"not read from here on: {why}", place)
                return

    def descendants(self, repository: str) -> Iterator[Piece | Loss]:
        """A model, and all that the hub says was made from it, over any number of steps.

        Args:
            repository: `owner/name`.

        Yields:
            each once, as `listed`.

        Raises:
            Missing, Denied, Unreachable: if the hub does not know it, or does not answer.
        """
        yield self.one(repository)
        seen, waiting = {repository}, [repository]
        while waiting:
            above = waiting.pop()
            try:
                for piece in self.listed(filter=f"base_model:{above}"):
                    found = _repository(piece)
                    if found in seen:
                        continue
                    if found:
                        seen.add(found)
                        waiting.append(found)
                    yield piece
            except (Missing, Unreachable) as error:
                why = f"what was made from {above} is not read: {error.what}"
                yield Loss("", above, why, self.endpoint)

    # -- one thing

    def one(self, repository: str, *, dataset: bool = False) -> Piece:
        """What the hub says of one model or dataset, its files and their digests among it, which no list has.

        Args:
            repository: `owner/name`.
            dataset: whether it is a dataset; else a model.

        Raises:
            Missing: if the hub does not have it, or does not show it to who asks.
            Denied, Unreachable: if it may not be seen, or the hub does not answer.
        """
        kind = "datasets" if dataset else "models"
        answer = self._answer(f"{self.endpoint}/api/{kind}/{quote(repository)}?blobs=true")
        return Piece(answer.content, f"{self.endpoint}/{repository}", dataset, repository)

    def file(self, repository: str, path: str, *, dataset: bool = False) -> bytes:
        """A small file of a repository, as it is on the main branch.

        Args:
            repository: `owner/name`.
            path: of the file.
            dataset: as of `one`.

        Raises:
            Missing, Denied, Unreachable: as `one`.
        """
        lead = "datasets/" if dataset else ""
        return bytes(
            self._answer(f"{self.endpoint}/{lead}{quote(repository)}/resolve/main/{quote(path)}").content
        )

    def put(self, repository: str, path: str, body: bytes, message: str, *, dataset: bool = False) -> str:
        """Write a small file, unless the repository has changed since it was asked.

        Args:
            repository: `owner/name`.
            path: of the file.
            body: its new content.
            message: of the commit.
            dataset: as of `one`.

        Returns:
            the commit.

        Raises:
            Denied: if the token does not allow it.
            Conflict: if somebody else has just written.
            Missing, Unreachable: as `one`.
        """
        client = self.client
        api = client.HfApi(endpoint=self.endpoint, token=self.token or False, library_name="umr-ld")
        kind = "dataset" if dataset else "model"
        now = json.loads(self.one(repository, dataset=dataset).body).get("sha", "")
        try:
            done = api.create_commit(
                repository,
                [client.CommitOperationAdd(path_in_repo=path, path_or_fileobj=body)],
                commit_message=message,
                repo_type=kind,
                parent_commit=now if _COMMIT.match(str(now)) else None,
            )
        except client.errors.HfHubHTTPError as error:
            raise refused(error.response.status_code, f"{self.endpoint}/{repository}", TOKEN) from None
        except _failures(ValueError) as error:
            raise Unreachable(str(error)[:500], where=f"{self.endpoint}/{repository}") from None
        return str(done.oid)

    # -- asking

    def _answer(self, url: str) -> Any:
        headers = self.client.utils.build_hf_headers(token=self.token or False, library_name="umr-ld")
        for tried in range(1, TRIES + 1):
            try:
                answer = self.client.utils.get_session().get(url, headers=headers)
            except _failures() as error:
                if tried == TRIES:
                    raise Unreachable(str(error), where=_place(url)) from None
                self.sleep(pause(tried, "", self.chance()))
                continue
            if answer.status_code not in BUSY:
                return _accepted(answer, url)
            if tried < TRIES:
                self.sleep(pause(tried, answer.headers.get("retry-after", ""), self.chance()))
        raise exhausted(answer.status_code, _place(url))


def _failures(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """What the hub's client raises where the network fails; its own errors are about answers."""
    import httpx2

    return httpx2.HTTPError, OSError, *more


def _repository(piece: Piece | Loss) -> str:
    """Of what a piece is, if that can be told."""
    try:
        said = json.loads(piece.body) if isinstance(piece, Piece) else None
    except ValueError:
        return ""
    found = said.get("id") if isinstance(said, dict) else ""
    return found if isinstance(found, str) else ""


def _accepted(answer: Any, url: str) -> Any:
    status, place = answer.status_code, _place(url)
    if status == 200:
        return answer
    if answer.headers.get("x-error-code") in {"RepoNotFound", "EntryNotFound"}:
        status = 404
    raise refused(status, place, TOKEN)


def _place(url: str) -> str:
    """An address without what was asked for in detail."""
    return url.partition("?")[0]
