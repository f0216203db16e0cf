"""Kaggle: what it lists, one thing it knows, and writing the texts and fields of it.

Wire format: `kagglesdk`, whose services are asked by POST below `/v1/`; lists have pages by `nextPageToken`, or by
number. Limits by status 429 with `Retry-After` (RFC 9110 §10.2.3). Errors also come with status 200 and a `code`.
"""

from __future__ import annotations

import json
import random
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from umr_ld.errors import Denied, Malformed, Missing, Unreachable
from umr_ld.formats.kaggle_listing import file_of_dataset, files_of_model, framework_of, slugs_of
from umr_ld.formats.loss import Loss
from umr_ld.harvest.listing import Piece, objects_of
from umr_ld.harvest.patience import BUSY, TRIES, exhausted, pause, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from umr_ld.harvest.door import Services

ENDPOINT = "https://api.kaggle.com"
"""Kaggle itself, where no other address is named; its services are below `/v1/`."""

TOKEN = "KAGGLE_API_TOKEN"  # noqa: S105 - where it is, not what it is
"""Variable with the token, as Kaggle's own programs read it."""

_PAGE = 100
_LONGEST_ERROR = 64 * 1024
_WRITTEN = (
    "description", "usage", "licenseName", "licenses", "trainingData", "externalBaseModelUrl",
    "baseModelInstanceInformation",
)  # fmt: skip
"""Members that are written, and so must be what they were when they were looked at."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of a list, as far as it can be read.

    Args:
        items: its objects, and why there are not more.
        token: of the next page; empty if none is named.
        is_whole: whether it could be read to its end.
    """

    items: tuple[dict[str, Any] | Loss, ...]
    token: str = ""
    is_whole: bool = True


@dataclass(slots=True)
class Kaggle:
    """Kaggle, or something else that speaks like it.

    Args:
        services: as `door.kaggle` gives them.
        endpoint: its address, without a slash at its end.
        sleep: waits for so many seconds.
        chance: draws from 0 to 1, so that those who were refused together do not come back together.
    """

    services: Services
    endpoint: str = ENDPOINT
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    # -- lists

    def models(self, owner: str) -> Iterator[Piece | Loss]:
        """The models of an owner with their variations, page by page.

        Args:
            owner: slug of a person or an organisation.

        Yields:
            a metadata file of each; and where something cannot be read, its place and why.

        Raises:
            Denied, Missing, Unreachable: if not even the first page is to be had.
        """
        yield from self._owned(owner, dataset=False)

    def datasets(self, owner: str) -> Iterator[Piece | Loss]:
        """The datasets of an owner, page by page.

        Args:
            owner: as of `models`.

        Yields:
            as `models`.

        Raises:
            Denied, Missing, Unreachable: as `models`.
        """
        yield from self._owned(owner, dataset=True)

    def _owned(self, owner: str, *, dataset: bool) -> Iterator[Piece | Loss]:
        for item, place in self._listed(owner, dataset=dataset):
            if isinstance(item, Loss):
                yield item
            else:
                yield from self._whole(item, place, dataset=dataset)

    def _listed(self, owner: str, *, dataset: bool) -> Iterator[tuple[dict[str, Any] | Loss, str]]:
        """The objects of the pages; those after a page that cannot be read whole are not reached."""
        token, number, seen = "", 0, set[str]()
        while True:
            number += 1
            place = f"{self.endpoint}, {'datasets' if dataset else 'models'} of {owner}, page {number}"
            try:
                page = self._page(owner, number, token, place, dataset=dataset)
            except Unreachable as error:
                if number == 1:
                    raise
                yield Loss("", "", f"not read from here on: {error.what}", place), place
                return
            refs = json.dumps([_ref(one) for one in page.items])
            is_known = bool(page.items) and refs in seen
            if not is_known:
                for at, one in enumerate(page.items):
                    yield one, f"{place} [{at}]"
            if is_known or page.token in seen:
                yield (
                    Loss("", page.token[:200], "not read from here on: the pages lead in a circle", place),
                    place,
                )
                return
            # Who never named a next page numbers them, and the last one is empty.
            is_numbered = dataset and not token and page.is_whole and page.items
            if not page.token and not is_numbered:
                return
            token = page.token
            seen |= {refs, token} - {""}

    def _page(self, owner: str, number: int, token: str, place: str, *, dataset: bool) -> _Page:
        from kagglesdk.datasets.types.dataset_api_service import ApiListDatasetsRequest
        from kagglesdk.models.types.model_api_service import ApiListModelsRequest

        request: Any
        if dataset:
            request = ApiListDatasetsRequest()
            request.user, request.page = owner, number
            asked, member = self.services.datasets.list_datasets, "datasets"
        else:
            request = ApiListModelsRequest()
            request.owner = owner
            asked, member = self.services.models.list_models, "models"
        request.page_size, request.page_token = _PAGE, token
        return _page(self._answer(asked, request, place), member, place)

    def _whole(self, item: dict[str, Any], place: str, *, dataset: bool) -> Iterator[Piece | Loss]:
        """What a list holds, asked for by itself where the list says less."""
        try:
            owner, slug = slugs_of(item)
            if dataset:
                whole = item if "description" in item else self._dataset(owner, slug)
                yield _piece(file_of_dataset(whole), place, dataset=True)
                return
            whole = item if "instances" in item else self._model(owner, slug)
            for one in files_of_model(whole):
                yield _piece(one, place)
        except (Malformed, Missing, Denied, Unreachable) as error:
            yield Loss("ref", str(_ref(item))[:200], f"not read: {error.what}", place)

    # -- one thing

    def model(self, owner: str, slug: str) -> Iterator[Piece]:
        """What Kaggle says of a model and its variations.

        Args:
            owner: slug of a person or an organisation.
            slug: of the model.

        Raises:
            Missing: if Kaggle does not have it, or does not show it to who asks.
            Denied, Unreachable: if it may not be seen, or Kaggle does not answer.
        """
        for one in files_of_model(self._named(self._model(owner, slug), owner, slug)):
            yield _piece(one, self._place(owner, slug))

    def dataset(self, owner: str, slug: str) -> Piece:
        """What Kaggle says of a dataset.

        Args:
            owner: slug of a person or an organisation.
            slug: of the dataset.

        Raises:
            Missing, Denied, Unreachable: as `model`.
        """
        item = self._named(self._dataset(owner, slug), owner, slug)
        return _piece(file_of_dataset(item), self._place("datasets", owner, slug), dataset=True)

    def one(self, name: str, *, dataset: bool = False) -> Piece:
        """What Kaggle says of one thing.

        Args:
            name: `owner/name`; of a variation `owner/model/framework/variation`, in any case of letters.
            dataset: whether it is a dataset.

        Raises:
            Missing, Denied, Unreachable: as `model`.
        """
        owner, slug, *variation = name.split("/")
        if dataset:
            return self.dataset(owner, slug)
        wanted = [one.lower() for one in variation]
        for piece in self.model(owner, slug):
            file = json.loads(piece.body)
            of_variation = [str(file[key]).lower() for key in ("framework", "instanceSlug") if key in file]
            if of_variation == wanted:
                return piece
        raise Missing(f"the model has no variation {'/'.join(variation)}", where=self._place(owner, slug))

    def _model(self, owner: str, slug: str) -> dict[str, Any]:
        from kagglesdk.models.types.model_api_service import ApiGetModelRequest

        request = ApiGetModelRequest()
        request.owner_slug, request.model_slug = owner, slug
        return self._object(self.services.models.get_model, request, self._place(owner, slug))

    def _dataset(self, owner: str, slug: str) -> dict[str, Any]:
        from kagglesdk.datasets.types.dataset_api_service import ApiGetDatasetRequest

        request = ApiGetDatasetRequest()
        request.owner_slug, request.dataset_slug = owner, slug
        return self._object(self.services.datasets.get_dataset, request, self._place("datasets", owner, slug))

    def _named(self, item: dict[str, Any], owner: str, slug: str) -> dict[str, Any]:
        """What was asked for has the name by which it was asked, whatever the answer calls it."""
        return {**item, "ref": f"{owner}/{slug}"}

    # -- writing

    def stated(self, slugs: Sequence[str], *, dataset: bool = False) -> dict[str, Any]:
        """What Kaggle shows its authors of something, as JSON gives it.

        Args:
            slugs: of owner and model or dataset, or of owner, model, framework and variation.
            dataset: whether it is a dataset; else a model or a variation of one.

        Raises:
            Missing, Denied, Unreachable: as `model`.
        """
        if len(slugs) == 2 and not dataset:
            return self._model(slugs[0], slugs[1])
        if not dataset:
            from kagglesdk.models.types.model_api_service import ApiGetModelInstanceRequest

            request = _instance(ApiGetModelInstanceRequest(), slugs)
            return self._object(self.services.models.get_model_instance, request, self._place(*slugs))
        from kagglesdk.datasets.types.dataset_api_service import ApiGetDatasetMetadataRequest

        asked = ApiGetDatasetMetadataRequest()
        asked.owner_slug, asked.dataset_slug = slugs
        place = self._place("datasets", *slugs)
        said = self._object(self.services.datasets.get_dataset_metadata, asked, place)
        if not isinstance(said.get("info"), dict):
            raise Denied(
                f"Kaggle does not show how it is described: {str(said.get('errorMessage'))[:300]}",
                where=place,
            )
        return dict(said["info"])

    def put(
        self,
        slugs: Sequence[str],
        before: Mapping[str, Any],
        changed: Mapping[str, Any],
        *,
        dataset: bool = False,
    ) -> None:
        """Write members of what Kaggle has, unless somebody has changed it since it was asked.

        Args:
            slugs: as of `stated`.
            before: what `stated` gave.
            changed: members with their new values.
            dataset: as of `stated`.

        Raises:
            Conflict: if somebody else has just written. Kaggle has no lock: what is written in the very moment
                between looking and writing is not seen.
            Denied: if Kaggle does not take it.
            Missing, Unreachable: as `stated`.
        """
        place = self._place(*slugs)
        now = self.stated(slugs, dataset=dataset)
        if any(now.get(member) != before.get(member) for member in _WRITTEN):
            raise refused(409, place, TOKEN)
        if dataset:
            said = self._object(*_dataset_update(self.services, slugs, {**now, **changed}), place)
        else:
            said = self._object(*_model_update(self.services, slugs, changed), place)
        # Refusals come with status 200 too.
        if trouble := said.get("error") or said.get("errors"):
            raise Denied(f"Kaggle did not take it: {str(trouble)[:300]}", where=place)

    # -- asking

    def _place(self, *slugs: str) -> str:
        return "/".join((self.endpoint, *slugs))

    def _object(self, asked: Callable[[Any], Any], request: Any, place: str) -> dict[str, Any]:
        body = self._answer(asked, request, place)
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Unreachable(f"the answer is {_looks(body)}, where a JSON object was expected", where=place)
        return found

    def _answer(self, asked: Callable[[Any], Any], request: Any, place: str) -> bytes:
        """The body of an answer that is one, after as much waiting as needed."""
        status = 0
        for tried in range(1, TRIES + 1):
            try:
                answer = asked(request)
            except Unreachable as error:
                if tried == TRIES or error.remedy:
                    raise
                self.sleep(pause(tried, "", self.chance()))
                continue
            status = _status(answer)
            if status not in BUSY:
                break
            if tried < TRIES:
                self.sleep(pause(tried, answer.headers.get("retry-after", ""), self.chance()))
        else:
            raise exhausted(status, place)
        if status != 200:
            raise refused(status, place, TOKEN)
        return bytes(answer.content)


def _instance(request: Any, slugs: Sequence[str]) -> Any:
    """A request about a variation of a model."""
    from kagglesdk.models.types.model_enums import ModelFramework

    known = {framework_of(one.name).lower(): one for one in ModelFramework}
    framework = known.get(slugs[2].lower())
    if framework is None:
        raise Malformed(f"{slugs[2]!r} is no framework that Kaggle knows", where="/".join(slugs))
    request.owner_slug, request.model_slug, request.instance_slug = slugs[0], slugs[1], slugs[3]
    request.framework = framework
    return request


def _model_update(services: Services, slugs: Sequence[str], changed: Mapping[str, Any]) -> tuple[Any, Any]:
    """What is called with what, so that these members of a model or variation change and no others."""
    from google.protobuf.field_mask_pb2 import FieldMask
    from kagglesdk.models.types import model_api_service as types

    is_model = len(slugs) == 2
    kind = types.ApiUpdateModelRequest if is_model else types.ApiUpdateModelInstanceRequest
    request = kind.from_dict(dict(changed))
    if is_model:
        request.owner_slug, request.model_slug = slugs
    else:
        _instance(request, slugs)
    mask = FieldMask()
    mask.FromJsonString(",".join(changed))
    request.update_mask = mask
    return (services.models.update_model if is_model else services.models.update_model_instance), request


def _dataset_update(services: Services, slugs: Sequence[str], whole: Mapping[str, Any]) -> tuple[Any, Any]:
    """What is called with what: the settings of a dataset are replaced by what is sent, all of them."""
    from kagglesdk.datasets.types.dataset_api_service import ApiUpdateDatasetMetadataRequest
    from kagglesdk.datasets.types.dataset_types import DatasetSettings

    request = ApiUpdateDatasetMetadataRequest()
    request.owner_slug, request.dataset_slug = slugs
    try:
        request.settings = DatasetSettings.from_dict(dict(whole))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Denied(
            f"Kaggle says something of it that its own client cannot say again: {error}",
            where="/".join(slugs),
            remedy="write by hand what --dry-run shows: nothing was changed",
        ) from None
    return services.datasets.update_dataset_metadata, request


def _status(answer: Any) -> int:
    """Of an answer, which may say in its body what its status should have been."""
    if answer.status_code != 200 or len(answer.content) > _LONGEST_ERROR or b'"code"' not in answer.content:
        return int(answer.status_code)
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError):
        return 200
    code = said.get("code") if isinstance(said, dict) else None
    return code if isinstance(code, int) and code >= 400 else 200


def _page(body: bytes, member: str, place: str) -> _Page:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return _Page(_pieces(body, member, place), is_whole=False)
    items = said.get(member, []) if isinstance(said, dict) else None
    if not isinstance(items, list):
        why = f"not read: the answer is {_looks(body)}, where a list of {member} was expected"
        return _Page((Loss("", _start(body), why, place),), is_whole=False)
    token = said.get("nextPageToken")
    rows = (
        one if isinstance(one, dict) else Loss("", str(one)[:80], "not read: no object", f"{place} [{at}]")
        for at, one in enumerate(items)
    )
    return _Page(tuple(rows), token if isinstance(token, str) else "")


def _pieces(body: bytes, member: str, place: str) -> tuple[dict[str, Any] | Loss, ...]:
    """What can be read of a page that breaks off."""
    start = re.search(rb'(?<!\\)"%s"\s*:\s*\[' % member.encode(), body)
    cut = body[start.end() - 1 :] if start else body
    found = [json.loads(one.body) if isinstance(one, Piece) else one for one in objects_of(cut, place)]
    if all(isinstance(one, dict) for one in found):
        found.append(Loss("", _start(body), "not read from here on: the answer is no JSON", place))
    return tuple(found)


def _piece(file: Mapping[str, Any], place: str, *, dataset: bool = False) -> Piece:
    return Piece(json.dumps(file, sort_keys=True).encode(), place, dataset)


def _ref(item: dict[str, Any] | Loss) -> object:
    return item.get("ref") if isinstance(item, dict) else None


def _start(body: bytes) -> str:
    return body[:80].decode("utf-8", "replace")


def _looks(body: bytes) -> str:
    return "HTML" if body.lstrip()[:1] == b"<" else "something else"
