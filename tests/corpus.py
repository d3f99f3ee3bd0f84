"""Texts that people and attackers type: one list for forms, importers and services.

A lone surrogate is written as it travels in a request body (see `encoded`); everything else is what it says.
"""

from __future__ import annotations

from urllib.parse import quote_from_bytes

TEXTS: dict[str, str] = {
    "empty": "",
    "spaces": "   ",
    "no-break space": "\u00a0",
    "zero width": "Ad\u200ba\ufeff",
    "only zero width": "\u200b",
    "right to left override": "\u202eadA",
    "nul": "Ad\x00a",
    "line breaks": "Ada\r\nBcc: all@example.org",
    "long": "x" * 10_000,
    "emoji": "🚀",
    "composed accent": "Καφ\u03ad",
    "decomposed accent": "Καφε\u0301",
    "final sigma": "ΟΔΟΣ οδος",
    "lone surrogate": "Ad\ud800a",
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=1>',
    "template": "{{7*7}}",
    "formula": "=1+1",
    "sql": "' OR 1=1--",
    "path": "../../etc/passwd",
    "percent nul": "%00",
    "other case": "aDA",
}
"""By what they are, for the names of tests."""


def encoded(data: dict[str, str]) -> str:
    """A form's body with every text as it is, also those that are no Unicode."""

    def part(text: str) -> str:
        return quote_from_bytes(text.encode("utf-8", "surrogatepass"))

    return "&".join(f"{part(name)}={part(str(text))}" for name, text in data.items())


def arrives(text: str) -> str:
    """The text as the server reads it: a lone surrogate's three bytes become three replacement characters."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
