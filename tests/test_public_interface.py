"""The names that people may build on: a change here is a change for them."""

from __future__ import annotations

import inspect

import pytest

import umr_ld

NAMES = {
    "Document", "Finding", "Link", "Media", "Name", "Node", "Range", "Record", "Ref", "Registry", "Report",
    "Severity", "UmrError", "Version", "__version__",
}  # fmt: skip

REGISTRY = {
    "create", "open", "in_memory", "close", "base", "vocabulary", "policy", "events", "folder", "position", "glimpse",
    "validate", "publish", "import_trees", "follow", "case_twins", "withdraw", "vanish", "bump", "alerts", "subscribe", "look", "gather", "deliver",
    "show", "mentioned", "get", "body", "history", "listing", "suggest", "carrying", "same_files", "diff", "lineage", "impact", "query", "copy_store",
    "counts", "access", "inbox", "has_access", "is_writing", "head", "reviewers",
    "aliases", "known_as", "alias_proposals", "advisories", "advisory", "verdicts", "affected", "told", "judged", "check", "unknown", "licences",
    "rebuild", "rebuild_folder", "doctor", "examine", "backup", "restore", "adopt", "peers", "lines", "closure",
}  # fmt: skip


def test_the_public_names_are_these():
    assert set(umr_ld.__all__) == NAMES
    assert set(dir(umr_ld)) == NAMES


def test_the_registry_answers_to_these():
    assert {name for name in dir(umr_ld.Registry) if not name.startswith("_")} == REGISTRY


@pytest.mark.parametrize("name", sorted(NAMES - {"__version__"}))
def test_every_public_name_can_be_had_and_says_what_it_is(name):
    assert inspect.getdoc(getattr(umr_ld, name))


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        umr_ld.nonsense  # noqa: B018


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_method_of_the_registry_documents_its_arguments(name):
    method = inspect.getattr_static(umr_ld.Registry, name)
    function = method.fget if isinstance(method, property) else getattr(method, "__func__", method)
    said = inspect.getdoc(function) or ""
    assert said
    arguments = [each for each in inspect.signature(function).parameters if each != "self"]
    if arguments and "rguments and errors as of" not in said and "As `" not in said:
        for argument in arguments:
            assert f"{argument}:" in said, f"Registry.{name} does not document {argument}"


def test_every_class_of_error_has_its_exit_code_and_status():
    from umr_ld.errors import every_error

    for cls in every_error():
        assert cls.exit_code in {1, 2, 3, 4, 5, 6, 7, 70}
        assert 400 <= cls.status <= 507
        assert cls.title
