"""`umr digest` and `umr verify`: what stands for files, where else they are, whether they are what somebody says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from drafts import draft
from umr import umr, write

BODY = b"weights" * 1000
DIGEST = hashlib.sha256(BODY).hexdigest()
STATED = [{"fileName": "sub/w.bin", "byteSize": len(BODY), "sha256": DIGEST}]


@pytest.fixture
def model():
    folder = Path("model")
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "w.bin").write_bytes(BODY)
    return folder


@pytest.fixture
def registry(model):
    """Two artifacts that name the same file."""
    assert umr("init").code == 0
    documents = [
        draft("lab/a@1.0.0", distribution=STATED, signature="https://models.example.org/model.sig"),
        draft("lab/b@1.0.0", distribution=[{"fileName": "v.bin", "sha256": DIGEST}]),
        draft("lab/c@1.0.0"),
    ]
    assert umr("publish", *write(*documents)).code == 0


def test_what_is_printed_stands_in_a_record_as_it_is(model):
    umr("new", "lab/a", "-o", "a.yaml")
    with Path("a.yaml").open("a") as file:
        file.write(umr("digest", model).out)
    assert umr("validate", "a.yaml").code == 0
    assert umr("digest", model, "--json").json == STATED
    assert umr("digest", model / "sub" / "w.bin", "--format", "csv").out.splitlines() == [
        "fileName,byteSize,sha256", f"w.bin,{len(BODY)},{DIGEST}",
    ]  # fmt: skip


DRAFTS = {
    "comments.yaml": "# mine\ntype: Model # a model\nname: lab/a\nversion: 1.10.0\n",
    "no_end.yaml": "type: Model\nname: lab/a\nversion: 1.0.0",
    "windows.yaml": "type: Model\r\nname: lab/a\r\nversion: 1.0.0\r\n",
    "there.yaml": "type: Model\nname: lab/a\ndistribution:\n- fileName: sub/w.bin\n  note: mine\n# behind\nversion: 1.0.0\n",
    "plain.jsonld": '{"type": "Model", "name": "lab/a",   "version": "1.0.0"}',
    "number.jsonld": '{"type": "Model", "name": "lab/a", "version": "1.0.0", "parameterCount": 1e3, "x": [ 1.10 ]}\n',
    "there.jsonld": '{"distribution": {"fileName": "sub/w.bin", "note": "mine"}, "type": "Model", "name": "lab/a", "version": "1.0.0"}',
}


@pytest.mark.parametrize("name", DRAFTS)
def test_files_are_written_into_a_draft_and_nothing_else_of_it_changes(model, name):
    text = DRAFTS[name]
    Path(name).write_bytes(text.encode())
    done = umr("digest", model, "--into", name)
    assert done.code == 0, done.err
    after = Path(name).read_bytes().decode()
    assert DIGEST in after
    if "there" not in name:
        kept = text.rstrip("\n") if name.endswith(".yaml") else text.rstrip("}\n")
        assert after.startswith(kept)
    else:
        assert "mine" in after
    assert after.count("fileName") == 1
    again = umr("digest", model, "--into", name)
    assert again.code == 0
    assert Path(name).read_bytes().decode() == after


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("flow.yaml", "{type: Model, name: lab/a, version: 1.0.0}\n", 2),
        ("list.jsonld", "[]", 2),
        ("broken.jsonld", '{"type": ', 1),
        ("quoted.yaml", 'type: Model\nname: lab/a\n"distribution": []\n', 2),
        ("between.yaml", "type: Model\nname: lab/a\ndistribution:\n- fileName: x\n# y\n- fileName: z\n", 2),
    ],
)
def test_a_draft_that_cannot_be_changed_stays_as_it_is(model, name, text, code):
    Path(name).write_text(text)
    done = umr("digest", model, "--into", name)
    assert done.code == code
    assert "error" in done.err
    assert code == 1 or "cannot be changed" in done.err or name == "list.jsonld"
    assert Path(name).read_text() == text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (f"sha256:{DIGEST}", ["lab/a@1.0.0", "lab/b@1.0.0"]),
        ("model", ["lab/a@1.0.0", "lab/b@1.0.0"]),
        ("lab/a", ["lab/b@1.0.0"]),
        ("lab/c", []),
        ("sha256:" + "0" * 64, []),
    ],
)
def test_the_same_file_is_found_whatever_it_is_called(registry, asked, found):
    done = umr("digest", "--find", asked, "--json")
    assert [one["reference"] for one in done.json] == found
    assert done.code == (0 if found else 3)


def test_a_search_for_a_digest_finds_artifacts(registry):
    found = umr("search", f"sha256:{DIGEST}", "--json").json["entries"]
    assert [one["reference"] for one in found] == ["lab/a@1.0.0", "lab/b@1.0.0"]


def test_files_that_a_record_names_are_told_from_others(registry, model):
    done = umr("verify", "lab/a", model)
    assert done.code == 0
    assert "https://models.example.org/model.sig" in done.err
    (model / "new.txt").write_text("x")
    assert umr("verify", "lab/a", model).out == "new.txt: the record does not name it\n"
    (model / "sub" / "w.bin").write_bytes(BODY[:-1] + b"x")
    done = umr("verify", "lab/a", model, "--json")
    assert done.code == 5
    assert [(one["file"], one["state"]) for one in done.json["files"]] == [
        ("new.txt", "unnamed"), ("sub/w.bin", "changed"),
    ]  # fmt: skip
    (model / "sub" / "w.bin").unlink()
    assert umr("verify", "lab/a", model).code == 5
    assert umr("verify", "lab/c", model).code == 3


def test_a_signature_is_checked_with_a_key_and_says_what_does_not_fit(registry, model):
    signing = pytest.importorskip("model_signing.signing", reason="needs pip install 'umr-ld[signing]'")
    from cryptography.hazmat.primitives.asymmetric import ec
    from test_signing import written

    written(Path("signer"), ec.generate_private_key(ec.SECP256R1()))
    written(Path("stranger"), ec.generate_private_key(ec.SECP256R1()))
    signing.Config().use_elliptic_key_signer(private_key=Path("signer")).sign(model, model / "model.sig")
    done = umr("verify", "lab/a", model, "--key", "signer.pub", "--json")
    assert done.code == 0, done.err
    assert done.json["signature"] == {"name": "model", "files": 1, "leftOut": []}
    assert umr("verify", "lab/c", model, "--key", "signer.pub").code == 0
    assert umr("verify", "lab/a", model, "--key", "stranger.pub").code == 5
    (model / "new.txt").write_text("x")
    done = umr("verify", "lab/a", model, "--key", "signer.pub", "--json")
    assert (done.code, done.problem["status"]) == (5, 422)
    assert "new.txt" in done.problem["detail"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--bundle", "x.sig"], 2),
        (["--key", "a", "--certificate", "b"], 2),
        (["--key", "nobody"], 3),
    ],
)
def test_what_cannot_be_checked_is_no_yes(registry, model, words, code):
    assert umr("verify", "lab/a", model, *words).code == code
    assert umr("verify", "lab/a", "nowhere").code == 3
