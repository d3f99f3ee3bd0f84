"""The cast of the document tests: Ada's company with its customers, and Ben's."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from accounts.enums import AccountKind
from accounts.models import Account
from tests.integration.invoicing import issued


@dataclass(frozen=True)
class Company:
    """A reseller with an affiliate and two end customers."""

    reseller: Account
    affiliate: Account
    acme: Account
    beta: Account


def company(name: str, number: int) -> Company:
    reseller = issued.account(name, f"R-{number:04d}")
    kinds = (AccountKind.AFFILIATE, AccountKind.END_CUSTOMER, AccountKind.END_CUSTOMER)
    names = (f"{name} – Hosting", f"Zeta of {name}", f"Αρτοποιείο of {name}")
    letters = "ACC"
    others = [
        issued.account(title, f"{letters[at]}-{number:03d}{at:02d}", kind=kind, bill_to=reseller)
        for at, (title, kind) in enumerate(zip(names, kinds, strict=True))
    ]
    return Company(reseller, *others)


@pytest.fixture
def ada_company(db: None) -> Company:
    return company("Thermaikos", 5)


@pytest.fixture
def ben_company(db: None) -> Company:
    return company("Hellas Cloud", 7)
