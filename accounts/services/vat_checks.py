"""Checks of VAT numbers: asked by a worker, or recorded by a person; each one a row that stays (product.md §12.4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.enums import VatResult, VatSource
from accounts.models import Account, Organisation, User, VatCheck
from accounts.services import audit
from accounts.vies import client
from config.kernel import outbox
from config.kernel.errors import DomainError
from config.kernel.locks import lock

CHECK: Final = "accounts.check_vat_number"
AGAIN: Final = timedelta(hours=1)
MOST: Final = 48
AT_ONCE: Final = 100
LONGEST: Final = 300
log = structlog.get_logger(__name__)


class NothingToCheck(DomainError):
    """Only numbers of EU states are in a register that can be asked."""

    user_message = _("There is no VAT number of an EU state to check. Enter it on the account's page first.")


class VatReasonNeeded(DomainError):
    """A check by a person stands for the register's: somebody will ask for it."""

    user_message = _("Say how you checked it, in up to 300 characters: where you looked, and when.")
    field = "reason"


class NotDecided(DomainError):
    """A person records what is so; not knowing is no result."""

    user_message = _("Choose valid or invalid.")
    field = "result"


def ask_when_abroad(account: Account) -> None:
    """Have the number of an account in another EU state checked after this transaction; others need no check.

    For the services that create and correct accounts.
    """
    prefix = names.vat_prefix(str(account.country))
    if account.vat_number and prefix and prefix != _home():
        outbox.add(CHECK, account_id=account.pk)


@transaction.atomic
def ask_again(*, account: Account, by: User, at: datetime) -> None:
    """Have the number checked once more because a person wants it. Raises NothingToCheck."""
    _checkable(account)
    audit.record("account.vat_check_asked", target=account, account=account, by=by, at=at)
    outbox.add(CHECK, account_id=account.pk, by_id=by.pk)


def check(*, account_id: int, by_id: int | None = None, at: datetime) -> VatCheck | None:
    """Ask for the account's present number and record the answer; nothing when it has none.

    The register is asked outside any transaction. Safe to repeat: each answer is a row of its own.
    """
    account = Account.objects.filter(pk=account_id).first()
    if account is None or not account.vat_number or not names.vat_prefix(str(account.country)):
        return None
    requester = Organisation.objects.filter(pk=1).values_list("vat_number", flat=True).first() or ""
    answer = client.checker().check(account.vat_number, requester=requester)
    log.info("vat_number.checked", account=account.pk, result=answer.result, source=answer.source)
    with transaction.atomic():
        lock(account)
        return VatCheck.objects.create(
            account=account,
            number=account.vat_number,
            asked_name=account.name,
            result=answer.result,
            source=answer.source,
            request_number=answer.request_number,
            answered_name=answer.name,
            answered_address=answer.address,
            reason=answer.reason[:LONGEST],
            checked_at=at,
            checked_by_id=by_id,
        )


@transaction.atomic
def record(*, account: Account, result: VatResult, reason: str, by: User, at: datetime) -> VatCheck:
    """Write down what a person found out, which counts like an answer of the register.

    Raises NothingToCheck, NotDecided, VatReasonNeeded.
    """
    account = lock(account)
    _checkable(account)
    if result not in {VatResult.VALID, VatResult.INVALID}:
        raise NotDecided
    reason = names.clean_text(reason)
    if not 0 < len(reason) <= LONGEST:
        raise VatReasonNeeded
    row = VatCheck.objects.create(
        account=account,
        number=account.vat_number,
        asked_name=account.name,
        result=result,
        source=VatSource.PERSON,
        reason=reason,
        checked_at=at,
        checked_by=by,
    )
    facts = {"number": account.vat_number, "result": str(result)}
    audit.record(
        "account.vat_checked", target=account, account=account, by=by, at=at, reason=reason, before=None, after=facts
    )
    return row


def sweep(*, at: datetime) -> int:
    """Ask for numbers of other EU states that are not known yet; returns how many. At most hourly each, 48 times.

    Also those that were accepted by their form while VIES was off, once it is on.
    """
    found = list(_waiting(at)[:AT_ONCE].values_list("pk", flat=True))
    with transaction.atomic():
        for pk in found:
            outbox.add(CHECK, account_id=pk)
    return len(found)


def _waiting(at: datetime) -> QuerySet[Account]:
    checks = VatCheck.objects.filter(account=OuterRef("pk"), number=OuterRef("vat_number"))
    decided = checks.exclude(result=VatResult.UNKNOWN).order_by("-pk")
    tries = checks.order_by().values("account").annotate(n=Count("pk")).values("n")
    wanted = Q(vat_status__in=("", VatResult.UNKNOWN))
    if settings.VIES_URL:
        wanted |= Q(decided_by=VatSource.FORMAT)
    return (
        Account.objects.exclude(vat_number="")
        .annotate(decided_by=Subquery(decided.values("source")[:1]), tries=Subquery(tries))
        .filter(wanted, Q(tries=None) | Q(tries__lt=MOST), ~Exists(checks.filter(checked_at__gt=at - AGAIN)))
        .filter(country__in=_abroad(), archived_at=None)
        .order_by("pk")
    )


def _home() -> str:
    """What the distributor's own VAT numbers begin with; "" before it is set up."""
    country = Organisation.objects.filter(pk=1).values_list("country", flat=True).first()
    return names.vat_prefix(str(country or ""))


def _abroad() -> list[str]:
    home = _home()
    return [country for country in names.EU_COUNTRIES if names.vat_prefix(country) != home]


def _checkable(account: Account) -> None:
    if not account.vat_number or not names.vat_prefix(str(account.country)):
        raise NothingToCheck
