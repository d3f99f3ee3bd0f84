"""XML as text, written in order: what is empty leaves no element behind, and no text gets in unescaped.

Strings instead of a tree: an invoice of 20,000 lines needs no memory for half a million elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NewType
from xml.sax.saxutils import escape, quoteattr

from invoicing.rendering.paper import plain

Xml = NewType("Xml", str)
"""Finished markup; only the functions of this module make it."""

HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
NOT_XML: Final = re.compile("[\ufffe\uffff]")


def clean(text: str) -> str:
    """The text on one line, without characters that XML 1.0 has no place for."""
    return " ".join(NOT_XML.sub("", plain(text)).split())


def leaf(name: str, text: str, **attributes: str) -> Xml:
    """An element with a text; nothing when the text is empty."""
    text = clean(text)
    return Xml(f"<{name}{_written(attributes)}>{escape(text)}</{name}>") if text else Xml("")


def node(name: str, *children: Xml) -> Xml:
    """An element with others inside; nothing when all of them are empty."""
    inside = "".join(children)
    return Xml(f"<{name}>{inside}</{name}>") if inside else Xml("")


def many(elements: Iterable[Xml]) -> Xml:
    """Elements one after the other."""
    return Xml("".join(elements))


def whole(name: str, namespaces: dict[str, str], *children: Xml) -> bytes:
    """The document: declaration and root element with its namespaces ("" is the default one), in UTF-8."""
    spaces = {f"xmlns:{prefix}" if prefix else "xmlns": uri for prefix, uri in namespaces.items()}
    return f"{HEAD}<{name}{_written(spaces)}>{''.join(children)}</{name}>\n".encode()


def _written(attributes: dict[str, str]) -> str:
    return "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
