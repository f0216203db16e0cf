"""A registry elsewhere, with what a token allows to be done to it."""

from __future__ import annotations

import json
import re
import uuid
from functools import cached_property
from typing import TYPE_CHECKING, Any

from umr_ld.document import Document
from umr_ld.errors import Conflict, Invalid, UmrError, Untrusted
from umr_ld.findings import Report
from umr_ld.media import Media
from umr_ld.names import Ref
from umr_ld.reading import Reading, read
from umr_ld.registry.views import Checked, Imported, Published
from umr_ld.remote import values
from umr_ld.remote.alerts import RemoteAlerts
from umr_ld.remote.client import finding_of
from umr_ld.remote.inbox import RemoteInbox
from umr_ld.remote.reader import RemoteReader, draft_of, understood
from umr_ld.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    from umr_ld.alerts import Event as Happened
    from umr_ld.alerts import Subscription
    from umr_ld.change import Diff
    from umr_ld.tree import Tree

    Progress = Callable[[int, int], None]

_MEDIA = {Media.JSONLD: "application/ld+json", Media.YAML: "application/ld+yaml"}
_PLACE = re.compile(r"(\d+)\.(?:jsonld|yaml)(?=:|\Z)")


class RemoteRegistry(RemoteReader):
    """A registry over its API, asked and written as one in a folder is.

    Who publishes is said by the token. What changes something is sent under a key of its own, so that it is done once
    however often it has to be sent.
    """

    def __enter__(self) -> RemoteRegistry:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open between questions."""

    @cached_property
    def alerts(self) -> RemoteAlerts:
        """See `Registry.alerts`; it needs a token."""
        return RemoteAlerts(self.client)

    def subscribe(self, wanted: Subscription, *, since_now: bool = True) -> Subscription:
        """See `Registry.subscribe`."""
        return self.alerts.subscribe(wanted, since_now=since_now)

    def look(self) -> Sequence[Happened]:
        """See `Registry.look`: the registry looks itself when it is asked."""
        return ()

    def gather(self) -> None:
        """See `Registry.gather`: the registry does so itself when it is asked."""

    @cached_property
    def inbox(self) -> RemoteInbox:
        """See `Registry.inbox`; it needs a token that administers."""
        return RemoteInbox(self)

    @understood
    def validate(self, documents: Iterable[Document]) -> tuple[Checked, ...]:
        """See `Registry.validate`; in the order in which they are given."""
        given = list(documents)
        if not given:
            return ()
        said = self.client.post("validate", {"drafts": [draft_of(one) for one in given]})["documents"]
        return tuple(
            Checked(
                document,
                self._read(document) if "reference" in one else None,
                Report(tuple(map(finding_of, one["findings"]))),
            )
            for document, one in zip(given, said, strict=True)
        )

    def _read(self, document: Document) -> Reading | None:
        try:
            return read(document, self.base, self.vocabulary)
        except UmrError as error:
            raise Untrusted(
                f"the registry reads this otherwise than this program: {error}",
                where=document.source,
                remedy="use the version of umr that the registry runs",
            ) from error

    @understood
    def bump(self, document: Document) -> tuple[Diff, Version | None, Version]:
        """See `Registry.bump`."""
        said = self.client.post("bump", draft_of(document))
        newest = said.get("published")
        return (
            values.diff_of(said),
            None if newest is None else Version.parse(newest),
            Version.parse(said["version"]),
        )

    @understood
    def publish(
        self,
        documents: Iterable[Document],
        *,
        agent: str = "",  # noqa: ARG002 - the token says it
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> tuple[Published, ...]:
        """See `Registry.publish`; the token says who publishes.

        Raises:
            Denied: if the token does not allow it.
        """
        given = list(documents)
        body, media = _files(given)
        query = "?dry-run=true" if dry_run else ""
        try:
            said = self._change(f"records{query}", body, media)
        except Invalid as error:
            raise Invalid(_sourced(error.report, given), where=_place(error.where, given)) from None
        except Conflict as error:
            raise type(error)(error.what, where=_place(error.where, given), remedy=error.remedy) from None
        if progress is not None:
            progress(len(given), len(given))
        return tuple(_published(one, given) for one in said)

    def import_trees(
        self, trees: Iterable[tuple[Tree, Document]], *, agent: str = "", progress: Progress | None = None
    ) -> Imported:
        """See `Registry.import_trees`; one after the other, in the order in which they are given."""
        published: list[Published] = []
        refused: list[Checked] = []
        given = list(trees)
        for done, (tree, _) in enumerate(given, 1):
            document = Document(json.dumps(tree.root).encode(), source=tree.source)
            try:
                published += self.publish([document], agent=agent)
            except Invalid as error:
                refused.append(Checked(document, None, error.report))
            if progress is not None:
                progress(done, len(given))
        return Imported(tuple(published), tuple(refused))

    @understood
    def withdraw(self, ref: Ref, *, reason: str, agent: str = "") -> Published:  # noqa: ARG002
        """See `Registry.withdraw`; the token says who withdraws."""
        return self._reasoned("withdraw", ref, reason)

    @understood
    def vanish(self, ref: Ref, *, reason: str, agent: str = "") -> Published:  # noqa: ARG002
        """See `Registry.vanish`; the token says who noted it."""
        return self._reasoned("vanish", ref, reason)

    def _reasoned(self, act: str, ref: Ref, reason: str) -> Published:
        name = self.client.part(str(ref))
        said = self._change(
            f"records/{name}/{act}", json.dumps({"reason": reason}).encode(), "application/json"
        )
        return _published(said, ())

    def _change(self, path: str, body: bytes, media: str) -> Any:
        return self.client.change(path, body, {"Content-Type": media, "Idempotency-Key": str(uuid.uuid4())})


def _files(given: Sequence[Document]) -> tuple[bytes, str]:
    """Documents as the files of a form (RFC 7578), named by their number: their own names are for this machine."""
    boundary = uuid.uuid4().hex
    parts = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{number}.{one.media.label}"\r\n'
        f"Content-Type: {_MEDIA[one.media]}\r\n\r\n".encode()
        + one.body
        + b"\r\n"
        for number, one in enumerate(given)
    )
    return parts + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _place(where: str, given: Sequence[Document]) -> str:
    """A place in one of the files, by the name that it has here."""
    found = _PLACE.match(where)
    if found is None or int(found[1]) >= len(given):
        return where
    return given[int(found[1])].source + where[found.end() :]


def _sourced(report: Report, given: Sequence[Document]) -> Report:
    from dataclasses import replace

    return Report(tuple(replace(one, source=_place(one.source, given)) for one in report))


def _published(said: Mapping[str, Any], given: Sequence[Document]) -> Published:
    """See `render.publications.publication_json`."""
    return Published(
        Ref.parse(said["reference"]),
        said["status"],
        said.get("sequence", 0),
        said["digest"],
        _sourced(Report(tuple(map(finding_of, said.get("findings", ())))), given),
    )
