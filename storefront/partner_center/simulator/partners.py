"""Routes about resellers: relationships, MPN profiles, partner-of-record check, partner agreement."""

from __future__ import annotations

import re
from typing import Any

from storefront.partner_center.simulator.inputs import BAD_PARTNERS, PROVIDER_MPN
from storefront.partner_center.simulator.state import World
from storefront.partner_center.simulator.wire import Answer, Refusal, Request, checked, collection, stable_guid

MPN = re.compile(r"[1-9][0-9]{3,9}")


def reseller_by_mpn(world: World, mpn_id: str) -> dict[str, Any] | None:
    """Our indirect reseller with this partner id; in an open world it becomes one at its first mention."""
    for row in world.ledger.all("reseller"):
        if row["mpnId"] == mpn_id:
            return row
    bad = BAD_PARTNERS.get(mpn_id)
    if not world.setting("open_resellers") or not MPN.fullmatch(mpn_id) or (bad and not bad.related):
        return None
    return add_reseller(world, mpn_id=mpn_id)


def add_reseller(
    world: World, *, mpn_id: str, tenant_id: str = "", name: str = "", state: str = "Active"
) -> dict[str, Any]:
    """Book a reseller under us."""
    row = {
        "id": (tenant_id or stable_guid("reseller", mpn_id)).lower(),
        "name": name or f"Partner {mpn_id}",
        "relationshipType": "is_indirect_cloud_solution_provider_of",
        "state": state,
        "mpnId": mpn_id,
        "location": "GR",
    }
    with world.ledger.effect():
        world.ledger.put("reseller", row["id"], row)
    return row


def partner_fault(world: World, mpn_id: str) -> tuple[int, str] | None:
    """Why this id cannot be partner of record (code, text), or None when it can."""
    if not MPN.fullmatch(mpn_id):
        return 2000, "MPN Id must be numeric"
    bad = BAD_PARTNERS.get(mpn_id)
    if bad:
        return bad.code if bad.code != 3000 else 900154, bad.text
    row = reseller_by_mpn(world, mpn_id)
    if row is None or row["state"] != "Active":
        return 900154, "The PLA id is not linked to an active reseller tenant"
    return None


def relationships(world: World, request: Request) -> Answer:
    """GET /v1/relationships: our indirect resellers."""
    wanted = request.query.get("relationship_type", "")
    if wanted.lower() != "isindirectcloudsolutionproviderof":
        raise Refusal(400, 3000, "relationship_type must be IsIndirectCloudSolutionProviderOf")
    return Answer(body=collection(world.ledger.all("reseller")))


def mpn_profile(world: World, request: Request) -> Answer:
    """GET /v1/profiles/mpn: without the parameter Microsoft answers the caller's own profile."""
    mpn_id = request.query.get("mpnId", PROVIDER_MPN)
    if not mpn_id.isdecimal():
        raise Refusal(400, 2000, "MPN Id must be numeric")
    bad = BAD_PARTNERS.get(mpn_id)
    row = reseller_by_mpn(world, mpn_id)
    if (row is None and bad is None) or (bad and not bad.exists):
        raise Refusal(404, 3000, f"Partner Organization with partner_id {mpn_id} could not be found")
    name = row["name"] if row else f"Partner {mpn_id}"
    return Answer(body={"partnerName": name, "mpnId": mpn_id, "profileType": "MpnProfile"})


def validate_resellers(world: World, request: Request) -> Answer:
    """POST /v1/partners/validateresellers: one answer may hold good and bad ids."""
    body = checked(request.json(), "request", required={"partnerIds": list})
    results: list[dict[str, Any]] = []
    for partner_id in body["partnerIds"]:
        fault = partner_fault(world, str(partner_id))
        result: dict[str, Any] = {"partnerId": str(partner_id), "isValidPartnerIdOnRecord": fault is None}
        if fault:
            result |= {"errorCode": fault[0], "errorDescription": fault[1]}
        results.append(result)
    return Answer(body={"validationResults": results})


def agreement_status(world: World, request: Request) -> Answer:
    """GET /v1/compliance/csp/agreementstatus: has the reseller signed the partner agreement."""
    mpn_id, tenant_id = request.query.get("mpnId"), request.query.get("tenantId")
    if bool(mpn_id) == bool(tenant_id):
        raise Refusal(400, 2001, "Either mpnId or tenantId, never both")
    if tenant_id:
        row = world.ledger.get("reseller", tenant_id.lower())
        mpn_id = row["mpnId"] if row else ""
    if not mpn_id or not mpn_id.isdecimal():
        raise Refusal(400, 2000, "MPN Id must be numeric")
    bad = BAD_PARTNERS.get(mpn_id)
    if bad and bad.code == 2203:
        return Answer(body={"isAgreementSigned": False})
    if bad and 2200 <= bad.code <= 2206:
        raise Refusal(400, bad.code, bad.text)
    if reseller_by_mpn(world, mpn_id) is None:
        raise Refusal(400, 2204, "No CSP indirect reseller account stands behind this MPN ID")
    return Answer(body={"isAgreementSigned": True})
