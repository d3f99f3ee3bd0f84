"""What comes back, read tolerantly: unknown fields ignored, odd dates and numbers understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, Self, TypeVar

from storefront.partner_center import errors


def moment(text: str) -> datetime:
    """A moment as Microsoft prints it: up to seven fractional digits, with Z, an offset, or nothing (then UTC)."""
    trimmed = re.sub(r"(\.\d{1,6})\d*", r"\1", text.strip()).replace("Z", "+00:00")
    value = datetime.fromisoformat(trimmed)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Readable(Protocol):
    """A document type that reads itself from JSON."""

    @classmethod
    def parse(cls, body: dict[str, Any]) -> Self:
        """From the document."""


Document = TypeVar("Document", bound=Readable)


def read(kind: type[Document], body: dict[str, Any]) -> Document:
    """The document of a success. One that cannot be understood is an unknown outcome, never a crash."""
    try:
        return kind.parse(body)
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise errors.OutcomeUnknown(f"{kind.__name__}: the answer is not understood") from error


def items(body: Any) -> list[dict[str, Any]]:
    """The rows of a collection."""
    return [row for row in (body or {}).get("items", []) if isinstance(row, dict)]


@dataclass(frozen=True, slots=True)
class Customer:
    """A tenant as Microsoft knows it; the id is compared in lower case."""

    tenant_id: str
    domain: str
    company_name: str

    @classmethod
    def parse(cls, body: dict[str, Any]) -> Customer:
        """From a customer document, thin or whole."""
        profile = body["companyProfile"]
        return cls(str(body["id"]).lower(), str(profile["domain"]).lower(), str(profile["companyName"]))


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart: its id, whether it was ordered, and the first error of a line."""

    cart_id: str
    is_ordered: bool
    error_code: int = 0
    error_text: str = ""

    @classmethod
    def parse(cls, body: dict[str, Any]) -> Cart:
        """From a cart document."""
        errors = [line["error"] for line in body.get("lineItems", []) if line.get("error")]
        error = errors[0] if errors else {}
        return cls(
            str(body["id"]),
            str(body.get("status", "")).lower() == "ordered",
            int(error.get("code") or error.get("errorCode") or 0) if error else 0,
            str(error.get("description") or error.get("errorDescription") or ""),
        )


@dataclass(frozen=True, slots=True)
class Order:
    """A booked order of one line. The subscription id may come late."""

    order_id: str
    friendly_name: str
    offer_id: str
    quantity: int
    subscription_id: str
    created_at: datetime
    partner_id: str = ""

    @classmethod
    def parse(cls, body: dict[str, Any]) -> Order:
        """From an order document."""
        line = body["lineItems"][0]
        return cls(
            order_id=str(body["id"]),
            friendly_name=str(line.get("friendlyName") or ""),
            offer_id=str(line.get("offerId") or ""),
            quantity=int(line["quantity"]),
            subscription_id=str(line.get("subscriptionId") or "").lower(),
            created_at=moment(body["creationDate"]),
            partner_id=str(line.get("partnerIdOnRecord") or ""),
        )


@dataclass(frozen=True, slots=True)
class Checkout:
    """What a checkout gave: the order, or the error of its group."""

    order: Order | None
    error_code: int = 0
    error_text: str = ""

    @classmethod
    def parse(cls, body: dict[str, Any]) -> Checkout:
        """From a checkout answer of a cart with one line."""
        orders = body.get("orders") or []
        errors = body.get("orderErrors") or []
        error = errors[0] if errors else {}
        return cls(
            Order.parse(orders[0]) if orders else None,
            int(error.get("code") or 0),
            str(error.get("description") or ""),
        )


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as booked at Microsoft; moments are UTC."""

    subscription_id: str
    status: str
    quantity: int
    friendly_name: str
    started_at: datetime
    commitment_ends_at: datetime | None
    cancel_until: datetime | None
    order_id: str
    partner_id: str
    auto_renew: bool = True
    term: str = ""
    billing_cycle: str = ""
    etag: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether it will never renew: expired, and what Microsoft makes of it later."""
        return self.status in {"expired", "disabled", "deleted"}

    @classmethod
    def parse(cls, body: dict[str, Any]) -> Subscription:
        """From a subscription document."""
        end, window = body.get("commitmentEndDate"), body.get("cancellationAllowedUntilDate")
        return cls(
            subscription_id=str(body["id"]).lower(),
            status=str(body.get("status", "")).lower(),
            quantity=int(body["quantity"]),
            friendly_name=str(body.get("friendlyName") or ""),
            started_at=moment(body["effectiveStartDate"]),
            commitment_ends_at=moment(end) if end else None,
            cancel_until=moment(window) if window else None,
            order_id=str(body.get("orderId") or ""),
            partner_id=str(body.get("partnerId") or ""),
            auto_renew=bool(body.get("autoRenewEnabled", False)),
            term=str(body.get("termDuration") or "").upper(),
            billing_cycle=str(body.get("billingCycle") or "").lower(),
            etag=str((body.get("attributes") or {}).get("etag") or ""),
        )


@dataclass(frozen=True, slots=True)
class PartnerCheck:
    """Whether a partner id may be partner of record, and why not."""

    partner_id: str
    is_valid: bool
    error_code: int = 0
    error_text: str = ""


@dataclass(frozen=True, slots=True)
class AddressCheck:
    """Whether Microsoft accepts an address: `ok`, `unsure` (could not judge) or `bad`, with its words."""

    verdict: str
    text: str
