"""What waits for a person, kind by kind: how much of it, the oldest of it, and the list that holds the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.enums import MessageStatus
from accounts.models import Message
from bss.selectors.resellers import cannot_order_yet, lacking
from config.kernel import formats
from config.kernel.components.text import language
from invoicing.enums import UNFINISHED_RUNS, ItemState, RenderState, SuspensionState
from invoicing.models import DailyRun, InvoiceDispatch, InvoiceRendering, RunItem, SuspensionProposal
from invoicing.selectors.daily_runs import missed_runs
from invoicing.selectors.deliveries import undelivered
from invoicing.selectors.due import past_their_term
from resellers.models import Reseller
from storefront.enums import Delivery, OrderStatus, UnitState
from storefront.models import FulfilmentUnit, Order, Renewal, Subscription

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

SHOWN: Final = 5
SHOWN_OF_ONE: Final = 50
MANY_TRIES: Final = 3
ALERT: Final = timedelta(days=7)
STOPPED_STATES: Final = (UnitState.REJECTED, UnitState.NEEDS_PERSON)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do: a sentence, its reason, since when, and the page where it is done."""

    title: str
    text: str
    url: str
    pk: int
    since: datetime | date | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work, how it looks, and the list with all of it (`url` and `query` inside BSS)."""

    key: str
    label: _StrOrPromise
    tone: str
    icon: str
    action: _StrOrPromise
    url: str
    query: str
    rows: Callable[[date], QuerySet[Any]]
    write: Callable[[Any], Item]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A kind with how many wait and the first of them."""

    kind: Kind
    count: int
    items: Sequence[Item]

    @property
    def hidden(self) -> int:
        """How many are only in the list."""
        return self.count - len(self.items)


def held_orders() -> QuerySet[Order]:
    """Orders above the available credit, oldest first."""
    rows = Order.objects.filter(status=OrderStatus.SUBMITTED).select_related("bill_to", "beneficiary")
    return rows.order_by("placed_at", "pk")


def _units() -> QuerySet[FulfilmentUnit]:
    related = ("order_item__order__bill_to", "order_item__order__beneficiary")
    return FulfilmentUnit.objects.select_related(*related).order_by("touched_at", "pk")


def stopped_units() -> QuerySet[FulfilmentUnit]:
    """Set-ups that Microsoft refused or that need a decision."""
    return _units().filter(state__in=STOPPED_STATES)


def units_by_hand() -> QuerySet[FulfilmentUnit]:
    """Own products of executed orders that a person carries out."""
    return _units().filter(order_item__delivery=Delivery.BY_HAND, state=UnitState.PLANNED)


def stopped_billing() -> QuerySet[RunItem]:
    """Accounts that an unfinished billing run cannot issue: data missing, changed since the preview, or held."""
    states = (ItemState.PARKED, ItemState.CHANGED, ItemState.HELD)
    rows = RunItem.objects.filter(state__in=states, run__state__in=UNFINISHED_RUNS)
    return rows.select_related("run", "bill_to").order_by("pk")


def proposed_suspensions() -> QuerySet[SuspensionProposal]:
    """Resellers that owe so long that a person should decide whether they may still order."""
    rows = SuspensionProposal.objects.filter(state=SuspensionState.OPEN).select_related("bill_to")
    return rows.order_by("due_on", "pk")


def held_by_billing(*, on: date) -> QuerySet[Subscription]:
    """Subscriptions whose term is over without a confirmed renewal: no further period is billed (product.md M5)."""
    why = Renewal.objects.filter(subscription=OuterRef("pk"), begins_on=OuterRef("schedule__term_end_on"))
    rows = Subscription.objects.filter(schedule__in=past_their_term(on=on)).select_related("bill_to", "schedule")
    rows = rows.annotate(held_because=Subquery(why.values("reason")[:1]))
    return rows.order_by("schedule__term_end_on", "pk")


def renewed_above_credit(*, on: date) -> QuerySet[Renewal]:
    """Renewals of the last week that exceed their payer's credit: not blocked, to be looked at (product.md §8)."""
    rows = Renewal.objects.filter(over_credit_by__isnull=False, begins_on__gte=on - ALERT)
    return rows.select_related("subscription__bill_to").order_by("begins_on", "pk")


def failed_files() -> QuerySet[InvoiceRendering]:
    """Invoices whose PDF could not be made."""
    rows = InvoiceRendering.objects.filter(state=RenderState.FAILED).select_related("invoice__bill_to")
    return rows.order_by("due_at", "pk")


def stuck_messages() -> QuerySet[Message]:
    """E-mails that were given up, or that no server has taken several times: it is away, or refuses for now."""
    refused = Q(status=MessageStatus.PENDING, attempts__gte=MANY_TRIES)
    return Message.objects.filter(refused | Q(status=MessageStatus.FAILED)).order_by("created_at", "pk")


def _order(row: Order) -> Item:
    title = _("%(name)s: order %(number)s is held") % {"name": row.bill_to.name, "number": row.number}
    facts = {"amount": formats.money(row.exceeds_by, row.currency, language()), "name": row.beneficiary.name}
    text = _("%(amount)s above its credit, for %(name)s") % facts
    return Item(title, text, "storefront_order_change", row.pk, row.placed_at)


def _unit(row: FulfilmentUnit) -> Item:
    order = row.order_item.order
    title = f"{order.beneficiary.name}: {row.order_item}"
    text = row.reason or _("Ordered by %(name)s, %(number)s") % {"name": order.bill_to.name, "number": order.number}
    return Item(title, text, "storefront_fulfilmentunit_change", row.pk, row.touched_at)


def _missed_run(row: DailyRun) -> Item:
    title = _("Daily run of %(day)s was missed") % {"day": formats.day(row.on, language())}
    return Item(title, row.reason, "invoicing_dailyrun_change", row.pk, row.missed_at)


def _run_item(row: RunItem) -> Item:
    title = _("%(name)s: not billed") % {"name": row.bill_to.name}
    text = row.reason or str(ItemState(row.state).label)
    return Item(title, text, "invoicing_runitem", row.pk, row.held_at or row.previewed_at)


def _suspension(row: SuspensionProposal) -> Item:
    title = _("%(name)s owes for long") % {"name": row.bill_to.name}
    facts = {"amount": formats.money(row.amount, row.currency, language()), "day": formats.day(row.due_on, language())}
    text = _("%(amount)s overdue, the oldest of it due on %(day)s. Decide whether it may still order.") % facts
    return Item(title, text, "invoicing_suspensionproposal_change", row.pk, row.at)


def _subscription(row: Subscription) -> Item:
    title = f"{row.bill_to.name}: {row.name}"
    text = row.__dict__["held_because"] or _("Its term is over and no renewal was confirmed, so billing waits.")
    return Item(
        title, text, "storefront_subscription_change", row.pk, row.schedule.term_end_on if row.schedule else None
    )


def _above_credit(row: Renewal) -> Item:
    subscription = row.subscription
    title = f"{subscription.bill_to.name}: {subscription.name}"
    amount = formats.money(row.over_credit_by, subscription.currency, language())
    text = _("Renewed all the same, %(amount)s above the credit.") % {"amount": amount}
    return Item(title, text, "storefront_subscription_change", subscription.pk, row.begins_on)


def _rendering(row: InvoiceRendering) -> Item:
    title = _("%(name)s: no PDF of %(number)s") % {"name": row.invoice.bill_to.name, "number": row.invoice.number}
    return Item(title, row.last_error, "invoicing_invoice_change", row.pk, row.due_at)


def _message(row: Message) -> Item:
    title = _("Not sent: %(subject)s") % {"subject": row.subject}
    tries = ngettext("%(n)d try", "%(n)d tries", row.attempts) % {"n": row.attempts}
    text = " · ".join(
        part for part in (", ".join(row.recipients), tries if row.attempts else "", row.last_error) if part
    )
    return Item(title, text, "accounts_message_change", row.pk, row.created_at)


def _dispatch(row: InvoiceDispatch) -> Item:
    facts = {"name": row.invoice.bill_to.name, "number": row.invoice.number}
    bounce = row.delivery and row.delivery.bounce
    if bounce:
        title = _("%(name)s: the mail with %(number)s came back") % facts
        return Item(title, bounce.reason, "invoicing_invoice_change", row.pk, bounce.at)
    title = _("%(name)s: %(number)s could not be mailed") % facts
    return Item(title, row.reason, "invoicing_invoice_change", row.pk, row.due_at)


def _reseller(row: Reseller) -> Item:
    title = _("%(name)s cannot order yet") % {"name": row.account.name}
    text = _("Missing: %(things)s") % {"things": ", ".join(lacking(row))}
    return Item(title, text, "resellers_reseller_change", row.pk, row.account.created_at)


KINDS: Final = (
    Kind(
        "failed",
        gettext_lazy("Failed set-ups"),
        *("bad", "circle-x", gettext_lazy("Repair"), "storefront_fulfilmentunit_changelist", "?stopped=yes"),
        rows=lambda _on: stopped_units(),
        write=_unit,
    ),
    Kind(
        "held",
        gettext_lazy("Held orders"),
        *("warn", "lock", gettext_lazy("Decide"), "storefront_order_changelist", "?status__exact=submitted"),
        rows=lambda _on: held_orders(),
        write=_order,
    ),
    Kind(
        "hand",
        gettext_lazy("To do by hand"),
        *("info", "package", gettext_lazy("Carry out"), "storefront_fulfilmentunit_changelist", "?stopped=by_hand"),
        rows=lambda _on: units_by_hand(),
        write=_unit,
    ),
    Kind(
        "missed_run",
        gettext_lazy("Missed daily runs"),
        *("bad", "circle-alert", gettext_lazy("Decide"), "invoicing_dailyrun_changelist", "?open=yes"),
        rows=lambda _on: missed_runs(),
        write=_missed_run,
    ),
    Kind(
        "billing",
        gettext_lazy("Stopped in a billing run"),
        *("warn", "file-text", gettext_lazy("Look"), "invoicing_billingrun_changelist", "?finished=no"),
        rows=lambda _on: stopped_billing(),
        write=_run_item,
    ),
    Kind(
        "suspension",
        gettext_lazy("Suspension proposed"),
        *("warn", "circle-pause", gettext_lazy("Decide"), "invoicing_suspensionproposal_changelist", "?open=yes"),
        rows=lambda _on: proposed_suspensions(),
        write=_suspension,
    ),
    Kind(
        "renewal",
        gettext_lazy("Held by billing"),
        *("warn", "calendar", gettext_lazy("Look"), "storefront_subscription_changelist", "?billing=held"),
        rows=lambda on: held_by_billing(on=on),
        write=_subscription,
    ),
    Kind(
        "over_credit",
        gettext_lazy("Renewed above the credit"),
        *("warn", "triangle-alert", gettext_lazy("Look")),
        *("storefront_subscription_changelist", "?billing=over_credit"),
        rows=lambda on: renewed_above_credit(on=on),
        write=_above_credit,
    ),
    Kind(
        "files",
        gettext_lazy("Failed PDFs"),
        *("bad", "circle-alert", gettext_lazy("Look"), "invoicing_invoice_changelist", "?pdf=failed"),
        rows=lambda _on: failed_files(),
        write=_rendering,
    ),
    Kind(
        "undelivered",
        gettext_lazy("Documents not delivered"),
        *("bad", "undo-2", gettext_lazy("Look"), "invoicing_invoice_changelist", "?mail=stopped"),
        rows=lambda _on: undelivered(),
        write=_dispatch,
    ),
    Kind(
        "mails",
        gettext_lazy("Mail that does not leave"),
        *("bad", "mail", gettext_lazy("Look"), "accounts_message_changelist", "?stuck=yes"),
        rows=lambda _on: stuck_messages(),
        write=_message,
    ),
    Kind(
        "resellers",
        gettext_lazy("Resellers that cannot order yet"),
        *("warn", "building", gettext_lazy("Complete"), "resellers_reseller_changelist", "?ready=no"),
        rows=lambda on: cannot_order_yet(on=on),
        write=_reseller,
    ),
)


def waiting(*, on: date, only: str = "") -> list[Waiting]:
    """Every kind with its count and first items: one query counts all, one more reads each kind that has something.

    `only` shows more of one kind, none of the others.
    """
    found = counts(on=on, keys=[kind.key for kind in KINDS])
    most = {kind.key: 0 if only not in {"", kind.key} else SHOWN_OF_ONE if only else SHOWN for kind in KINDS}
    return [_waiting(kind, on, found[kind.key], most[kind.key]) for kind in KINDS]


def _waiting(kind: Kind, on: date, count: int, most: int) -> Waiting:
    rows = kind.rows(on)[:most] if count else ()
    return Waiting(kind, count, [kind.write(row) for row in rows])


def counts(*, on: date, keys: Iterable[str]) -> dict[str, int]:
    """How much of these kinds waits, by one query."""
    wanted = [kind for kind in KINDS if kind.key in set(keys)]
    parts = [
        kind.rows(on)
        .order_by()
        .annotate(kind=Value(kind.key))
        .values("kind")
        .annotate(n=Count("*"))
        .values_list("kind", "n")
        for kind in wanted
    ]
    found = dict(parts[0].union(*parts[1:], all=True)) if parts else {}
    return {kind.key: found.get(kind.key, 0) for kind in wanted}
