"""The product's own source, for tests that read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LAYERS = ("kernel", "accounts", "resellers", "affiliates", "invoicing", "storefront", "bss")
PACKAGES = ("config", *LAYERS[1:])


def modules(*packages: str) -> Iterator[Path]:
    """Python files of these packages (all of ours by default), without migrations, relative to the checkout."""
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT)


@cache
def tree(path: Path) -> ast.Module:
    """The parsed module."""
    return ast.parse((ROOT / path).read_text())


def source_lines(path: Path) -> list[str]:
    """The lines of the module."""
    return (ROOT / path).read_text().splitlines()


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function of the module with its qualified name."""

    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{prefix}{child.name}", child
                yield from walk(child, f"{prefix}{child.name}.")
            elif isinstance(child, ast.ClassDef):
                yield from walk(child, f"{prefix}{child.name}.")
            else:
                yield from walk(child, prefix)

    yield from walk(tree(path), "")


def parts(path: Path) -> set[str]:
    """Folder and module names of a path: `invoicing/services/runs.py` has invoicing, services, runs."""
    return set(path.with_suffix("").parts)
