"""Routes about customers (tenants): domain, address, creation, look-up, agreement, vetting."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from storefront.partner_center.simulator import inputs
from storefront.partner_center.simulator.state import World
from storefront.partner_center.simulator.wire import Answer, Refusal, Request, checked, collection, stable_guid, stamp

SUFFIX = ".onmicrosoft.com"
PREFIX = re.compile(r"[a-z0-9]{1,27}")
MCA = "MicrosoftCustomerAgreement"
TEMPLATE_ID = stable_guid("template", MCA)
STATES_CHECKED = {"US": 2, "CA": 2}
POSTCODES = {
    "GR": r"\d{5}", "CY": r"\d{4}", "DE": r"\d{5}", "AT": r"\d{4}", "FR": r"\d{5}", "IT": r"\d{5}",
    "NL": r"\d{4}[A-Z]{2}", "GB": r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}", "US": r"\d{5}(\d{4})?",
}  # fmt: skip


def customer_of(world: World, tenant_id: str) -> dict[str, Any]:
    """The customer, or 404."""
    row = world.ledger.get("customer", tenant_id.lower())
    if row is None:
        raise Refusal(404, 60003, f"Tenant {tenant_id} not found")
    return row


def prefix_of(customer: dict[str, Any]) -> str:
    """The part of the domain before .onmicrosoft.com."""
    return str(customer["companyProfile"]["domain"]).removesuffix(SUFFIX)


def _booked(world: World, domain: str) -> bool:
    return any(row["companyProfile"]["domain"] == domain for row in world.ledger.all("customer"))


def domain(world: World, request: Request, name: str) -> Answer:
    """HEAD /v1/domains/{name}: 404 free, 200 taken, never a body."""
    prefix = name.lower().removesuffix(SUFFIX)
    if not name.lower().endswith(SUFFIX) or not PREFIX.fullmatch(prefix):
        return Answer(400)
    return Answer(200 if inputs.is_taken(prefix) or _booked(world, name.lower()) else 404)


def _address_faults(address: dict[str, Any]) -> list[str]:
    country = str(address.get("country") or "").upper()
    postcode = inputs.digits(str(address.get("postalCode") or "")).upper()
    faults = []
    if not re.fullmatch(r"[A-Z]{2}", country):
        faults.append("Country")
    if not str(address.get("addressLine1") or "").strip():
        faults.append("AddressLine1")
    if not str(address.get("city") or "").strip():
        faults.append("City")
    pattern = POSTCODES.get(country)
    if postcode == inputs.BAD_POSTCODE or (pattern and not re.fullmatch(pattern, postcode)):
        faults.append("PostalCode")
    width = STATES_CHECKED.get(country)
    if width and len(str(address.get("state") or "")) != width:
        faults.append("Region")
    return faults


def validate_address(world: World, request: Request) -> Answer:
    """POST /v1/validations/address: always 200; the status says what is wrong."""
    fields = {
        "addressLine2": str,
        "state": str,
        "postalCode": str,
        "firstName": str,
        "lastName": str,
        "phoneNumber": str,
    }
    address = checked(
        request.json(), "address", required={"addressLine1": str, "city": str, "country": str}, optional=fields
    )
    faults = _address_faults(address)
    if faults:
        named = ", ".join(f"'{name}'" for name in faults)
        text = f"Address field invalid for property: {named}"
        return Answer(
            body={"originalAddress": address, "suggestedAddresses": [], "status": "None", "validationMessage": text}
        )
    if inputs.digits(str(address.get("postalCode") or "")) == inputs.UNSURE_POSTCODE:
        return Answer(
            body={
                "originalAddress": address,
                "suggestedAddresses": [],
                "status": "NotValidated",
                "validationMessage": "",
            }
        )
    shippable = {"originalAddress": address, "suggestedAddresses": [address], "status": "VerifiedShippable"}
    return Answer(body={**shippable, "validationMessage": ""})


def _checked_customer(world: World, request: Request) -> dict[str, Any]:
    body = checked(
        request.json(),
        "customer",
        required={"companyProfile": dict, "billingProfile": dict},
        optional={"associatedPartnerId": str, "enableGDAPByDefault": bool},
    )
    body["companyProfile"] = checked(
        body["companyProfile"],
        "companyProfile",
        required={"domain": str},
        optional={"organizationRegistrationNumber": str},
    )
    billing = checked(
        body["billingProfile"],
        "billingProfile",
        required={"email": str, "culture": str, "language": str, "companyName": str, "defaultAddress": dict},
    )
    billing["defaultAddress"] = checked(
        billing["defaultAddress"],
        "defaultAddress",
        required={"firstName": str, "lastName": str, "addressLine1": str, "city": str, "country": str},
        optional={"addressLine2": str, "state": str, "postalCode": str, "phoneNumber": str},
    )
    body["billingProfile"] = billing
    return body


def _refuse_bad_customer(world: World, body: dict[str, Any]) -> None:
    name, billing = body["companyProfile"]["domain"], body["billingProfile"]
    prefix = name.removesuffix(SUFFIX)
    if not name.endswith(SUFFIX) or not PREFIX.fullmatch(prefix):
        raise Refusal(400, 3000, "companyProfile.domain is not a valid onmicrosoft.com domain")
    if inputs.is_taken(prefix) or prefix.startswith(inputs.TAKEN_AT_CREATION) or _booked(world, name):
        raise Refusal(409, 600004, f"The domain {name} is already in use")
    address = billing["defaultAddress"]
    if faults := _address_faults(address):
        named = ", ".join(f"'{field}'" for field in faults)
        raise Refusal(400, 2007, f"Address field invalid for property: {named}")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", billing["email"]):
        raise Refusal(400, 3000, "billingProfile.email is not valid")
    if not 1 <= len(billing["companyName"]) <= 256:
        raise Refusal(400, 3000, "billingProfile.companyName must have 1 to 256 characters")
    for field in ("firstName", "lastName"):
        if not 1 <= len(address[field]) <= 50:
            raise Refusal(400, 3000, f"defaultAddress.{field} must have 1 to 50 characters")
    associated = body.get("associatedPartnerId")
    if associated is not None:
        reseller = world.ledger.get("reseller", associated.lower())
        if reseller is None or reseller["state"] != "Active":
            raise Refusal(400, 3000, "associatedPartnerId: no active partnership with this reseller tenant")


def create_customer(world: World, request: Request) -> Answer:
    """POST /v1/customers: a new tenant; the password is in this answer only."""
    body = _checked_customer(world, request)
    body["companyProfile"]["domain"] = body["companyProfile"]["domain"].lower()
    _refuse_bad_customer(world, body)
    name, billing = body["companyProfile"]["domain"], body["billingProfile"]
    prefix = name.removesuffix(SUFFIX)
    tenant_id = stable_guid("tenant", name, str(world.ledger.next("tenant")))
    associated = body.get("associatedPartnerId")
    row = {
        "id": tenant_id,
        "commerceId": stable_guid("commerce", tenant_id),
        "companyProfile": {"tenantId": tenant_id, "domain": name, "companyName": billing["companyName"]},
        "billingProfile": {**billing, "id": stable_guid("billing", tenant_id)},
        "relationshipToPartner": "reseller",
        "allowDelegatedAccess": True,
        "associatedPartnerId": associated.lower() if associated else None,
        "vetting": _vetting(prefix),
        "createdAt": stamp(world.now()),
    }
    world.ledger.put("customer", tenant_id, row)
    shown = _shown(row) | {
        "userCredentials": {"userName": "admin", "password": "P-" + stable_guid("pw", tenant_id)[:12]}
    }
    return Answer(201, shown)


def _vetting(prefix: str) -> str:
    if prefix.startswith(inputs.UNDER_REVIEW):
        return "UnderReview"
    return "NotAllowed" if prefix.startswith(inputs.NOT_ALLOWED) else "Allowed"


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    hidden = {"vetting", "createdAt", "agreement"}
    return {name: value for name, value in row.items() if name not in hidden} | {
        "attributes": {"objectType": "Customer"}
    }


def list_customers(world: World, request: Request) -> Answer:
    """GET /v1/customers: thin rows; only `starts_with` filters exist."""
    rows = world.ledger.all("customer")
    if "filter" in request.query:
        try:
            wish = json.loads(request.query["filter"])
            field, value, operator = wish["Field"], str(wish["Value"]).lower(), wish["Operator"]
        except (ValueError, KeyError, TypeError) as error:
            raise Refusal(400, 3000, "filter is not valid") from error
        if operator != "starts_with" or field not in {"Domain", "CompanyName"}:
            raise Refusal(400, 3000, "filter is not supported")
        key = field[:1].lower() + field[1:]
        rows = [row for row in rows if str(row["companyProfile"][key]).lower().startswith(value)]
    thin = ("id", "companyProfile", "relationshipToPartner")
    return Answer(body=collection({name: row[name] for name in thin} for row in rows))


def get_customer(world: World, request: Request, tenant_id: str) -> Answer:
    """GET /v1/customers/{id}."""
    return Answer(body=_shown(customer_of(world, tenant_id)))


def customer_relationships(world: World, request: Request, tenant_id: str) -> Answer:
    """GET /v1/customers/{id}/relationships: the reseller tied to the customer, if any."""
    associated = customer_of(world, tenant_id).get("associatedPartnerId")
    row = world.ledger.get("reseller", associated) if associated else None
    return Answer(body=collection([row] if row else []))


def agreement_templates(world: World, request: Request) -> Answer:
    """GET /v1/agreements: the template of the customer agreement."""
    if request.query.get("agreementType", MCA) != MCA:
        return Answer(body=collection([]))
    return Answer(body=collection([{"agreementType": MCA, "templateId": TEMPLATE_ID, "versionRank": 0}]))


def confirm_agreement(world: World, request: Request, tenant_id: str) -> Answer:
    """POST /v1/customers/{id}/agreements: the partner confirms that the customer has accepted."""
    row = customer_of(world, tenant_id)
    body = checked(
        request.json(),
        "agreement",
        required={"primaryContact": dict, "templateId": str, "dateAgreed": str, "type": str},
    )
    contact = checked(
        body["primaryContact"],
        "primaryContact",
        required={"firstName": str, "lastName": str, "email": str},
        optional={"phoneNumber": str},
    )
    if body["templateId"] != TEMPLATE_ID or body["type"] != MCA:
        raise Refusal(400, 600062, "Unknown agreement template")
    agreed = _date_agreed(body["dateAgreed"])
    if agreed > world.now():
        raise Refusal(400, 600060, "dateAgreed lies in the future")
    if row.get("agreement", {}).get("primaryContact") == contact:
        raise Refusal(400, 600061, "The same agreement was already confirmed", isRetryable=False)
    row["agreement"] = {**body, "primaryContact": contact}
    world.ledger.put("customer", row["id"], row)
    return Answer(201, {**row["agreement"], "agreementLink": "", "userId": stable_guid("agent")})


def _date_agreed(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise Refusal(400, 600060, "dateAgreed is not a date") from error
    if moment.tzinfo is None:
        raise Refusal(400, 600060, "dateAgreed needs a time zone")
    return moment


def agreements(world: World, request: Request, tenant_id: str) -> Answer:
    """GET /v1/customers/{id}/agreements."""
    row = customer_of(world, tenant_id)
    wanted = request.query.get("agreementType") == MCA
    return Answer(body=collection([row["agreement"]] if wanted and row.get("agreement") else []))


def direct_signed(world: World, request: Request, tenant_id: str) -> Answer:
    """GET …/directSignedMicrosoftCustomerAgreementStatus."""
    customer_of(world, tenant_id)
    return Answer(body={"isSigned": False})


def validation_status(world: World, request: Request, tenant_id: str) -> Answer:
    """GET /v1/customers/{id}/validationStatus: vetting."""
    row = customer_of(world, tenant_id)
    return Answer(body={"type": "account", "status": row["vetting"], "lastUpdateDateTime": row["createdAt"]})
