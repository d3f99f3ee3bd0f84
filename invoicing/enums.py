"""The words of billing: states, kinds and policies, and the arrows between states."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.kernel.status import StatusChoices, Tone
from config.kernel.transitions import Transitions


class ScheduleState(models.TextChoices):
    """Where a billing schedule is in its life."""

    PENDING = "pending", _("Waiting for confirmation")
    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")
    VOID = "void", _("Void")


SCHEDULE_TRANSITIONS: Final = Transitions(
    {
        ScheduleState.PENDING: frozenset({ScheduleState.ACTIVE, ScheduleState.VOID}),
        ScheduleState.ACTIVE: frozenset({ScheduleState.ENDED}),
        ScheduleState.ENDED: frozenset({ScheduleState.ACTIVE}),
        ScheduleState.VOID: frozenset(),
    }
)


class ChangeKind(models.TextChoices):
    """What a dated change of a schedule does."""

    START = "start", _("Start")
    MORE = "more", _("More units")
    FEWER = "fewer", _("Fewer units")
    PRICE = "price", _("New price")
    RENEWAL = "renewal", _("Renewal")
    END = "end", _("End")
    RESUME = "resume", _("End revoked")


class RefundPolicy(models.TextChoices):
    """How the unused part of a charge is given back (product.md §10.1)."""

    NONE = "none", _("No refund")
    DAY = "day", _("By day")
    HOUR = "hour", _("By hour, within 168 hours")


class UsageRule(models.TextChoices):
    """What the first days of a service or of added units cost, up to the next billing period (product.md §10.1)."""

    PROPORTIONAL = "days", _("By day")
    FULL = "full", _("A whole period")


class ExcessDiscounts(models.TextChoices):
    """What happens to discounts that are larger than the charges they would stand beside."""

    HOLD = "hold", _("Hold the reseller's bill until a person has decided")
    WAIT = "wait", _("Bill the charges; let the discounts wait for the next run")


class ChargeKind(models.TextChoices):
    """Why an amount is owed."""

    SETUP = "setup", _("Set-up")
    ONE_OFF = "one_off", _("One-off")
    STUB = "stub", _("Up to the billing day")
    CYCLE = "cycle", _("Billing period")
    INCREASE = "increase", _("Added units")
    PRICE = "price", _("Price difference")
    REFUND = "refund", _("Refund")
    DISCOUNT = "discount", _("Discount")
    USAGE = "usage", _("Usage")


RECURRING: Final = (ChargeKind.STUB, ChargeKind.CYCLE)


class RunState(models.TextChoices):
    """The stages of a billing run (product.md §10.6)."""

    SCHEDULED = "scheduled", _("Scheduled")
    CALCULATING = "calculating", _("Calculating")
    PREVIEWED = "previewed", _("Previewed")
    ISSUING = "issuing", _("Issuing")
    DONE = "done", _("Done")
    DONE_WITH_ERRORS = "done_with_errors", _("Done, with errors")
    DISCARDED = "discarded", _("Discarded")


RUN_TRANSITIONS: Final = Transitions(
    {
        RunState.SCHEDULED: frozenset({RunState.CALCULATING, RunState.DISCARDED}),
        RunState.CALCULATING: frozenset({RunState.PREVIEWED, RunState.DISCARDED}),
        RunState.PREVIEWED: frozenset({RunState.CALCULATING, RunState.ISSUING, RunState.DISCARDED}),
        RunState.ISSUING: frozenset({RunState.PREVIEWED, RunState.DONE, RunState.DONE_WITH_ERRORS}),
        RunState.DONE: frozenset(),
        RunState.DONE_WITH_ERRORS: frozenset(),
        RunState.DISCARDED: frozenset(),
    }
)
UNFINISHED_RUNS: Final = (RunState.SCHEDULED, RunState.CALCULATING, RunState.PREVIEWED, RunState.ISSUING)
FINISHED_RUNS: Final = (RunState.DONE, RunState.DONE_WITH_ERRORS)


class ItemState(models.TextChoices):
    """Where one bill-to is inside a run."""

    PENDING = "pending", _("Waiting")
    PREVIEWED = "previewed", _("Previewed")
    CHANGED = "changed", _("Changed since the preview")
    HELD = "held", _("Held")
    PARKED = "parked", _("Parked")
    NOTHING_DUE = "nothing_due", _("Nothing due")
    DONE = "done", _("Issued")


_AGAIN: Final = frozenset({ItemState.PREVIEWED, ItemState.PARKED, ItemState.NOTHING_DUE, ItemState.HELD})
ITEM_TRANSITIONS: Final = Transitions(
    {
        ItemState.PENDING: _AGAIN,
        ItemState.PREVIEWED: frozenset(
            {ItemState.PENDING, ItemState.CHANGED, ItemState.HELD, ItemState.PARKED, ItemState.DONE}
        ),
        ItemState.CHANGED: frozenset({ItemState.PENDING, ItemState.HELD}),
        ItemState.HELD: frozenset({ItemState.PENDING}),
        ItemState.PARKED: frozenset({ItemState.PENDING, ItemState.HELD}),
        ItemState.NOTHING_DUE: frozenset({ItemState.PENDING}),
        ItemState.DONE: frozenset(),
    }
)


class DifferenceKind(StatusChoices):
    """How a service differs from the last bill of the same reseller."""

    NEW = "new", Tone.INFO, "plus", _("New")
    GONE = "gone", Tone.WARN, "minus", _("Gone")
    CHANGED = "changed", Tone.QUIET, "pencil", _("Changed")


class RunFlag(StatusChoices):
    """Why somebody should look at a bill-to before it is issued."""

    FIRST = "first", Tone.INFO, "flag", _("First bill")
    HIGHER = "higher", Tone.WARN, "arrow-up", _("Much higher")
    LOWER = "lower", Tone.WARN, "arrow-down", _("Much lower")
    SERVICE = "service", Tone.WARN, "triangle-alert", _("A service moved")
    CREDIT = "credit", Tone.QUIET, "undo-2", _("Credit")


class SplitReason(models.TextChoices):
    """Why lines of the same beneficiary stand on several invoices (product.md §11)."""

    CURRENCY = "currency", _("Currency")
    TREATMENT = "treatment", _("Tax treatment")
    MONTH = "month", _("Month of supply")


class DocumentType(models.TextChoices):
    """Normal invoice or credit note; both count with positive amounts."""

    DEBIT = "debit", _("Invoice")
    CREDIT = "credit", _("Credit invoice")


class FileKind(models.TextChoices):
    """The files of an invoice."""

    PDF = "pdf", _("PDF")
    XML = "xml", _("E-invoice (XML)")
    UBL = "ubl", _("E-invoice for Peppol (UBL)")

    @property
    def ending(self) -> str:
        """How the name of the file ends."""
        return "ubl.xml" if self is FileKind.UBL else self.value


class InvoiceStatus(models.TextChoices):
    """What an invoice is today; derived from its balance and due date, never stored (product.md §10.5)."""

    OPEN = "open", _("Open")
    PART_PAID = "part_paid", _("Part-paid")
    PAID = "paid", _("Paid")
    OVERDUE = "overdue", _("Overdue")
    CREDITED = "credited", _("Credited")
    UNAPPLIED = "unapplied", _("Unapplied")
    APPLIED = "applied", _("Applied")


class RenderState(models.TextChoices):
    """Where the file of an invoice is on its way; the file itself is a row of InvoiceFile."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Being made")
    DONE = "done", _("Ready")
    FAILED = "failed", _("Failed")


class DispatchState(models.TextChoices):
    """Where an issued document is on its way to the addressee."""

    WAITING = "waiting", _("Waiting")
    MAILED = "mailed", _("Mailed")
    LEFT_OUT = "left_out", _("Not to be mailed")
    STOPPED = "stopped", _("Cannot be mailed")


DISPATCH_TRANSITIONS: Final = Transitions(
    {
        DispatchState.WAITING: frozenset({DispatchState.MAILED, DispatchState.LEFT_OUT, DispatchState.STOPPED}),
        DispatchState.STOPPED: frozenset({DispatchState.WAITING, DispatchState.MAILED}),
        DispatchState.LEFT_OUT: frozenset({DispatchState.MAILED}),
        DispatchState.MAILED: frozenset(),
    }
)


class DeliveryState(StatusChoices):
    """What became of a mail with documents."""

    QUEUED = "queued", Tone.INFO, "clock", _("Queued")
    SENT = "sent", Tone.OK, "circle-check", _("Sent")
    FAILED = "failed", Tone.BAD, "circle-x", _("Failed")
    BOUNCED = "bounced", Tone.BAD, "undo-2", _("Bounced")


class BankImportState(models.TextChoices):
    """What became of a bank file."""

    UPLOADED = "uploaded", _("To be set up")
    READ = "read", _("To be booked")
    BOOKED = "booked", _("Booked")
    DISCARDED = "discarded", _("Put away")


BANK_IMPORT_TRANSITIONS: Final = Transitions(
    {
        BankImportState.UPLOADED: frozenset({BankImportState.READ, BankImportState.DISCARDED}),
        BankImportState.READ: frozenset({BankImportState.BOOKED, BankImportState.DISCARDED}),
        BankImportState.BOOKED: frozenset(),
        BankImportState.DISCARDED: frozenset(),
    }
)


class BankRowState(models.TextChoices):
    """Whether it is decided what a transfer becomes."""

    OPEN = "open", _("To be decided")
    READY = "ready", _("Will be booked")
    DUPLICATE = "duplicate", _("Booked before")
    LEFT_OUT = "left_out", _("Left out")
    BOOKED = "booked", _("Booked")


class BankMatch(models.TextChoices):
    """How sure it is what a transfer pays."""

    SURE = "sure", _("Certain")
    CHECK = "check", _("To be checked")
    NONE = "none", _("Nothing found")
    PERSON = "person", _("Chosen by hand")


class DisputeState(models.TextChoices):
    """What came of a dispute about a line."""

    OPEN = "open", _("In dispute")
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


DISPUTE_TRANSITIONS: Final = Transitions(
    {
        DisputeState.OPEN: frozenset({DisputeState.ACCEPTED, DisputeState.REJECTED, DisputeState.WITHDRAWN}),
        DisputeState.ACCEPTED: frozenset(),
        DisputeState.REJECTED: frozenset(),
        DisputeState.WITHDRAWN: frozenset(),
    }
)


class SuspensionState(StatusChoices):
    """What became of a proposal to suspend a reseller."""

    OPEN = "open", Tone.WARN, "circle-alert", _("To decide")
    STOPPED = "stopped", Tone.BAD, "circle-pause", _("New orders stopped")
    LEFT = "left", Tone.QUIET, "circle-minus", _("Left as it is")
    SETTLED = "settled", Tone.OK, "circle-check", _("Paid meanwhile")


SUSPENSION_TRANSITIONS: Final = Transitions(
    {
        SuspensionState.OPEN: frozenset({SuspensionState.STOPPED, SuspensionState.LEFT, SuspensionState.SETTLED}),
        SuspensionState.STOPPED: frozenset(),
        SuspensionState.LEFT: frozenset(),
        SuspensionState.SETTLED: frozenset(),
    }
)
