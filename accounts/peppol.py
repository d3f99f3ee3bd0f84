"""Electronic addresses of the Peppol network: a scheme of the EAS code list and an id in it (EN 16931 BT-34, BT-49).

Pure. The codes are among those that the rules of EN 16931 know (BR-CL-25); other kinds of transport are left out.
"""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts import names

ID: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9:._\-]{2,49}$")
GLN: Final = "0088"
VAT_OF: Final[dict[str, str]] = dict(
    re.findall(
        r"(\d{4}):(\w\w)",
        "9910:HU 9914:AT 9920:ES 9922:AD 9923:AL 9924:BA 9925:BE 9926:BG 9927:CH 9928:CY 9929:CZ 9930:DE "
        "9931:EE 9932:GB 9933:GR 9934:HR 9935:IE 9936:LI 9937:LT 9938:LU 9939:LV 9940:MC 9941:ME 9942:MK "
        "9943:MT 9944:NL 9945:PL 9946:PT 9947:RO 9948:RS 9949:SI 9950:SK 9951:SM 9952:TR 9953:VA 9957:FR ",
    )
)
"""Schemes whose ids are VAT numbers, by country."""
REGISTERS: Final = {
    "0002": "SIRENE, FR",
    "0007": "Organisationsnummer, SE",
    "0009": "SIRET, FR",
    "0037": "LY-tunnus, FI",
    "0060": "D-U-N-S",
    GLN: "GLN, GS1",
    "0096": "P-nummer, DK",
    "0106": "KvK, NL",
    "0130": "European Commission",
    "0151": "ABN, AU",
    "0154": "IČO, CZ",
    "0158": "IČO, SK",
    "0183": "UID, CH",
    "0184": "CVR, DK",
    "0188": "Corporate number, JP",
    "0190": "OIN, NL",
    "0191": "Registrikood, EE",
    "0192": "Organisasjonsnummer, NO",
    "0195": "UEN, SG",
    "0196": "Kennitala, IS",
    "0198": "SE-nummer, DK",
    "0199": "LEI",
    "0200": "JAR kodas, LT",
    "0201": "IPA, IT",
    "0204": "Leitweg-ID, DE",
    "0205": "CODDEST, IT",
    "0208": "KBO/BCE, BE",
    "0209": "GS1",
    "0210": "Codice fiscale, IT",
    "0211": "Partita IVA, IT",
    "0212": "Y-tunnus, FI",
    "0213": "ALV, FI",
    "0216": "OVT, FI",
    "0218": "Reģistrācijas numurs, LV",
    "0221": "Qualified invoice issuer, JP",
    "0225": "FRCTC, FR",
    "9959": "EIN, US",
}
"""Schemes of registers and networks; the names are those under which companies know their number."""
CODES: Final = tuple(sorted({*VAT_OF, *REGISTERS}))


def choices() -> list[tuple[str, str]]:
    """The schemes for a form: code, and what its ids are."""
    words = {code: f"VAT, {names.vat_prefix(country) or country}" for code, country in VAT_OF.items()}
    return [("", "–"), *((code, f"{code} · {REGISTERS.get(code) or words[code]}") for code in CODES)]


def checked(scheme: str, identifier: str) -> tuple[str, str]:
    """Both as they are kept, or two empty texts. Raises BadText (with field) when one is missing or cannot be."""
    scheme, identifier = names.clean_text(scheme), names.clean_text(identifier).replace(" ", "")
    if not scheme and not identifier:
        return "", ""
    if not scheme:
        raise names.BadText(_("Choose the scheme of the Peppol id, or empty both fields."), field="peppol_scheme")
    if not identifier:
        raise names.BadText(_("Enter the id in this scheme, or empty both fields."), field="peppol_id")
    if scheme not in CODES:
        raise names.BadText(_("This scheme is not in the list."), field="peppol_scheme")
    if not ID.match(identifier):
        raise names.BadText(
            _("Enter the id without its scheme: 3 to 50 letters, digits, and : . _ - between them."), field="peppol_id"
        )
    if scheme == GLN and not _is_gln(identifier):
        raise names.BadText(_("A GLN has 13 digits; this one has a wrong length or check digit."), field="peppol_id")
    return scheme, identifier


def _is_gln(identifier: str) -> bool:
    from stdnum import ean

    return len(identifier) == 13 and bool(ean.is_valid(identifier))
