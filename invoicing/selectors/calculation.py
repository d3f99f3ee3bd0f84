"""The computation of one run item in memory: from rows to documents. Preview and issue run the same one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.enums import AccountKind, PurchaseMode
from accounts.models import Account
from config.kernel.periods import Period
from invoicing.drafting import Draft, DueLine, Texts, drafts_of, fingerprint, waiting_discounts
from invoicing.enums import ChargeKind, ExcessDiscounts
from invoicing.grouping import Beneficiary, SectionKind
from invoicing.models import BillingSchedule, Charge, ScheduleChange
from invoicing.rating import Rated, due_cycles
from invoicing.selectors.credits import CreditDraft, is_of_invoiced, refund_drafts
from invoicing.selectors.due import DueAccount, DueChange, Dues, DueSchedule
from invoicing.selectors.schedules import steps_of
from invoicing.selectors.tax import payer_of, why_untaxed
from invoicing.tax import Treatment, is_in_doubt, treatment

SECTIONS = {
    AccountKind.RESELLER: SectionKind.OWN_USE,
    AccountKind.AFFILIATE: SectionKind.AFFILIATE,
    AccountKind.END_CUSTOMER: SectionKind.END_CUSTOMER,
}
UNKNOWN = Treatment("O", Decimal(0), "no rule")


@dataclass(slots=True)
class Calculation:
    """What one bill-to would be invoiced, or why not. `held` is the reason to hold it back, "" if there is none.

    `note` is what a person should know of a bill that is not held.
    """

    payer: Account
    drafts: list[Draft] = field(default_factory=list)
    separate: list[int] = field(default_factory=list)
    held: str = ""
    credits: list[CreditDraft] = field(default_factory=list)
    note: str = ""

    @property
    def hash(self) -> str:
        """Equal for two calculations that say the same."""
        return fingerprint(self.drafts, [credit.identity for credit in self.credits])

    @property
    def documents(self) -> int:
        """How many invoices and credit invoices it makes."""
        return len(self.drafts) + len(self.credits)

    @property
    def line_count(self) -> int:
        """How many lines they have."""
        return len(self.lines) + sum(len(credit.parts) for credit in self.credits)

    @property
    def lines(self) -> list[DueLine]:
        """All lines of all documents."""
        return [line for draft in self.drafts for line in draft.lines]

    def total(self, name: str) -> Decimal:
        """The sum of one total (net, tax, gross) over the documents; credits count against it."""
        billed = sum((getattr(draft.totals, name) for draft in self.drafts), Decimal("0.00"))
        return billed - sum((getattr(credit.totals, name) for credit in self.credits), Decimal("0.00"))


def calculate(dues: Dues, bill_to: int, *, through: date, invoice_on: date) -> Calculation:
    """Compute the documents of one bill-to; nothing is written and nothing is read but `dues`.

    `through` says what is due, `invoice_on` which tax rules hold. A bill-to without a rule for its place, or whose tax
    hangs on a VAT number that is not known to be valid, is held with the reason; so is one whose discounts exceed its
    charges, unless such discounts wait for the next run.
    """
    payer = dues.payers[bill_to]
    separate = sorted(account.pk for account in dues.users[bill_to] if account.separate_invoices)
    lines = list(_lines(dues, payer, through=through, invoice_on=invoice_on))
    if any(line.treatment is UNKNOWN for line in lines):
        return Calculation(payer, separate=separate, held=why_untaxed(dues.rules, payer, on=invoice_on))
    drafts = _drafts(dues, bill_to, separate, lines)
    below = [draft for draft in drafts if draft.totals.net < 0]
    if below and dues.settings.excess_discounts == ExcessDiscounts.HOLD:
        return Calculation(payer, separate=separate, held=_too_much_discount(below))
    note = ""
    if below:
        waiting = waiting_discounts(below)
        drafts = _drafts(dues, bill_to, separate, [line for line in lines if line not in waiting])
        note = _("Discounts of %(amount)s %(currency)s are larger than the charges; they wait for the next run.") % {
            "amount": -sum(line.net for line in waiting),
            "currency": payer.currency,
        }
    refunds = [charge for charge in dues.charges[bill_to] if is_of_invoiced(charge)]
    return Calculation(payer, drafts, separate, credits=refund_drafts(refunds, dues.credited), note=note)


def _drafts(dues: Dues, bill_to: int, separate: list[int], lines: list[DueLine]) -> list[Draft]:
    return drafts_of(lines, bill_to=bill_to, separate=separate, by_supply_month=dues.settings.by_supply_month)


def _too_much_discount(below: list[Draft]) -> str:
    """By how much, and everything that can be done about it."""
    excess = -sum(draft.totals.net for draft in below)
    return _(
        "The discounts exceed the charges by %(amount)s %(currency)s net: an invoice would be negative. Withdraw the "
        "discount and credit an earlier invoice instead, or wait for more charges; then preview again. System options "
        "› Billing can let such discounts wait."
    ) % {"amount": excess, "currency": below[0].group.key.currency}


def _lines(dues: Dues, payer: Account, *, through: date, invoice_on: date) -> Iterator[DueLine]:
    taxpayer = payer_of(payer, on=invoice_on)
    known: dict[str, Treatment] = {}

    def taxed(product_type: str) -> Treatment:
        if product_type not in known:
            in_doubt = is_in_doubt(dues.rules, taxpayer, product_type=product_type, on=invoice_on)
            found = treatment(dues.rules, taxpayer, product_type=product_type, on=invoice_on)
            known[product_type] = UNKNOWN if in_doubt or found is None else found
        return known[product_type]

    for charge in dues.charges[payer.pk]:
        if is_of_invoiced(charge):
            continue
        product_type = charge.schedule.product_type if charge.schedule else charge.product_type
        yield _charged_line(charge, dues.accounts[charge.beneficiary_id], taxed(product_type))
    for schedule in dues.schedules[payer.pk]:
        yield from _cycle_lines(dues, schedule, through, taxed(schedule.product_type))


def _cycle_lines(dues: Dues, schedule: DueSchedule, through: date, how: Treatment) -> Iterator[DueLine]:
    changes, terms = dues.changes[schedule.pk], schedule.terms
    by_seq = {change.seq: change for change in changes}
    after = schedule.charged_through or terms.start_on
    user = who(dues.accounts[schedule.beneficiary_id])
    for rated in due_cycles(terms, steps_of(changes), after=after, through=through):
        yield DueLine(
            beneficiary=user,
            treatment=how,
            currency=schedule.currency,
            rated=rated,
            texts=texts_of(schedule, by_seq[rated.seq]),
            schedule_id=schedule.pk,
            change_id=by_seq[rated.seq].pk,
        )


def _charged_line(charge: Charge, beneficiary: DueAccount, how: Treatment) -> DueLine:
    rated = Rated(
        kind=ChargeKind(charge.kind),
        seq=charge.change.seq if charge.change else 0,
        period=Period(charge.period.lower, charge.period.upper),
        quantity=charge.quantity,
        unit_price=charge.unit_price,
        factor=charge.factor,
        net=charge.net,
        invoice_on=charge.invoice_on,
        counted=(charge.factor_numerator, charge.factor_denominator),
    )
    manual = Texts(product_name=charge.text, mode=PurchaseMode.of(beneficiary.kind))
    return DueLine(
        beneficiary=who(beneficiary),
        treatment=how,
        currency=charge.currency,
        rated=rated,
        texts=texts_of(charge.schedule, charge.change) if charge.schedule else manual,
        schedule_id=charge.schedule_id,
        change_id=charge.change_id,
        charge_id=charge.pk,
        supplied_on=charge.refunds.period.lower if charge.refunds else None,
    )


def texts_of(schedule: BillingSchedule | DueSchedule, change: ScheduleChange | DueChange | None) -> Texts:
    """What a line of the schedule prints; its price comes from where the change that it is charged by says."""
    return Texts(
        product_name=schedule.product_name,
        mode=schedule.mode,
        sku=schedule.sku,
        service_reference=schedule.service_reference,
        order_reference=schedule.order_reference,
        tenant_domain=schedule.tenant_domain,
        partner_id=schedule.partner_id,
        price_source=(change.price_source if change else "") or schedule.price_source,
    )


def who(account: DueAccount) -> Beneficiary:
    """The beneficiary as grouping takes it."""
    return Beneficiary(account.pk, account.name, SECTIONS[AccountKind(account.kind)])
