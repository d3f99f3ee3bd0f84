"""What speaks against an order, in words that say what to do; and how a group of the basket is checked."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.enums import PurchaseMode
from config.kernel.errors import DomainError
from resellers.enums import MpnStatus
from resellers.models import Reseller
from storefront.selectors.baskets import Group
from storefront.services.baskets import NotOrderable


class EmptyBasket(DomainError):
    """Nothing to order."""

    user_message = _("The basket is empty. Choose a product first.")


class BasketChanged(DomainError):
    """Another tab or person changed the basket after this page was shown (reliability.md R04)."""

    user_message = _("The basket has changed since this page was shown. Look at it once more and confirm again.")


class PriceChanged(DomainError):
    """A price is another one than was shown (reliability.md R07). The basket holds the new one."""

    user_message = _("Prices have changed: %(changes)s. Confirm the new ones.")


class NobodyChosen(DomainError):
    """A line without a beneficiary."""

    user_message = _("Say for whom each line is.")


class CompanyArchived(DomainError):
    """The company was archived after its line was put in (reliability.md R11)."""

    user_message = _("%(name)s is archived: nothing new can be ordered for it. Choose another company.")


class OrderingOff(DomainError):
    """The account may not order."""

    user_message = _("Ordering is switched off for this account. Ask your distributor.")


class MayNotResell(DomainError):
    """Without *Enable reselling* an account buys for itself only (product.md M15)."""

    user_message = _("This account buys for itself only. Your distributor can enable reselling.")


class MpnIdNeeded(DomainError):
    """Subscriptions of end customers carry the reseller's MPN ID, always (product.md R4.3)."""

    user_message = _("Enter your MPN ID: every subscription of an end customer carries it.")
    field = "mpn_id"


class MpnIdInvalid(MpnIdNeeded):
    """Microsoft has refused the number that is stored."""

    user_message = _("Microsoft does not accept your MPN ID %(mpn)s. Enter another one: it goes with every order.")


class MpnIdChanged(MpnIdNeeded):
    """Another number is stored than the page showed (reliability.md R09)."""

    user_message = _("Your MPN ID is %(mpn)s now, another one than this page has shown. Look at it and confirm again.")


class AttestationNeeded(DomainError):
    """Microsoft wants to know that the partner of record is right (product.md M21)."""

    user_message = _("Confirm that you are the partner of record of your end customers.")
    field = "partner_of_record_attested"


class DetailsMissing(DomainError):
    """A new tenant needs its name and the signer of the agreement."""

    user_message = _("Complete the service details of %(name)s: the name of the tenant and who signs the agreement.")


class NoTaxRule(DomainError):
    """The distributor has no tax rule for the place of the payer (product.md M10)."""

    user_message = _("Your distributor has not set up the tax of your country yet, so nothing can be ordered.")


class CreditShort(DomainError):
    """Executing above the limit needs a reason, and the right to override."""

    user_message = _("The order is %(exceeds)s above the available credit. Give a reason to execute it all the same.")
    field = "override_reason"


class ReasonNeeded(DomainError):
    """Canceling is explained."""

    user_message = _("Say why the order is canceled; the reseller reads it.")
    field = "reason"


def obstacle(group: Group, reseller: Reseller) -> DomainError | None:
    """Why the lines of this beneficiary cannot be ordered now; None when nothing speaks against it.

    The same answer for the page that shows it and for the service that places the orders.
    """
    beneficiary = group.beneficiary
    if beneficiary is None:
        return NobodyChosen()
    if beneficiary.archived_at is not None:
        return CompanyArchived(name=beneficiary.name)
    if group.mode is not PurchaseMode.PERSONAL and not reseller.reselling_enabled:
        return MayNotResell()
    for line in group.lines:
        if not line.priced.orderable:
            return NotOrderable(product=line.priced.product.title, reason=line.priced.reason)
    if group.needs_mpn_id and not has_usable_mpn_id(reseller):
        return MpnIdInvalid(mpn=reseller.mpn_id) if reseller.mpn_id else MpnIdNeeded()
    if group.needs_tenant and not group.is_complete:
        return DetailsMissing(name=beneficiary.name)
    if group.needs_mpn_id and not (group.details and group.details.partner_of_record_attested):
        return AttestationNeeded()
    return None if group.is_complete else DetailsMissing(name=beneficiary.name)


def has_usable_mpn_id(reseller: Reseller) -> bool:
    """Whether an MPN ID is stored that Microsoft has not refused (product.md R4.3)."""
    return reseller.mpn_id is not None and reseller.mpn_status != MpnStatus.INVALID
