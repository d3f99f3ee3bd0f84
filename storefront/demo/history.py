"""Two months of history: orders in all three modes, fulfilment at the simulator, renewals, billing runs, payments."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.clock import local_today
from config.kernel.money import Money
from config.kernel.periods import add_months
from invoicing.models import BillingRun, InvoiceBalance
from invoicing.services import billing_runs, payments, run_work
from storefront.demo import buying, world
from storefront.demo.world import World
from storefront.enums import Term
from storefront.partner_center.simulator.remote import Remote
from storefront.selectors import renewals as selectors
from storefront.services import renewals

PREMIUM, STANDARD, BASIC = ("CFQ7TTC0LCHC", "0002"), ("CFQ7TTC0LDPB", "0001"), ("CFQ7TTC0LH18", "0001")
STEPS = 10_000


def moment(day: date, hour: int = 10) -> datetime:
    """That day at that hour in Athens."""
    return datetime.combine(day, time(hour), ZoneInfo("Europe/Athens"))


def play(made: World, *, today: date) -> None:
    """Live through the two months before this one, up to its first day."""
    this_month = today.replace(day=1)
    first, second = add_months(this_month, -2), add_months(this_month, -1)
    microsoft = Remote(settings.PARTNER_CENTER_URL)
    _first_month(made, first, microsoft)
    _bill(second, made)
    _pay(made, second + timedelta(days=12))
    _second_month(made, second, microsoft)
    _bill(this_month, made)
    microsoft.run_clock()


def renew(at: datetime, microsoft: Remote | None = None) -> None:
    """Do the workers' part of what ended by that moment; the simulator's clock stands there when it is given."""
    if microsoft is not None:
        microsoft.set_clock(at)
    due = selectors.terms_ended(on=local_today(at)).filter(tenant__isnull=False)
    for tenant_id in sorted(set(due.values_list("tenant_id", flat=True))):
        renewals.check_tenant(tenant_id=tenant_id, at=at)


def _buy(made: World, microsoft: Remote, ref: str, wishes: list[buying.Wish], *, at: datetime) -> None:
    microsoft.set_clock(at)
    checkout = buying.order(made.admins[ref], wishes, at=at)
    buying.fulfil_now(checkout, at=at)


def _first_month(made: World, month: date, microsoft: Remote) -> None:
    who = made.accounts
    day = month + timedelta(days=4)
    support, backup = buying.offer("ACD-SUP"), buying.offer("ACD-BK-365")
    _buy(
        made, microsoft, "C001",
        [
            (buying.offer(*PREMIUM), 15, who["C001"], "aigaionefos"),
            (backup, 15, who["C001"], ""),
            (buying.offer(*BASIC), 20, who["C020"], "aigaiohosting"),
            (buying.offer(*PREMIUM), 8, who["C032"], "gonia"),
            (support, 8, who["C032"], ""),
            (buying.offer(*STANDARD), 25, who["C033"], "glafkos"),
        ],
        at=moment(day),
    )  # fmt: skip
    _buy(
        made, microsoft, "C005",
        [
            (buying.offer(*PREMIUM), 12, who["C005"], "thermaikosdw"),
            (buying.offer(*BASIC, Term.P1M), 7, who["C005"], "thermaikosdw"),
            (buying.offer(*STANDARD), 40, who["C025"], "thermaikosmd"),
            (support, 3, who["C025"], ""),
        ],
        at=moment(day + timedelta(days=5)),
    )  # fmt: skip


def _second_month(made: World, month: date, microsoft: Remote) -> None:
    who = made.accounts
    world.separate(made, "C036", at=moment(month + timedelta(days=2)))
    _buy(
        made, microsoft, "C002",
        [
            (buying.offer(*BASIC, Term.P1M), 4, who["C002"], "papyros"),
            (buying.offer(*STANDARD), 9, who["C022"], "papyroshosting"),
            (buying.offer(*PREMIUM), 6, who["C036"], "ypsilantaidi"),
            (buying.offer("ACD-SUP"), 6, who["C036"], ""),
            (buying.offer(*PREMIUM), 11, who["C039"], "orizontas"),
        ],
        at=moment(month + timedelta(days=8)),
    )  # fmt: skip
    renew(moment(month + timedelta(days=12)), microsoft)
    _buy(
        made, microsoft, "C001",
        [(buying.offer("ACD-MIG"), 8, who["C032"], ""), (buying.offer("ACD-BK-365"), 25, who["C033"], "")],
        at=moment(month + timedelta(days=19)),
    )  # fmt: skip


def _bill(day: date, made: World) -> None:
    """A run of everyone, previewed and issued by finance on that day; the workers' part is done here."""
    at = moment(day, 6)
    run = billing_runs.start(through=day, invoice_on=day, by=made.finance, at=at)
    _drive(run, at)
    run.refresh_from_db()
    billing_runs.issue(run=run, by=made.finance, at=at)
    _drive(run, at)


def _drive(run: BillingRun, at: datetime) -> None:
    for _step in range(STEPS):
        if run_work.advance(run_id=run.pk, at=at) is run_work.Progress.OVER:
            return
    msg = f"the billing run {run.pk} does not end"
    raise RuntimeError(msg)


def _pay(made: World, day: date) -> None:
    """One reseller pays in full, another a part."""
    for ref, share in (("C001", Decimal(1)), ("C005", Decimal("0.5"))):
        account = made.accounts[ref]
        balance = InvoiceBalance.objects.filter(bill_to=account, open_amount__gt=0).order_by("invoice_id").first()
        if balance is None:
            continue
        payments.record(
            bill_to=account,
            amount=Money(balance.open_amount * share, account.currency).rounded(),
            received_on=day,
            reference=balance.invoice.number,
            method="bank_transfer",
            by=made.finance,
            at=moment(day),
            today=day,
        )
