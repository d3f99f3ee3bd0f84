"""The addresses of the product, read from the resolver."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.urls import URLPattern, URLResolver


def patterns(
    resolver: URLResolver, *, without: Collection[str] = (), namespaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, URLPattern]]:
    """Every pattern with its full name; namespaces in `without` are left out."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield ":".join((*namespaces, str(entry.name))), entry
        elif entry.namespace not in without:
            inside = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from patterns(entry, without=without, namespaces=inside)
