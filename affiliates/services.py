"""Affiliates: created by operators, or ad hoc while ordering (product.md §6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.enums import AccountKind, FlagSource, Via
from accounts.models import Organisation, User
from accounts.services import accounts, audit
from accounts.services.accounts import Company
from affiliates.enums import AffiliatePurpose
from affiliates.models import Affiliate
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from resellers.models import Reseller
from resellers.services.end_customers import MayNotResell, check_address, stamped


class NameTaken(DomainError):
    """A reseller's affiliates have different names; case, accents and spaces do not count."""

    user_message = _("You have an affiliate of this name already. Choose it from the list, or use another name.")
    field = "name"


@contextmanager
def _names_once() -> Iterator[None]:
    """Say in words what the database refuses. Raises NameTaken."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "account_affiliate_name_once" in str(error):
            raise NameTaken from error
        raise


@transaction.atomic
def create(
    *,
    reseller: Reseller,
    company: Company,
    purpose: AffiliatePurpose | str,
    via: Via,
    by: User | None,
    at: datetime,
    cost_centre: str = "",
    separate_invoices: bool | None = None,
) -> Affiliate:
    """Create an affiliate of the reseller. Its subscriptions never carry an MPN ID.

    `separate_invoices` is an operator's explicit choice; None stamps the default. Raises MayNotResell, NameTaken,
    AddressNeeded, NameNeeded, BadText.
    """
    if not reseller.reselling_enabled:
        raise MayNotResell
    organisation = Organisation.get()
    check_address(company, organisation=organisation, via=via)
    on, source = stamped(
        reseller, via=via, organisation=organisation, applies=organisation.separate_invoices_for_affiliates
    )
    if separate_invoices is not None:
        on, source = separate_invoices, FlagSource.OPERATOR if separate_invoices else FlagSource.NONE
    with _names_once():
        account = accounts.create(
            kind=AccountKind.AFFILIATE,
            company=company,
            currency=reseller.account.currency,
            bill_to=reseller.account,
            separate_invoices=on,
            separate_invoices_source=source,
            via=via,
            by=by,
            at=at,
        )
    return Affiliate.objects.create(
        account=account, purpose=AffiliatePurpose(purpose), cost_centre=names.clean_text(cost_centre)
    )


@transaction.atomic
def update(
    *,
    affiliate: Affiliate,
    company: Company,
    purpose: AffiliatePurpose | str,
    cost_centre: str,
    by: User | None,
    at: datetime,
    reason: str = "",
) -> Affiliate:
    """Correct an affiliate's company, what it is for and its cost centre; the audit trail keeps what changed, and why.

    Raises NameTaken, NameNeeded, BadText.
    """
    affiliate = lock(affiliate)
    with _names_once():
        accounts.update(account=affiliate.account, company=company, reason=reason, by=by, at=at)
    before = {"purpose": affiliate.purpose, "cost_centre": affiliate.cost_centre}
    after = {"purpose": str(AffiliatePurpose(purpose)), "cost_centre": names.clean_text(cost_centre)}
    changed = [name for name in after if before[name] != after[name]]
    if changed:
        affiliate.purpose, affiliate.cost_centre = after["purpose"], after["cost_centre"]
        affiliate.save()
        audit.record(
            "affiliate.updated",
            target=affiliate,
            account=affiliate.account,
            by=by,
            at=at,
            reason=reason,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return affiliate
