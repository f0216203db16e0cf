"""Signatures of OpenSSF Model Signing, made by its own library: those that fit, and everything else that may come."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil

import pytest

from umr_ld.errors import Malformed, Missing, TooLarge, Unreadable, Untrusted
from umr_ld.tree import MAX_BYTES
from umr_ld.weights.signing import verify

signing = pytest.importorskip("model_signing.signing", reason="needs pip install 'umr-ld[signing]'")

from cryptography import x509  # noqa: E402 - comes with the library
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: E402
from cryptography.x509.oid import NameOID  # noqa: E402

PEM = serialization.Encoding.PEM


def written(path, key):
    """A private key and its public half, as files."""
    path.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    path.with_suffix(".pub").write_bytes(
        key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """A folder with keys, a model, and its signature beside and among the files."""
    folder = tmp_path_factory.mktemp("signed")
    model = folder / "model"
    (model / "sub").mkdir(parents=True)
    (model / "w.bin").write_bytes(b"w" * 100_000)
    (model / "sub" / "config.json").write_text("{}")
    (model / ".gitattributes").write_text("x")
    written(folder / "signer", ec.generate_private_key(ec.SECP256R1()))
    written(folder / "stranger", ec.generate_private_key(ec.SECP384R1()))
    written(folder / "rsa", rsa.generate_private_key(65537, 2048))
    config = signing.Config().use_elliptic_key_signer(private_key=folder / "signer")
    config.sign(model, folder / "beside.sig")
    shutil.copy(folder / "beside.sig", model / "model.sig")
    return folder


@pytest.fixture
def folder(signed, tmp_path):
    """A copy that may be spoilt."""
    return shutil.copytree(signed, tmp_path / "copy")


@pytest.mark.parametrize("bundle", ["beside.sig", "model/model.sig"])
def test_a_signature_that_fits_says_what_it_covers_and_what_not(signed, bundle):
    shutil.rmtree(signed / "moved", ignore_errors=True)
    model = signed / "model"
    if bundle == "beside.sig":
        model = shutil.copytree(signed / "model", signed / "moved" / "model")
        (model / "model.sig").unlink()
    found = verify(signed / bundle, model, key=signed / "signer.pub")
    assert (found.name, found.files, found.left_out) == ("model", 2, (".gitattributes",))


SPOILT = {
    "a flipped bit": (lambda model: (model / "w.bin").write_bytes(b"w" * 99_999 + b"v"), "another file is called 'w.bin'"),
    "a file that is cut": (lambda model: (model / "w.bin").write_bytes(b"w"), "w.bin"),
    "a file that is gone": (lambda model: (model / "sub" / "config.json").unlink(), "Missing files.*sub/config.json"),
    "a file that is new": (lambda model: (model / "new.py").write_text("x"), "Extra files.*new.py"),
    "a file that is called otherwise": (lambda model: (model / "w.bin").rename(model / "v.bin"), "v.bin.*w.bin"),
    "a link in place of a file": (
        lambda model: ((model / "w.bin").rename(model.parent / "w"), (model / "w.bin").symlink_to(model.parent / "w")),
        "link",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILT)
def test_files_that_are_not_those_that_were_signed_are_named(folder, case):
    spoil, said = SPOILT[case]
    spoil(folder / "model")
    with pytest.raises(Untrusted, match=said):
        verify(folder / "model" / "model.sig", folder / "model", key=folder / "signer.pub")


def rewritten(change):
    """Spoil the bundle as JSON."""

    def spoil(path):
        said = json.loads(path.read_text())
        change(said)
        path.write_text(json.dumps(said))

    return spoil


def payload(change):
    """Spoil what is signed."""

    def spoil(said):
        envelope = said["dsseEnvelope"]
        statement = json.loads(base64.b64decode(envelope["payload"]))
        change(statement)
        envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()

    return rewritten(spoil)


def flipped(path):
    said = json.loads(path.read_text())
    signature = bytearray(base64.b64decode(said["dsseEnvelope"]["signatures"][0]["sig"]))
    signature[-1] ^= 1
    said["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    path.write_text(json.dumps(said))


BUNDLES = {
    "a flipped bit in the signature": (flipped, Untrusted, "not made with this key"),
    "another digest in what is signed": (payload(lambda s: s["predicate"]["resources"][0].update(digest="0" * 64)), Untrusted, "key"),
    "a path that leaves the folder": (payload(lambda s: s["predicate"]["resources"][0].update(name="../x")), Unreadable, "paths"),
    "no serialization": (payload(lambda s: s["predicate"].pop("serialization")), Unreadable, "how the files"),
    "an unknown way of reading": (payload(lambda s: s["predicate"]["serialization"].update(method="magic")), Unreadable, "not known"),
    "an unknown algorithm": (payload(lambda s: s["predicate"]["serialization"].update(hash_type="md5")), Unreadable, "not known"),
    "two subjects": (payload(lambda s: s["subject"].append({})), Unreadable, "not one subject"),
    "another media type": (rewritten(lambda s: s.update(mediaType="text/plain")), Unreadable, "no Sigstore bundle"),
    "an older format": (rewritten(lambda s: s.update(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.1")), Untrusted, "media type"),
    "no envelope": (rewritten(lambda s: s.pop("dsseEnvelope")), Unreadable, "dsseEnvelope"),
    "no signature": (rewritten(lambda s: s["dsseEnvelope"].update(signatures=[])), Unreadable, "bundle"),
    "a payload of no JSON": (rewritten(lambda s: s["dsseEnvelope"].update(payload="bm8=")), Unreadable, "JSON"),
    "a payload of no base64": (rewritten(lambda s: s["dsseEnvelope"].update(payload="!")), Unreadable, "base64"),
    "signed by an identity": (rewritten(lambda s: s.update(verificationMaterial={"certificate": {}})), Malformed, "identity"),
    "no material": (rewritten(lambda s: s.update(verificationMaterial=[])), (Untrusted, Unreadable), "bundle|fit"),
    "HTML": (lambda path: path.write_text("<html>"), Unreadable, "JSON"),
    "nothing": (lambda path: path.write_bytes(b""), Unreadable, "JSON"),
    "no UTF-8": (lambda path: path.write_bytes(b"\xff\xfe"), Unreadable, "UTF-8"),
    "a list": (lambda path: path.write_text("[]"), Unreadable, "no Sigstore bundle"),
    "very deep": (lambda path: path.write_text("[" * 100_000), Unreadable, "deep|JSON"),
    "very large": (lambda path: path.write_bytes(b" " * (MAX_BYTES + 1)), TooLarge, "bytes"),
    "gone": (lambda path: path.unlink(), Missing, "no such file"),
}  # fmt: skip


@pytest.mark.parametrize("case", BUNDLES)
def test_a_bundle_that_is_none_is_an_error_that_names_it(folder, case):
    spoil, error, said = BUNDLES[case]
    spoil(folder / "beside.sig")
    (folder / "model" / "model.sig").unlink()
    with pytest.raises(error, match=said) as raised:
        verify(folder / "beside.sig", folder / "model", key=folder / "signer.pub")
    assert "beside.sig" in raised.value.where


@pytest.mark.parametrize(
    ("key", "error"),
    [("stranger.pub", Untrusted), ("rsa.pub", Malformed), ("signer", Malformed), ("beside.sig", Malformed), ("nobody", Missing), (".", Unreadable)],
)  # fmt: skip
def test_a_key_that_is_another_or_none_is_told(signed, key, error):
    with pytest.raises(error):
        verify(signed / "model" / "model.sig", signed / "model", key=signed / key)


def certificate(key, issuer_key, name, issuer, *, is_root):
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, content_commitment=False,
                key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )  # fmt: skip
    return made.sign(issuer_key, hashes.SHA256()).public_bytes(PEM)


def test_a_certificate_counts_if_it_follows_from_one_that_is_named(folder):
    root, key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    written(folder / "maker", key)
    (folder / "root.pem").write_bytes(certificate(root, root, "Root", "Root", is_root=True))
    (folder / "other.pem").write_bytes(certificate(other, other, "Other", "Other", is_root=True))
    (folder / "maker.pem").write_bytes(certificate(key, root, "Maker", "Root", is_root=False))
    (folder / "model" / "model.sig").unlink()
    signing.Config().use_certificate_signer(
        private_key=folder / "maker",
        signing_certificate=folder / "maker.pem",
        certificate_chain=[folder / "root.pem"],
    ).sign(folder / "model", folder / "cert.sig")
    found = verify(folder / "cert.sig", folder / "model", certificates=[folder / "root.pem"])
    assert found.files == 2
    with pytest.raises(Untrusted, match="does not follow"):
        verify(folder / "cert.sig", folder / "model", certificates=[folder / "other.pem"])
    with pytest.raises(Malformed, match="certificate"):
        verify(folder / "cert.sig", folder / "model", certificates=[folder / "maker"])
    with pytest.raises((Untrusted, Unreadable)):
        verify(folder / "cert.sig", folder / "model", key=folder / "signer.pub")


def test_a_model_that_was_signed_in_parts_is_read_in_these_parts(folder):
    from model_signing import hashing

    (folder / "model" / "model.sig").unlink()
    config = signing.Config().use_elliptic_key_signer(private_key=folder / "signer")
    config.set_hashing_config(hashing.Config().use_shard_serialization(shard_size=40_000))
    config.sign(folder / "model", folder / "parts.sig")
    assert verify(folder / "parts.sig", folder / "model", key=folder / "signer.pub").files > 2
