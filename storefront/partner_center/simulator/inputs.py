"""Inputs that always go wrong, as test card numbers do: partner ids, domain prefixes, postcodes, signers.

Everything else that is well formed works, unless the simulator was seeded with a closed list of resellers or products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PROVIDER_MPN: Final = "2072072"  # the distributor's own partner id: never a partner of record


@dataclass(frozen=True, slots=True)
class BadPartner:
    """A partner id that Microsoft refuses: with which code, and what each route says about it."""

    code: int
    text: str
    exists: bool = True  # has an MPN profile
    related: bool = True  # stands among our indirect resellers


BAD_PARTNERS: Final = {
    "4040404": BadPartner(3000, "Partner Organization with partner_id 4040404 could not be found", False, False),
    "2200200": BadPartner(2200, "The MPN ID has not been migrated to a partner location account", related=False),
    "2201201": BadPartner(2201, "The MPN ID belongs to another CSP region", related=False),
    "2203203": BadPartner(2203, "The partner has not signed the Microsoft Partner Agreement"),
    "2204204": BadPartner(2204, "No CSP indirect reseller account stands behind this MPN ID", related=False),
    "8000160": BadPartner(800016, "The MPN ID does not belong to an indirect reseller", related=False),
    "9004140": BadPartner(900414, "The partner is not authorised for this transaction"),
    "9001540": BadPartner(
        900154, "The PLA id is not linked to an active reseller tenant: the partner is suspended", related=False
    ),
    PROVIDER_MPN: BadPartner(2072, "The provider's own MPN ID cannot be the partner of record", related=False),
}

TAKEN_PREFIXES: Final = frozenset({"contoso", "fabrikam", "microsoft", "admin", "office", "taken"})
TAKEN_AT_CREATION: Final = "simrace"  # free when asked, taken when created
OUTAGE: Final = "simoutage"  # the first two creations answer 503 without effect
SLOW: Final = "simslow"  # the first creation is booked but answered after `slow_seconds`
UNDER_REVIEW: Final = "simreview"  # the new tenant is under review until `/_sim/vetting` says otherwise
NOT_ALLOWED: Final = "simbarred"  # the new tenant is not allowed to buy
RISK: Final = "simrisk"  # checkout fails the risk check (800069)
NEVER_PROVISIONED: Final = "simstuck"  # orders are accepted and never provisioned
PROVISIONING_FAILS: Final = "simfail"  # orders are accepted, provisioning fails
BAD_POSTCODE: Final = "00000"  # any of them with spaces or dashes
UNSURE_POSTCODE: Final = "99999"  # the address service cannot judge


def is_taken(prefix: str) -> bool:
    """Say whether the prefix is one of those that always answer "taken"."""
    return prefix in TAKEN_PREFIXES or prefix.startswith("simtaken")


def digits(postcode: str) -> str:
    """The postcode without spaces and dashes."""
    return "".join(character for character in postcode if character.isalnum())
