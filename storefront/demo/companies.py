"""The invented companies of the demo (storefront/demo_data/companies.csv). Their numbers exist nowhere else."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from accounts.services.accounts import Company

LONGEST = 200
FILE = Path(__file__).resolve().parent.parent / "demo_data" / "companies.csv"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the file."""

    ref: str
    kind: str
    purpose: str
    reseller_ref: str
    mpn_id: str
    csp_tenant_id: str
    company: Company

    @property
    def prefix(self) -> str:
        """A tenant name made of its reference."""
        return f"acd{self.ref.lower()}"


def entries() -> list[Entry]:
    """All rows in their order."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return [_entry(row) for row in csv.DictReader(file)]


def _fitting(name: str) -> str:
    """As much of a very long name as an account takes, in whole words."""
    return name if len(name) <= LONGEST else name[:LONGEST].rsplit(" ", 1)[0]


def _entry(row: dict[str, str]) -> Entry:
    company = Company(
        name=_fitting(row["name"]),
        country=row["country"],
        email=row["email"],
        phone=row["phone"],
        address_line1=row["address_line1"],
        address_line2=row["address_line2"],
        city=row["city"],
        region=row["region"],
        postcode=row["postcode"],
        vat_number=row["tax_id"] if row["tax_id_kind"] == "EU VAT" else "",
        segment=row["segment"],
        language=row["language"] if row["language"] in {"en", "el", "de"} else "en",
    )
    return Entry(
        ref=row["company_ref"],
        kind=row["kind"],
        purpose=row["purpose"],
        reseller_ref=row["reseller_ref"],
        mpn_id=row["mpn_id"],
        csp_tenant_id=row["csp_tenant_id"],
        company=company,
    )
