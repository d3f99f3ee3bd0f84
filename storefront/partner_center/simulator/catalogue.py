"""Routes about what can be bought: products, SKUs, availabilities. Availability ids rotate, as Microsoft's do."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from storefront.partner_center.simulator.state import World
from storefront.partner_center.simulator.wire import Answer, Refusal, Request, collection, stable_guid

PRODUCT = re.compile(r"[A-Z0-9]{12}")
SKU = re.compile(r"[A-Z0-9]{4}")
TERMS = (
    ("P1M", "monthly"), ("P1Y", "monthly"), ("P1Y", "annual"),
    ("P3Y", "monthly"), ("P3Y", "annual"), ("P3Y", "triennial"),
)  # fmt: skip
DEFAULT_MAXIMUM = 100_000


def find_sku(world: World, product_id: str, sku_id: str) -> dict[str, Any] | None:
    """The SKU with its terms, from the seeded list or, in an open world, made up from its ids."""
    seeded = world.ledger.get("sku", f"{product_id}:{sku_id}")
    if seeded:
        return seeded
    if not world.setting("open_products") or not PRODUCT.fullmatch(product_id) or not SKU.fullmatch(sku_id):
        return None
    terms = [{"duration": duration, "billingCycle": cycle} for duration, cycle in TERMS]
    return sku_document(product_id, sku_id, f"{product_id} {sku_id}", terms)


def sku_document(
    product_id: str, sku_id: str, title: str, terms: list[dict[str, str]], *, maximum: int = DEFAULT_MAXIMUM
) -> dict[str, Any]:
    """A SKU as the ledger keeps it."""
    return {"productId": product_id, "skuId": sku_id, "title": title, "terms": terms, "minimum": 1, "maximum": maximum}


def availability_id(world: World, product_id: str, sku_id: str) -> str:
    """Twelve characters that change with every rotation."""
    generation = (world.ledger.get("setting", "availability_generation") or {"value": 0})["value"]
    return "CFQ7" + stable_guid("availability", product_id, sku_id, str(generation)).replace("-", "")[:8].upper()


def resolve(world: World, catalog_item_id: str) -> dict[str, Any] | None:
    """The SKU behind `product:sku:availability`, or None when any part is unknown or stale."""
    parts = catalog_item_id.split(":")
    if len(parts) != 3:
        return None
    sku = find_sku(world, parts[0], parts[1])
    return sku if sku and parts[2] == availability_id(world, parts[0], parts[1]) else None


def load_price_sheet(world: World, path: Path) -> int:
    """Seed products from a price sheet (CSV) and close the list; returns the number of SKUs."""
    skus: dict[str, dict[str, Any]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            key = f"{row['ProductId']}:{row['SkuId']}"
            sku = skus.setdefault(key, sku_document(row["ProductId"], row["SkuId"], row["SkuTitle"], []))
            term = {"duration": row["TermDuration"], "billingCycle": row["BillingPlan"].lower()}
            if term not in sku["terms"]:
                sku["terms"].append(term)
    with world.ledger.effect():
        for key, sku in skus.items():
            world.ledger.put("sku", key, sku)
        world.ledger.put("setting", "open_products", {"value": False})
    return len(skus)


def _sku_or_404(world: World, product_id: str, sku_id: str) -> dict[str, Any]:
    sku = find_sku(world, product_id, sku_id)
    if sku is None:
        raise Refusal(404, 400018, f"SKU {product_id}:{sku_id} not found")
    return sku


def _country(request: Request) -> str:
    country = request.query.get("country", "")
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise Refusal(400, 2000, "country must be a two-letter code")
    return country


def product(world: World, request: Request, product_id: str) -> Answer:
    """GET /v1/products/{id}."""
    country = _country(request)
    known = [row for row in world.ledger.all("sku") if row["productId"] == product_id]
    if not known and not (world.setting("open_products") and PRODUCT.fullmatch(product_id)):
        raise Refusal(404, 400013, f"Product {product_id} not found")
    title = known[0]["title"] if known else product_id
    return Answer(
        body={"id": product_id, "title": title, "country": country, "productType": {"id": "OnlineServicesNCE"}}
    )


def sku(world: World, request: Request, product_id: str, sku_id: str) -> Answer:
    """GET /v1/products/{p}/skus/{s}."""
    _country(request)
    row = _sku_or_404(world, product_id, sku_id)
    return Answer(
        body={
            "id": sku_id,
            "productId": product_id,
            "title": row["title"],
            "minimumQuantity": row["minimum"],
            "maximumQuantity": row["maximum"],
            "isTrial": False,
            "supportedBillingCycles": sorted({term["billingCycle"] for term in row["terms"]}),
        }
    )


def availabilities(world: World, request: Request, product_id: str, sku_id: str) -> Answer:
    """GET /v1/products/{p}/skus/{s}/availabilities."""
    country = _country(request)
    row = _sku_or_404(world, product_id, sku_id)
    current = availability_id(world, product_id, sku_id)
    item = {
        "id": current,
        "productId": product_id,
        "skuId": sku_id,
        "catalogItemId": f"{product_id}:{sku_id}:{current}",
        "defaultCurrency": {"code": "EUR", "symbol": "€"},
        "segment": "commercial",
        "country": country,
        "isPurchasable": True,
        "isRenewable": True,
        "terms": row["terms"],
    }
    return Answer(body=collection([item]))
