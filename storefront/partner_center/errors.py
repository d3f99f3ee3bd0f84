"""What a Partner Center call can end in, other than success: the class says what to do, the words are for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _


class PartnerCenterError(Exception):
    """Base of all. `code` is Microsoft's own (0 when there is none), `status` the HTTP status (0: no answer)."""

    def __init__(self, text: str = "", *, code: int = 0, status: int = 0, correlation_id: str = "") -> None:
        super().__init__(text)
        self.text, self.code, self.status, self.correlation_id = text, code, status, correlation_id

    def __str__(self) -> str:
        return f"{self.status}/{self.code} {self.text}".strip()


class NotSent(PartnerCenterError):
    """Microsoft never saw the request: repeat it, same id."""


class OutcomeUnknown(PartnerCenterError):
    """The request went out and no trustworthy answer came back: repeat with the same id, then reconcile by reading."""


class Accepted(OutcomeUnknown):
    """202: Microsoft will make the change; look at the resource (`location`) until it shows."""

    def __init__(
        self, text: str = "", *, code: int = 0, status: int = 202, correlation_id: str = "", location: str = ""
    ) -> None:
        super().__init__(text, code=code, status=status, correlation_id=correlation_id)
        self.location = location


class Stale(PartnerCenterError):
    """412, or 400/2055: somebody changed the resource meanwhile. Nothing was done: read it again, wish again."""


class Throttled(PartnerCenterError):
    """429: wait `retry_after` seconds; does not use up tries."""

    def __init__(self, text: str, *, retry_after: float, status: int = 429, correlation_id: str = "") -> None:
        super().__init__(text, code=429, status=status, correlation_id=correlation_id)
        self.retry_after = retry_after


class Busy(PartnerCenterError):
    """409: the order or the cart is being worked on: wait and reconcile, never a new id."""


class MaybeDone(PartnerCenterError):
    """The cart says it was already submitted: reconcile, likely success."""


class AlreadyDone(PartnerCenterError):
    """What was asked for exists already: success."""


class NotAuthenticated(PartnerCenterError):
    """The token was refused twice, or cannot be got: a person must renew the consent. Nothing was done."""


class NotFound(PartnerCenterError):
    """404 of a thing that may only be late."""


class OnHold(PartnerCenterError):
    """Microsoft refuses for now (credit line, risk check, review): a person must look, nothing is lost."""


class Refused(PartnerCenterError):
    """A definite no. `advice` says what the reseller or the operator has to repair."""

    @property
    def advice(self) -> Any:
        """Words for people; falls back to Microsoft's."""
        known = ADVICE.get(self.code)
        return known.text if known else (self.text or _("Microsoft refused the request."))


@dataclass(frozen=True, slots=True)
class Advice:
    """What to tell people, and which step has to be repeated."""

    step: str
    text: Any


BUSY_CODES: Final = frozenset({800060, 800064, 900278})
HOLD_CODES: Final = frozenset({800018, 800023, 800025, 900121, 800069, 800073, 800074})
STALE_CODE: Final = 2055
UNKNOWN_STATUSES: Final = frozenset({408, 500, 502, 503, 504})
UNKNOWN_CODES: Final = frozenset({800003, 800005})
LATE_CODES: Final = frozenset({20000, 20003, 800008, 60003})

ADVICE: Final[dict[int, Advice]] = {
    2002: Advice("quantity", _("The number of licences is outside what Microsoft allows for this product.")),
    2007: Advice("address", _("Microsoft does not accept the address. Check postcode, city and region.")),
    2071: Advice("partner", _("Microsoft does not know this MPN ID.")),
    2072: Advice("partner", _("This is the distributor's own MPN ID. Enter the reseller's.")),
    2200: Advice("partner", _("The MPN ID has not been moved to a partner location account yet.")),
    2201: Advice("partner", _("The MPN ID belongs to another Microsoft sales region.")),
    2203: Advice("partner", _("The reseller has not signed the Microsoft Partner Agreement.")),
    2204: Advice("partner", _("No indirect reseller account stands behind this MPN ID. Use the location ID.")),
    3000: Advice("data", _("Microsoft found an entry that it does not accept.")),
    13605: Advice("agreement", _("The Microsoft Customer Agreement is not confirmed for this tenant.")),
    600004: Advice("domain", _("The domain prefix was taken in the meantime. Choose another one.")),
    800009: Advice("product", _("Microsoft does not accept a line of the order.")),
    800015: Advice("partner", _("Microsoft does not know this MPN ID.")),
    800016: Advice("partner", _("The MPN ID does not belong to an indirect reseller.")),
    800075: Advice("customer", _("Microsoft does not allow this customer to buy.")),
    900123: Advice("partner", _("The reseller has not accepted the Microsoft Partner Agreement.")),
    900154: Advice("partner", _("No active reseller stands behind this MPN ID at Microsoft.")),
    900206: Advice("partner", _("The partner of record was not attested.")),
    900400: Advice("partner", _("The MPN ID is not tied to this customer's reseller.")),
    900414: Advice("partner", _("Microsoft has not authorised the reseller for this transaction.")),
    10001: Advice("product", _("The product is no longer offered in this form.")),
    10010: Advice("product", _("Term and billing plan are not offered for this product.")),
    10014: Advice("product", _("The promotion is not valid.")),
}


def refusal(status: int, code: int, text: str, correlation_id: str) -> PartnerCenterError:
    """The typed error of an answer that is not a success (partner_center.md §3 and §12.3)."""
    facts: dict[str, Any] = {"code": code, "status": status, "correlation_id": correlation_id}
    if code == 600061:
        return AlreadyDone(text, **facts)
    if code == 800065:
        return MaybeDone(text, **facts)
    if status == 412 or code == STALE_CODE:
        return Stale(text, **facts)
    if status == 409 and code in BUSY_CODES:
        return Busy(text, **facts)
    if status in UNKNOWN_STATUSES or code in UNKNOWN_CODES:
        return OutcomeUnknown(text, **facts)
    if code in HOLD_CODES:
        return OnHold(text, **facts)
    if status == 404 and (code in LATE_CODES or code == 0):
        return NotFound(text, **facts)
    if 400 <= status < 500:
        return Refused(text, **facts)
    return OutcomeUnknown(text or f"unexpected status {status}", **facts)
