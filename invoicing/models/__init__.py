"""The tables of billing."""

from invoicing.models.bank import BankImport, BankRow, BankRowPart
from invoicing.models.certificates import RunCertificate
from invoicing.models.charges import Charge
from invoicing.models.daily import DailyRun
from invoicing.models.deliveries import DeliveredDocument, Delivery, DeliveryBounce, InvoiceDispatch
from invoicing.models.disputes import Dispute
from invoicing.models.documents import InvoiceRendering
from invoicing.models.invoices import Invoice, InvoiceBalance, InvoiceFile, InvoiceItem, InvoiceTax, NumberSeries
from invoicing.models.payments import Payment, PaymentAllocation
from invoicing.models.reminders import Reminder, ReminderLetter, ReminderPause
from invoicing.models.runs import BillingRun, RunItem
from invoicing.models.schedules import BillingSchedule, ScheduleChange
from invoicing.models.settings import BillingSettings, TaxRule
from invoicing.models.suspensions import SuspensionProposal

__all__ = [
    "BankImport",
    "BankRow",
    "BankRowPart",
    "BillingRun",
    "BillingSchedule",
    "BillingSettings",
    "Charge",
    "DailyRun",
    "DeliveredDocument",
    "Delivery",
    "DeliveryBounce",
    "Dispute",
    "Invoice",
    "InvoiceBalance",
    "InvoiceDispatch",
    "InvoiceFile",
    "InvoiceItem",
    "InvoiceRendering",
    "InvoiceTax",
    "NumberSeries",
    "Payment",
    "PaymentAllocation",
    "Reminder",
    "ReminderLetter",
    "ReminderPause",
    "RunCertificate",
    "RunItem",
    "ScheduleChange",
    "SuspensionProposal",
    "TaxRule",
]
