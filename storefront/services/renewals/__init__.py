"""What happens where a term ends (product.md M5).

`sweep` rings what is due on the batch queue, `check_tenant` asks Microsoft and `renew_own` decides for our own
products; `announce` tells prices ahead. `request` is a user's wish to switch auto-renew, `advance_request` brings it to
Microsoft. `agree` and `look_again` are what an operator can do with a held renewal.
"""

from storefront.services.renewals.announcements import announce, sweep_announcements
from storefront.services.renewals.auto_renew import (
    AlreadyAsked,
    NotRenewable,
    TooLate,
    advance_request,
    request,
    sweep_requests,
)
from storefront.services.renewals.checks import check_tenant, look_again, renew_own, sweep
from storefront.services.renewals.terms import NotHeld, PriceNeeded, agree, settle

__all__ = [
    "AlreadyAsked",
    "NotHeld",
    "NotRenewable",
    "PriceNeeded",
    "TooLate",
    "advance_request",
    "agree",
    "announce",
    "check_tenant",
    "look_again",
    "renew_own",
    "request",
    "settle",
    "sweep",
    "sweep_announcements",
    "sweep_requests",
]
