"""The house: imports point down, nothing goes in circles, heavy libraries stay in their rooms."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "umr_ld"
SERVER = ROOT / "server" / "umr_server"

# The storeys, lowest first. A module may import from its own storey and from those below.
STOREYS = [
    (
        "errors garbage findings media document resources examples entry tree names moments versions ranges range_syntax "
        "order osv addresses vocab record"
    ),
    (
        "strictjson yamlld turtle lexical prefixes mint jsonld reading screen rules checks entail inherit change derive lineage "
        "sparql scores page risk licences audit"
    ),
    "formats render durable lock seal mark transactions database journal store index files net exchange alerts access inbox weights",
    "registry",
    "remote harvest",
    "cli __main__",
]
LEVEL = {name: level for level, names in enumerate(STOREYS) for name in names.split()}
TRANSLATION = {"formats", "render"}
EDGE = {
    "durable", "lock", "seal", "mark", "transactions", "database", "journal", "store", "index", "files", "net", "alerts", "access", "inbox",
    "weights",
}  # fmt: skip
ROOMS = {
    "rdflib": {"rules"},
    "pyshacl": {"rules"},
    "owlrl": set(),
    "yaml": {"yamlld"},
    "click": {"cli", "__main__"},
    "rich": {"cli"},
    "flask": {"umr_server"},
    "waitress": {"umr_server"},
    "pydantic": {"umr_server"},
    "spectree": {"umr_server"},
    "sqlite3": {"index", "database", "transactions"},
    "huggingface_hub": {"harvest"},
    "httpx2": {"harvest"},
    "model_signing": {"weights"},
    "kagglesdk": {"harvest"},
    "socket": {"cli", "umr_server", "net"},
    "http.client": {"net"},
    "smtplib": {"alerts"},
    "license_expression": {"licences"},
    "jinja2": {"render", "umr_server"},
    "typst": {"render"},
    "pygraphviz": {"render"},
    "mcp": {"cli"},
    "urllib.request": set(),
}


def modules():
    for root in (PACKAGE, SERVER):
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root.parent).with_suffix("").parts
            yield ".".join(part for part in parts if part != "__init__"), path


MODULES = dict(modules())


@functools.cache
def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def imports(path, *, lazy=True):
    """Names of imported modules; those for type checkers only are left out."""
    return tuple(_imports(parsed(path), lazy))


def _imports(source, lazy):
    hidden = {
        inner
        for node in ast.walk(source)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for child in node.body
        for inner in ast.walk(child)
    }
    nodes = ast.walk(source) if lazy else iter(source.body)
    for node in nodes:
        if node in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module):
    parts = module.split(".")
    if parts[0] == "umr_server":
        return "umr_server"
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("module", [m for m in MODULES if room(m) not in {"", "umr_server"}])
def test_imports_point_down(module):
    here = LEVEL.get(room(module))
    assert here is not None, f"{module} stands on no storey; say in tests/test_house.py where it belongs"
    for target in imports(MODULES[module]):
        if target in MODULES and room(target) not in {"", room(module)}:
            assert LEVEL[room(target)] <= here, f"{module} reaches up to {target}"


def test_contributors_are_told_of_every_room():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = page.partition("| storey |")[2].partition("\n\n")[0]
    told = {name.strip("/") for names in re.findall(r"`([^`]+)`", table) for name in names.split()}
    assert told - {"cli", "server/umr_server"} == LEVEL.keys() - {"cli", "__main__"}


@pytest.mark.parametrize("module", [m for m in MODULES if room(m) in TRANSLATION | EDGE])
def test_translation_and_edge_never_meet(module):
    others = EDGE if room(module) in TRANSLATION else TRANSLATION
    for target in imports(MODULES[module]):
        if target.startswith("umr_ld."):
            assert room(target) not in others, f"{module} imports {target}"


def test_nothing_imports_the_server_but_the_command_line():
    for module, path in MODULES.items():
        if room(module) not in {"umr_server", "cli"}:
            assert not any(target.split(".")[0] == "umr_server" for target in imports(path)), module


def test_there_is_no_import_cycle():
    graph = {
        module: {
            target
            for target in imports(path)
            # Whoever imports a module has imported the packages around it.
            if target in MODULES and target != module and not module.startswith(f"{target}.")
        }
        for module, path in MODULES.items()
    }
    while graph:
        free = [module for module, targets in graph.items() if not targets & graph.keys()]
        assert free, f"these import each other in a circle: {sorted(graph)}"
        for module in free:
            del graph[module]


@pytest.mark.parametrize("library", ROOMS)
def test_a_library_stays_in_its_room(library):
    for module, path in MODULES.items():
        users = {target for target in imports(path) if target == library or target.startswith(f"{library}.")}
        assert not users or room(module) in ROOMS[library], f"{module} uses {library}"


@pytest.mark.parametrize("module", MODULES)
def test_a_file_is_read_in_one_sitting(module):
    assert MODULES[module].read_text(encoding="utf-8").count("\n") <= 500


@pytest.mark.parametrize("module", MODULES)
def test_no_function_is_longer_than_a_page(module):
    for node in ast.walk(parsed(MODULES[module])):
        if isinstance(node, ast.FunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= 70, f"{module}.{node.name} has {length} lines"


@pytest.mark.parametrize("module", MODULES)
def test_names_say_something(module):
    assert module.rpartition(".")[2] not in {"utils", "helpers", "common", "base", "manager", "misc"}


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_says_what_is_true_of_it(module):
    source = parsed(MODULES[module])
    assert ast.get_docstring(source), f"{module} has no docstring"
    for node in source.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{module}.{node.name} has no docstring"


def test_the_version_is_told_without_loading_anything_heavy():
    code = "import sys, umr_ld.__main__; print([m for m in ('click', 'rich', 'rdflib', 'yaml') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "[]"
