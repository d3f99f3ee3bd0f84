"""Accounts: created, corrected, marked as used, and how they are invoiced."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.enums import AccountKind, FlagSource, Segment, Via
from accounts.models import Account, User
from accounts.services import audit, vat_checks
from config.kernel.errors import DomainError
from config.kernel.locks import lock

CODES = {
    AccountKind.RESELLER: ("accounts_reseller_code", "R-%04d"),
    AccountKind.END_CUSTOMER: ("accounts_customer_code", "C-%05d"),
    AccountKind.AFFILIATE: ("accounts_affiliate_code", "A-%05d"),
}


class NameNeeded(DomainError):
    """An account without a name cannot be found again."""

    user_message = _("Enter the company's name.")
    field = "name"


class TooLong(DomainError):
    """Longer than the column, or than Microsoft takes it."""

    user_message = _("Shorten this to %(most)s characters.")


class NeedsBillTo(DomainError):
    """Separate invoices exist only where somebody else pays (product.md INV-A3)."""

    user_message = _("Separate invoices need a Bill To account: this account pays its own invoices.")
    field = "separate_invoices"


class SeparationUnchanged(DomainError):
    """The flag has that value already."""

    user_message = _("Nothing changes: the account is invoiced that way already.")


@dataclass(frozen=True, kw_only=True)
class Company:
    """What is known of a company when its account is created or corrected; texts as typed."""

    name: str
    country: str
    email: str = ""
    phone: str = ""
    address_line1: str = ""
    address_line2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    vat_number: str = ""
    segment: str = Segment.COMMERCIAL
    language: str = "en"

    def cleaned(self) -> Company:
        """Without invisible characters, with checked numbers. Raises NameNeeded, BadText, TooLong (with field)."""
        texts = {f.name: names.clean_text(getattr(self, f.name)) for f in fields(self)}
        texts["vat_number"] = names.clean_vat_number(self.vat_number, self.country)
        texts["postcode"] = names.clean_postcode(self.postcode, self.country)
        texts["phone"] = names.clean_phone(self.phone)
        if not names.name_key(texts["name"]):
            raise NameNeeded
        for name, text in texts.items():
            most = getattr(Account._meta.get_field(name), "max_length", None)
            if most is not None and len(text) > most:
                raise TooLong(field=name, most=most)
        return Company(**texts)


def new_code(kind: AccountKind) -> str:
    """The next code of that kind, e.g. R-0001. Gaps are harmless."""
    sequence, form = CODES[kind]
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [sequence])
        return str(form % cursor.fetchone()[0])


@transaction.atomic
def create(
    *,
    kind: AccountKind,
    company: Company,
    currency: str,
    bill_to: Account | None = None,
    separate_invoices: bool = False,
    separate_invoices_source: FlagSource = FlagSource.NONE,
    ordering_enabled: bool = True,
    responsible_user: User | None = None,
    via: Via,
    by: User | None,
    at: datetime,
) -> Account:
    """Create an account of a kind. The rows of that kind (Reseller, Affiliate) are their apps' business.

    Raises NameNeeded, BadText, NeedsBillTo. Callers turn a database refusal of a doubled affiliate name into words.
    """
    if separate_invoices and bill_to is None:
        raise NeedsBillTo
    facts = asdict(company.cleaned())
    account = Account.objects.create(
        **facts,
        code=new_code(kind),
        kind=kind,
        name_key=names.name_key(facts["name"]),
        currency=currency,
        bill_to=bill_to,
        separate_invoices=separate_invoices,
        separate_invoices_source=separate_invoices_source,
        separate_invoices_at=at if separate_invoices else None,
        ordering_enabled=ordering_enabled,
        responsible_user=responsible_user,
        created_via=via,
        created_at=at,
        created_by=by,
    )
    audit.record("account.created", target=account, account=account, by=by, at=at, after={"kind": str(kind)})
    vat_checks.ask_when_abroad(account)
    return account


@transaction.atomic
def update(
    *, account: Account, company: Company, by: User | None, at: datetime, reason: str = "", **switches: Any
) -> Account:
    """Correct the company's data, and with `switches` other plain columns (ordering, tax exemption, manager, code).

    Issued invoices keep what they say; the audit trail keeps what changed, and why. Raises NameNeeded, BadText.
    """
    account = lock(account)
    facts = {**asdict(company.cleaned()), **switches}
    before = {name: str(getattr(account, name)) for name in facts}
    for name, value in facts.items():
        setattr(account, name, value)
    account.name_key = names.name_key(account.name)
    account.save()
    after = {name: str(value) for name, value in facts.items()}
    changed = [name for name in facts if before[name] != after[name]]
    if changed:
        audit.record(
            "account.updated",
            target=account,
            account=account,
            by=by,
            at=at,
            reason=reason,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    if "vat_number" in changed or "country" in changed:
        vat_checks.ask_when_abroad(account)
    return account


@transaction.atomic
def mark_in_use(*, account: Account, at: datetime) -> None:
    """Note that the account was ordered for: from now on a trigger freezes kind, bill-to and currency."""
    Account.objects.filter(pk=account.pk, in_use_at=None).update(in_use_at=at)


@transaction.atomic
def set_separate_invoices(
    *,
    account: Account,
    on: bool,
    by: User | None,
    at: datetime,
    source: FlagSource = FlagSource.OPERATOR,
    reason: str = "",
) -> Account:
    """Switch separate invoices for a sub-customer on or off; counts for invoices issued from now on (product.md §11.5).

    Raises NeedsBillTo for an account that pays its own invoices, SeparationUnchanged when nothing changes.
    """
    account = lock(account)
    if account.bill_to_id is None:
        raise NeedsBillTo
    if account.separate_invoices == on:
        raise SeparationUnchanged
    account.separate_invoices, account.separate_invoices_source, account.separate_invoices_at = on, source, at
    account.save()
    audit.record(
        "account.separate_invoices",
        target=account,
        account=account,
        by=by,
        at=at,
        reason=reason,
        before={"separate_invoices": not on},
        after={"separate_invoices": on, "source": str(source)},
    )
    return account
