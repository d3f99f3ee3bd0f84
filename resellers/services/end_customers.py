"""End customers: created by operators, or by a reseller while ordering."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountKind, FlagSource, Via
from accounts.models import Account, Organisation, User
from accounts.services import accounts
from accounts.services.accounts import Company
from config.kernel.errors import DomainError
from resellers.enums import SeparateDefault
from resellers.models import Reseller


class MayNotResell(DomainError):
    """Without *Enable reselling* an account buys for itself only (product.md M15)."""

    user_message = _("This account buys for itself only. Your distributor can enable reselling.")


class AddressNeeded(DomainError):
    """The distributor asks for the address of new sub-customers (product.md §7.1)."""

    user_message = _("Enter street, city and postcode: your distributor asks for the address of new customers.")
    field = "address_line1"


def stamped(
    reseller: Reseller, *, via: Via, organisation: Organisation, applies: bool = True
) -> tuple[bool, FlagSource]:
    """The separate-invoices flag of a new sub-customer, and where it comes from (product.md M2).

    Those made in BSS start unticked. In the Storefront the reseller's own default decides, else the Storefront setting;
    `applies` is the switch that extends the setting to affiliates.
    """
    if via is not Via.STOREFRONT:
        return False, FlagSource.NONE
    own = SeparateDefault(reseller.separate_invoices_default)
    if own is SeparateDefault.FOLLOW:
        on = organisation.separate_invoices and applies
    else:
        on = own is SeparateDefault.SEPARATE
    return on, FlagSource.DEFAULT if on else FlagSource.NONE


def check_address(company: Company, *, organisation: Organisation, via: Via) -> None:
    """Raise AddressNeeded when the setting asks for an address in the Storefront and part of it is missing."""
    complete = company.address_line1.strip() and company.city.strip() and company.postcode.strip()
    if organisation.require_sub_customer_address and via is Via.STOREFRONT and not complete:
        raise AddressNeeded


@transaction.atomic
def create(
    *,
    reseller: Reseller,
    company: Company,
    via: Via,
    by: User | None,
    at: datetime,
    separate_invoices: bool | None = None,
) -> Account:
    """Create an end customer of the reseller; the currency is the reseller's (product.md INV-A2).

    `separate_invoices` is an operator's explicit choice; None stamps the default. Raises MayNotResell, AddressNeeded,
    NameNeeded, BadText.
    """
    if not reseller.reselling_enabled:
        raise MayNotResell
    organisation = Organisation.get()
    check_address(company, organisation=organisation, via=via)
    on, source = stamped(reseller, via=via, organisation=organisation)
    if separate_invoices is not None:
        on, source = separate_invoices, FlagSource.OPERATOR if separate_invoices else FlagSource.NONE
    return accounts.create(
        kind=AccountKind.END_CUSTOMER,
        company=company,
        currency=reseller.account.currency,
        bill_to=reseller.account,
        separate_invoices=on,
        separate_invoices_source=source,
        via=via,
        by=by,
        at=at,
    )
