"""An example of every form about bank files, disputes and daily runs."""

from __future__ import annotations

from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.clock import local_today
from accounts.models import Account, VatCheck
from invoicing.bank.files import Plan
from invoicing.models import BankRow, DailyRun, DeliveryBounce, Dispute, ReminderPause, SuspensionProposal
from invoicing.selectors.disputes import disputable
from invoicing.services import bank_imports, deliveries, disputes
from tests.integration.invoicing.mailed import stored
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.security.forms.corrections import invoice_of
from tests.security.forms.filled import Build, Filled, operator, reseller_admin

FILE = b"Value date;Details;Amount\n2026-11-02;Somebody;17,00\n"
PLAN = Plan("utf-8", ";", 1, "iso", "comma", "EUR", {"value_on": 0, "reference": 1, "amount": 2})


def transfer(cast: Cast) -> Filled:
    user = operator()
    facts = {"by": user, "at": NOW}
    row = bank_imports.upload(content=FILE, name="bank.csv", account="GR1601101250000000012300695", **facts)
    bank_imports.read(bank_import=row, plan=PLAN, **facts)
    page = reverse("bss:invoicing_bankimport_line", args=[row.public_id, 2])
    return Filled(page, {"act": "leave_out", "bill_to": "", "reason": "R"}, (BankRow,), user, as_a_whole=True)


def missed(_cast: Cast) -> Filled:
    daily = DailyRun.objects.create(on=date(2026, 11, 1), missed_at=NOW, reason="The scheduler slept")
    page = reverse("bss:invoicing_dailyrun_settle", args=[daily.pk])
    return Filled(page, {"settled_as": "R"}, (DailyRun,), operator(), says_by_message=True)


def doubt(cast: Cast) -> Filled:
    """Opened by the reseller."""
    invoice = invoice_of(cast)
    typed = {"item": str(disputable(invoice)[0].pk), "part_net": "", "reason": "R"}
    return Filled(
        reverse("invoicing:dispute", args=[invoice.public_id]), typed, (Dispute,), reseller_admin(cast),
        fields=("part_net", "reason"),
    )  # fmt: skip


def doubt_of_staff(cast: Cast) -> Filled:
    invoice = invoice_of(cast)
    typed = {"item": str(disputable(invoice)[0].pk), "part_net": "", "reason": "R"}
    page = reverse("bss:invoicing_invoice_dispute", args=[invoice.pk])
    return Filled(page, typed, (Dispute,), operator(), fields=("part_net", "reason"))


def outcome(cast: Cast) -> Filled:
    user = operator()
    dispute = disputes.open_dispute(item=disputable(invoice_of(cast))[0], reason="R", by=user, at=NOW)
    page = reverse("bss:invoicing_dispute_change", args=[dispute.pk])
    return Filled(page, {"state": "rejected", "outcome": "R"}, (Dispute,), user, fields=("outcome",))


def pause(cast: Cast) -> Filled:
    page = reverse("bss:resellers_reseller_reminders", args=[cast.reseller.reseller.pk])
    until = (local_today(timezone.now()) + timedelta(days=30)).isoformat()
    typed = {"pause": "1", "until": until, "reason": "R"}
    return Filled(page, typed, (ReminderPause,), operator(), fields=("until", "reason"), as_a_whole=True)


def vat_check(cast: Cast) -> Filled:
    Account.objects.filter(pk=cast.reseller.pk).update(vat_number="EL123456783")
    page = reverse("bss:accounts_account_vat", args=[cast.reseller.pk])
    typed = {"record": "1", "result": "valid", "reason": "R"}
    return Filled(page, typed, (VatCheck,), operator(), fields=("reason",))


def suspension(cast: Cast) -> Filled:
    today = local_today(timezone.now())
    facts = {"proposed_on": today, "due_on": today, "currency": "EUR", "amount": 1, "at": NOW}
    proposal = SuspensionProposal.objects.create(bill_to=cast.reseller, **facts)
    page = reverse("bss:invoicing_suspensionproposal_change", args=[proposal.pk])
    return Filled(page, {"state": "left", "reason": "R"}, (SuspensionProposal,), operator(), fields=("reason",))


def came_back(cast: Cast) -> Filled:
    Account.objects.filter(pk=cast.reseller.pk).update(email="office@example.org")
    invoice = invoice_of(cast)
    stored(invoice)
    delivery = deliveries.resend(invoice=invoice, by=None, at=NOW)
    delivery.message.mark_sent(at=NOW)
    page = reverse("bss:invoicing_delivery_bounce", args=[delivery.pk])
    return Filled(page, {"reason": "R"}, (DeliveryBounce,), operator())


FORMS: dict[str, Build] = {
    "bss:invoicing_delivery_bounce": came_back,
    "bss:invoicing_suspensionproposal_change": suspension,
    "bss:accounts_account_vat": vat_check,
    "bss:resellers_reseller_reminders": pause,
    "bss:invoicing_bankimport_line": transfer,
    "bss:invoicing_dailyrun_settle": missed,
    "invoicing:dispute": doubt,
    "bss:invoicing_invoice_dispute": doubt_of_staff,
    "bss:invoicing_dispute_change": outcome,
}
WITHOUT_TEXTS = {
    "bss:invoicing_bankimport_add": "a file; its texts are tried in test_bank_imports.py",
    "bss:invoicing_bankimport_decide": "a button",
    "bss:invoicing_bankimport_preview": "a page to read",
    "bss:invoicing_bankimport_reading": "choices of how a file is read; tried in test_bank_files_in_bss.py",
    "bss:invoicing_dailyrun_change": "a page to read",
    "bss:invoicing_numberseries_change": "a page to read",
    "bss:invoicing_numberseries_csv": "a file",
    "bss:exports": "dates and choices in the address; tried in test_exports.py",
    "bss:invoicing_delivery_change": "a page to read",
    "bss:invoicing_delivery_repeat": "a button",
    "bss:invoicing_invoice_mail": "a button",
    "bss:invoicing_billingrun_deliver": "a button",
    "bss:open_items": "a page to read",
    "bss:reminders": "a page to read",
    "bss:resellers_reseller_separation": "choices; tried in test_separation_in_bss.py",
    "bss:resellers_reseller_statement": "two dates in the address; tried in test_statements.py",
}
