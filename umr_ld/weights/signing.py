"""Signatures of OpenSSF Model Signing: a Sigstore bundle over the digests of all files of a model.

What a bundle may be is asked before it is handed to `model_signing`, which does the check: the signature first, with a
key or certificates of this machine and without the network, then every file. A bundle is a DSSE envelope with an
in-toto statement (https://github.com/sigstore/model-transparency, format 1.0).
"""

from __future__ import annotations

import ast
import base64
import contextlib
import json
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from umr_ld.document import Document
from umr_ld.errors import Malformed, Missing, TooLarge, Unreadable, Untrusted
from umr_ld.strictjson import read_json
from umr_ld.tree import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from umr_ld.tree import Value

NAME = "model.sig"
"""What a bundle is called where nothing else is said."""

_MEDIA = "application/vnd.dev.sigstore.bundle"
_CHANGED = "Signature mismatch: "
_OTHER = re.compile(r"Hash mismatch for ('.*'): Expected .*\Z", re.DOTALL)
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature that fits says.

    Args:
        name: what its maker called the model.
        files: how many files, or parts of files, it covers.
        left_out: paths below the folder that its maker left out: of these it says nothing.
    """

    name: str
    files: int
    left_out: tuple[str, ...]


def verify(
    bundle: Path, model: Path, *, key: Path | None = None, certificates: Sequence[Path] = ()
) -> Signed:
    """Whether all files of a model are those that somebody signed.

    Args:
        bundle: the signature.
        model: folder or file.
        key: public key in PEM, of an elliptic curve, of who is believed to have signed.
        certificates: in PEM, from which the certificate of who signed must follow; instead of a key.

    Raises:
        Untrusted: if the signature is by somebody else, or a file is another one, missing, or was not signed.
        Unreadable, TooLarge, Invalid: if the bundle is none.
        Malformed: if the key is none, or the bundle is of a kind that is not checked here.
        Missing: if a file is not there, or the library is not installed.
    """
    verifying, hashing = _library()
    body = _read(bundle)
    said = _statement(Document(body, source=str(bundle)))
    inside = _inside(bundle, model)
    config = verifying.Config().set_hashing_config(_hashing(hashing, said, inside, str(bundle)))
    if key is not None:
        with _reading(key, "public key of an elliptic curve"):
            config.use_elliptic_key_verifier(public_key=key)
    else:
        with _reading(certificates[0], "certificate"):
            config.use_certificate_verifier(certificate_chain=certificates)
    # The very bytes that were looked at, wherever the bundle points by then.
    with tempfile.TemporaryDirectory(prefix="umr-") as folder:
        kept = Path(folder, NAME)
        kept.write_bytes(body)
        with _refusing(bundle), contextlib.redirect_stdout(sys.stderr):
            config.verify(model, kept)
    left_out = [one for one in said.ignored if (model / one).exists() and one not in inside]
    return Signed(said.name, said.files, tuple(sorted(left_out)))


def _library() -> tuple[Any, Any]:
    try:
        from model_signing import hashing, verifying
    except ImportError:
        raise Missing(
            "signatures are checked with model_signing, which is not installed",
            remedy="pip install 'umr-ld[signing]'",
        ) from None
    return verifying, hashing


# -- what a bundle may be


class _Said(NamedTuple):
    """What a bundle says of itself, before anybody believes it."""

    name: str
    files: int
    ignored: tuple[str, ...]
    serialization: Mapping[str, Any]


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise Missing("there is no such file", where=str(path))
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror}", where=str(path)) from None
    if len(body) > MAX_BYTES:
        raise TooLarge(f"a bundle has at most {MAX_BYTES:,} bytes", where=str(path))
    return body


def _statement(document: Document) -> _Said:
    """What the statement in a bundle says.

    Raises:
        Unreadable, Invalid: if it is none.
        Malformed: if it is of a kind that is not checked here.
    """
    root = read_json(document).root
    _require_kind(root, document.source)
    envelope = _object(root, "dsseEnvelope", document)
    payload = envelope.get("payload")
    try:
        body = base64.b64decode(str(payload), validate=True)
    except ValueError:
        raise _no_bundle("its payload is not in base64", document) from None
    statement = read_json(Document(body, source=f"{document.source} (what is signed)")).root
    subject = _only(statement, "subject", document)
    predicate = _object(statement, "predicate", document)
    resources = predicate.get("resources")
    if not isinstance(resources, list) or not all(_is_inside(one) for one in resources):
        raise _no_bundle("what it covers is no list of paths below a folder", document)
    serialization = json.loads(body)["predicate"].get("serialization")
    if not isinstance(serialization, dict):
        raise _no_bundle("it does not say how the files were read", document)
    ignored = serialization.get("ignore_paths", [])
    if not isinstance(ignored, list) or not all(isinstance(one, str) for one in ignored):
        raise _no_bundle("what it leaves out is no list of paths", document)
    return _Said(str(subject.get("name", "")), len(resources), tuple(ignored), serialization)


def _require_kind(root: Value, source: str) -> None:
    if not isinstance(root, dict) or not str(root.get("mediaType", "")).startswith(_MEDIA):
        raise Unreadable(
            "this is no Sigstore bundle", where=source, remedy=f"name the file that signing made, e.g. {NAME}"
        )
    material = root.get("verificationMaterial")
    if isinstance(material, dict) and not material.keys() & {"publicKey", "x509CertificateChain"}:
        raise Malformed(
            "the bundle is signed by an identity, not by a key: checking that needs Sigstore's log",
            where=source,
            remedy="check it with `model_signing verify sigstore`",
        )


def _object(value: Value, key: str, document: Document) -> Mapping[str, Value]:
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        raise _no_bundle(f"it has no {key}", document)
    return found


def _only(value: Value, key: str, document: Document) -> Mapping[str, Value]:
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
        raise _no_bundle(f"it has not one {key}", document)
    return found[0]


def _is_inside(resource: Value) -> bool:
    name = resource.get("name") if isinstance(resource, dict) else None
    return isinstance(name, str) and not PurePosixPath(name).is_absolute() and ".." not in name.split("/")


def _no_bundle(why: str, document: Document) -> Unreadable:
    return Unreadable(f"this is no bundle of Model Signing: {why}", where=document.source)


# -- the check


def _inside(bundle: Path, model: Path) -> tuple[str, ...]:
    """The bundle's own path below the folder, if it lies there: it was not there when the files were signed."""
    below, folder = bundle.resolve(), model.resolve()
    return (below.relative_to(folder).as_posix(),) if folder in below.parents else ()


def _hashing(hashing: Any, said: _Said, inside: Iterable[str], source: str) -> Any:
    """How the files are to be read, as the statement says; it is believed when its signature is."""
    how, config = said.serialization, hashing.Config()
    try:
        algorithm, links = str(how["hash_type"]), how["allow_symlinks"] is True
        more = {"shards": lambda: {"shard_size": int(how["shard_size"])}, "files": dict}[how["method"]]()
        use = config.use_shard_serialization if more else config.use_file_serialization
        use(hashing_algorithm=algorithm, allow_symlinks=links, **more)
    except (KeyError, ValueError, TypeError) as error:
        raise Unreadable(
            f"the bundle reads files in a way that is not known: {error}", where=source
        ) from None
    return config.set_ignored_paths(paths=[*said.ignored, *inside]).set_allow_symlinks(links)


@contextlib.contextmanager
def _reading(path: Path, what: str) -> Iterator[None]:
    """What goes wrong while keys and certificates are read."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        yield
    except FileNotFoundError as error:
        raise Missing("there is no such file", where=str(error.filename)) from None
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror}", where=str(path)) from None
    except (ValueError, TypeError, AttributeError, UnsupportedAlgorithm):
        raise Malformed(f"this is no {what} in PEM", where=str(path)) from None


@contextlib.contextmanager
def _refusing(bundle: Path) -> Iterator[None]:
    """What the library says no with."""
    from cryptography.exceptions import InvalidSignature
    from OpenSSL import crypto

    where = str(bundle)
    try:
        yield
    except InvalidSignature:
        raise Untrusted("the signature is not made with this key", where=where) from None
    except crypto.X509StoreContextError as error:
        raise Untrusted(f"the signer's certificate does not follow: {error}", where=where) from None
    except OSError as error:
        raise Unreadable(f"a file cannot be read: {error}", where=where) from None
    except ValueError as error:
        raise Untrusted(_differences(str(error)), where=where) from None
    except (LookupError, TypeError, AttributeError, crypto.Error) as error:
        raise Unreadable(f"this is no bundle of Model Signing: {type(error).__name__}", where=where) from None


def _differences(text: str) -> str:
    """What the library says of files that are not those that were signed, in sentences."""
    if not text.startswith(_CHANGED):
        return f"the signature does not fit: {text.strip()}"[:_LONGEST]
    try:
        found = map(str, ast.literal_eval(text.removeprefix(_CHANGED)))
    except (ValueError, SyntaxError):
        return text[:_LONGEST]
    told = (_OTHER.sub(r"another file is called \1", one) for one in found)
    return f"these are not the files that were signed: {'; '.join(told)}"[:_LONGEST]
