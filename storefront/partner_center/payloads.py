"""What is sent, in two families of types.

What a company buys for itself or its affiliates has no partner id at all; what it buys for an end customer cannot be
built without one (product.md R4.3, partner_center.md §12.1).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

PARTNER_ID = re.compile(r"[1-9][0-9]{3,9}")
TENANT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MCA = "MicrosoftCustomerAgreement"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A write, byte for byte. The same bytes are sent again when the outcome is unknown."""

    method: str
    path: str
    body: str

    @property
    def body_hash(self) -> str:
        """SHA-256 of the body, in hexadecimal."""
        return hashlib.sha256(self.body.encode()).hexdigest()

    def document(self) -> Any:
        """The body as JSON, to be stored; None without a body."""
        return json.loads(self.body) if self.body else None

    @classmethod
    def of(cls, method: str, path: str, document: Any) -> Outgoing:
        """The same bytes again from a stored document: keys sorted, no spaces."""
        return cls(method, path, "" if document is None else canonical(document))


def canonical(document: Any) -> str:
    """One text for one document, however it was stored."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _outgoing(path: str, body: dict[str, Any] | None) -> Outgoing:
    return Outgoing.of("POST", path, body)


@dataclass(frozen=True, slots=True)
class Address:
    """A billing address. Country is ISO 3166 alpha-2; state is empty where the country has none."""

    line1: str
    city: str
    country: str
    postcode: str
    line2: str = ""
    state: str = ""

    def fields(self) -> dict[str, str]:
        """As Microsoft names them, empty ones left out."""
        named = {
            "AddressLine1": self.line1[:200],
            "AddressLine2": self.line2[:200],
            "City": self.city,
            "State": self.state,
            "PostalCode": self.postcode,
            "Country": self.country,
        }
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Person:
    """A name and how to reach it."""

    first_name: str
    last_name: str
    email: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    """Who the tenant is for."""

    name: str
    email: str
    culture: str
    language: str
    address: Address
    contact: Person
    domain: str  # prefix.onmicrosoft.com, lower case

    def fields(self) -> dict[str, Any]:
        """Company and billing profile."""
        person = {"FirstName": self.contact.first_name[:50], "LastName": self.contact.last_name[:50]}
        phone = {"PhoneNumber": self.contact.phone} if self.contact.phone else {}
        return {
            "CompanyProfile": {"Domain": self.domain},
            "BillingProfile": {
                "Email": self.email,
                "Culture": self.culture,
                "Language": self.language,
                "CompanyName": self.name,
                "DefaultAddress": {**person, **self.address.fields(), **phone},
            },
        }


@dataclass(frozen=True, slots=True)
class OwnTenant:
    """The tenant of the reseller itself or of an affiliate: tied to no partner."""

    company: Company

    def outgoing(self) -> Outgoing:
        """POST /v1/customers."""
        return _outgoing("/v1/customers", self.company.fields())


@dataclass(frozen=True, slots=True)
class EndCustomerTenant:
    """The tenant of an end customer: always tied to the reseller's own tenant at Microsoft."""

    company: Company
    reseller_tenant_id: str

    def __post_init__(self) -> None:
        if not TENANT_ID.fullmatch(self.reseller_tenant_id):
            msg = "the reseller's tenant id is a GUID in lower case"
            raise ValueError(msg)

    def outgoing(self) -> Outgoing:
        """POST /v1/customers."""
        return _outgoing("/v1/customers", {**self.company.fields(), "AssociatedPartnerId": self.reseller_tenant_id})


@dataclass(frozen=True, slots=True)
class Line:
    """One product in a cart. The friendly name carries our reference; the term is P1M, P1Y or P3Y."""

    catalog_item_id: str
    friendly_name: str
    quantity: int
    term: str
    billing_cycle: str

    def fields(self) -> dict[str, Any]:
        """As Microsoft names them."""
        return {
            "id": 0,
            "catalogItemId": self.catalog_item_id,
            "friendlyName": self.friendly_name,
            "quantity": self.quantity,
            "termDuration": self.term,
            "billingCycle": self.billing_cycle.lower(),
        }


@dataclass(frozen=True, slots=True)
class OwnUseCart:
    """Personal usage and affiliates: there is no place for a partner id."""

    tenant_id: str
    line: Line

    def outgoing(self) -> Outgoing:
        """POST /v1/customers/{tenant}/carts."""
        return _outgoing(f"/v1/customers/{quote(self.tenant_id)}/carts", {"lineItems": [self.line.fields()]})


@dataclass(frozen=True, slots=True)
class EndCustomerCart:
    """End customers: the reseller stands on every line, and its role is attested."""

    tenant_id: str
    line: Line
    partner_id: str

    def __post_init__(self) -> None:
        if not PARTNER_ID.fullmatch(self.partner_id):
            msg = "an end customer's order needs the reseller's MPN ID"
            raise ValueError(msg)

    def outgoing(self) -> Outgoing:
        """POST /v1/customers/{tenant}/carts."""
        participants = [{"key": "transaction_reseller", "value": self.partner_id}]
        body = {
            "partnerOnRecordAttestationAccepted": True,
            "lineItems": [{**self.line.fields(), "participants": participants}],
        }
        return _outgoing(f"/v1/customers/{quote(self.tenant_id)}/carts", body)


def checkout(tenant_id: str, cart_id: str) -> Outgoing:
    """POST …/carts/{id}/checkout: no body; idempotent per cart."""
    return _outgoing(f"/v1/customers/{quote(tenant_id)}/carts/{quote(cart_id)}/checkout", None)


def agreement(tenant_id: str, *, signer: Person, template_id: str, agreed_at: datetime) -> Outgoing:
    """POST /v1/customers/{tenant}/agreements: we confirm that the signer accepted the customer agreement."""
    contact = {"firstName": signer.first_name, "lastName": signer.last_name, "email": signer.email}
    if signer.phone:
        contact["phoneNumber"] = signer.phone
    body = {
        "primaryContact": contact,
        "templateId": template_id,
        "dateAgreed": agreed_at.isoformat(),
        "type": MCA,
    }
    return _outgoing(f"/v1/customers/{quote(tenant_id)}/agreements", body)


def auto_renew(tenant_id: str, subscription: dict[str, Any], *, on: bool) -> Outgoing:
    """PATCH …/subscriptions/{id}: the whole resource as it was read, with this one wish in it.

    What is left out would be reset (partner_center.md §9). The etag in `attributes` is not part of the wish: it goes
    along as If-Match.
    """
    body = {name: value for name, value in subscription.items() if name not in {"attributes", "links"}}
    path = f"/v1/customers/{quote(tenant_id)}/subscriptions/{quote(str(subscription['id']))}"
    return Outgoing.of("PATCH", path, {**body, "autoRenewEnabled": on})
