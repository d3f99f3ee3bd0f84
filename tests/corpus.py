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

NUMBERS = ("-1", "1e9", "1e400", "NaN", "Infinity", "1,5", "1.000,50", "2147483648", "١٢", "9" * 400)
DATES = ("2026-02-31", "2027-02-29", "0001-01-01", "9999-12-31", "31/12/2026")
STRICT: dict[str, tuple[str, ...]] = {
    "email|login": (
        "ada+b@example.org", '"a b"@example.org', "ada@ex\u00e4mple.org", "a" * 243 + "@example.org",
        "ada@example.org\r\nBcc: all@example.org",
    ),
    "phone|mobile": ("12", "+30 " + "1" * 60, "+٣٠ ٢٣١ ٠٠٠ ٠١٠٥"),
    "vat_number": ("EL 000 327 278", "EL000327279", "DE136695976", "EL" + "1" * 40),
    "iban": ("GR16 0110 1250 0000 0001 2300 695", "GR1601101250000000012300696", "GR"),
    "prefix": ("KYMA", "-kyma", "a" * 28, "kyma.onmicrosoft.com"),
    "mpn": ("123", "12345678901", "0012345", "٩٩٠٠١٨٥"),
    "postcode": ("0", "1" * 30, "546\u00a022"),
}  # fmt: skip
"""What is wrong, or only just right, in fields that take one kind of text; by a part of the field's name."""


def encoded(data: dict[str, str]) -> str:
    """A form's body with every text as it is, also those that are no Unicode."""

    def part(text: str) -> str:
        return quote_from_bytes(text.encode("utf-8", "surrogatepass"))

    return "&".join(f"{part(name)}={part(str(text))}" for name, text in data.items())


def arrives(text: str) -> str:
    """The text as the server reads it: a lone surrogate's three bytes become three replacement characters."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
