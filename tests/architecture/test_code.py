"""Rules of the house that only the source can show."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import LAYERS, PACKAGES, ROOT, functions, modules, parts, source_lines, tree

EDGES = {
    "adapters",
    "demo",
    "views",
    "tasks",
    "commands",
    "admin",
    "admin_site",
    "middleware",
    "simulator",
    "templatetags",
}
STATES = {"status", "state"}
TEMPLATES = sorted(path.relative_to(ROOT) for path in (ROOT / "templates").rglob("*.html"))
WEB_TEMPLATES = [path for path in TEMPLATES if not {"pdf", "emails"} & set(path.parts)]


def clock_reads(path: Path) -> Iterator[str]:
    """Calls of now() or today() in the module."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"now", "today"}:
            yield f"{path}:{node.lineno} {ast.unparse(node.func)}()"


def test_time_comes_in_as_an_argument() -> None:
    inside = [path for path in modules(*LAYERS[1:]) if not parts(path) & EDGES]

    assert [read for path in inside for read in clock_reads(path)] == []


def state_changes(path: Path) -> Iterator[tuple[str, str]]:
    """Where the module sets a status: by assignment, or through a queryset's update()."""
    for name, function in functions(path):
        for node in ast.walk(function):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(target, ast.Attribute) and target.attr in STATES for target in targets):
                yield name, f"{path}:{node.lineno} in {name}"
            updates = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update"
            if updates and {keyword.arg for keyword in node.keywords} & STATES:  # type: ignore[attr-defined]
                yield name, f"{path}:{node.lineno} in {name}"


def test_only_models_mark_and_services_change_states() -> None:
    wrong = [
        place
        for path in modules(*LAYERS[1:])
        if not parts(path) & {"services", "simulator"}
        for name, place in state_changes(path)
        if not ("models" in parts(path) and name.rpartition(".")[2].startswith("mark_"))
    ]

    assert wrong == []


def test_services_are_asked_by_keyword() -> None:
    loose = [
        f"{path}:{function.lineno} {name}"
        for path in modules(*LAYERS[1:])
        if "services" in parts(path)
        for name, function in functions(path)
        if "." not in name
        and not name.startswith("_")
        and {"by", "at"} & {argument.arg for argument in function.args.args}
    ]

    assert loose == []


def test_no_app_listens_to_signals_of_models() -> None:
    listening = [
        f"{path}:{node.lineno}"
        for path in modules(*LAYERS[1:])
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module == "django.db.models.signals"
        if {alias.name for alias in node.names} - {"post_migrate"}
    ]

    assert listening == []


@pytest.mark.parametrize("path", WEB_TEMPLATES, ids=str)
def test_templates_obey_the_content_security_policy(path: Path) -> None:
    markup = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", "", (ROOT / path).read_text(), flags=re.DOTALL)

    assert re.findall(r"<[^>]+\sstyle\s*=", markup) == []
    assert re.findall(r"<[^>]+\son[a-z]+\s*=", markup) == []
    assert re.findall(r"<style[\s>]", markup) == []
    assert [
        tag for tag in re.findall(r"<script[^>]*>", markup) if "src=" not in tag and "application/json" not in tag
    ] == []
    assert re.findall(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", markup) == []


def statements(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Statements of the function: how a formatter breaks a call or a table over lines says nothing about its length."""
    return sum(isinstance(inner, ast.stmt) for inner in ast.walk(node)) - 1


def test_nothing_grows_too_long() -> None:
    files = modules(*PACKAGES, "tests")
    too_long = [f"{path}: {len(lines)} lines" for path in files if len(lines := source_lines(path)) > 400]
    too_long += [
        f"{path}: {name} has {statements(node)} statements"
        for path in modules()
        for name, node in functions(path)
        if statements(node) > 40
    ]
    too_long += [
        f"{path}: class {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and (node.end_lineno or 0) - node.lineno >= 200
    ]

    assert too_long == []
