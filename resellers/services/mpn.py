"""The MPN ID: Microsoft's number of a partner, to which incentives go (product.md §4, Q19, M13)."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from resellers.enums import MpnStatus
from resellers.models import MPN_ID_PATTERN, Reseller


class BadMpnId(DomainError):
    """An MPN ID is 4 to 10 digits and does not begin with zero."""

    user_message = _("An MPN ID is a number of 4 to 10 digits that does not begin with 0, for example 9900185.")
    field = "mpn_id"


class MpnIdTaken(DomainError):
    """MPN IDs are unique among resellers (M13)."""

    user_message = _("This MPN ID is stored for another account. Check the number.")
    field = "mpn_id"


class MpnIdInUse(DomainError):
    """With live end-customer subscriptions the number changes only through the bulk change (M13)."""

    user_message = _("Subscriptions of end customers carry the present MPN ID, so it cannot simply be replaced.")
    field = "mpn_id"


@transaction.atomic
def store(*, reseller: Reseller, mpn_id: str, live_subscriptions: int, by: User | None, at: datetime) -> Reseller:
    """Store or replace the number; Microsoft is asked later, so its status is *unchecked*.

    `live_subscriptions` counts the end-customer subscriptions that carry the stored number. Raises BadMpnId,
    MpnIdTaken, MpnIdInUse.
    """
    number = mpn_id.strip()
    if not (number.isascii() and re.match(MPN_ID_PATTERN, number)):
        raise BadMpnId
    reseller = lock(reseller)
    if reseller.mpn_id == number:
        return reseller
    if reseller.mpn_id and live_subscriptions:
        raise MpnIdInUse
    before = reseller.mpn_id
    reseller.mpn_id, reseller.mpn_status = number, MpnStatus.UNCHECKED
    reseller.mpn_checked_at, reseller.mpn_error, reseller.csp_tenant_id = None, "", None
    try:
        with transaction.atomic():
            reseller.save()
    except IntegrityError as error:
        raise MpnIdTaken from error
    audit.record(
        "reseller.mpn_id_stored",
        target=reseller,
        account=reseller.account,
        by=by,
        at=at,
        before={"mpn_id": before},
        after={"mpn_id": number},
    )
    return reseller


@transaction.atomic
def record_check(
    *, reseller: Reseller, valid: bool, error: str, at: datetime, csp_tenant_id: UUID | None = None
) -> Reseller:
    """Write down what Microsoft said of the stored number."""
    reseller = lock(reseller)
    if reseller.mpn_id is None:
        return reseller
    reseller.mpn_status = MpnStatus.VALID if valid else MpnStatus.INVALID
    reseller.mpn_checked_at, reseller.mpn_error = at, "" if valid else error[:250]
    if csp_tenant_id is not None:
        reseller.csp_tenant_id = csp_tenant_id
    reseller.save()
    return reseller
