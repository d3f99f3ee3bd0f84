"""Documents reach the Bill-To contact: each once by itself, again when a person says so, all of it in the log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from accounts.enums import AccountKind, MessageStatus
from accounts.models import AuditEvent, Contact, Message
from accounts.services import sending
from config.kernel.models import Outbox
from invoicing.enums import DeliveryState, DispatchState, RenderState
from invoicing.models import (
    BillingSettings,
    DeliveredDocument,
    Delivery,
    DeliveryBounce,
    InvoiceDispatch,
    InvoiceFile,
    InvoiceRendering,
)  # fmt: skip
from invoicing.selectors.deliveries import report_of, undelivered_of
from invoicing.services import deliveries
from resellers.models import Reseller
from tests.integration.invoicing.cast import NOON, account, cleo
from tests.integration.invoicing.mailed import ADDRESS, billed, mailed, payer, ready

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def wants(bill_to, mode):
    Reseller.objects.filter(account=bill_to).update(document_mail=mode)


def contact(bill_to, email, **more):
    facts = {"first_name": "Ada", "last_name": "M", "created_at": NOON, **more}
    return Contact.objects.create(account=bill_to, email=email, **facts)


def states(invoices):
    return list(InvoiceDispatch.objects.filter(invoice__in=invoices).order_by("pk").values_list("state", flat=True))


@pytest.mark.parametrize(
    ("mode", "separate", "sizes"),
    [
        ("follow", 2, [1, 1, 1]),
        ("automatic", 2, [1, 1, 1]),
        ("automatic", 3, [4]),
        ("each", 3, [1, 1, 1, 1]),
        ("digest", 1, [2]),
        ("digest", 0, [1]),
    ],
)
def test_deliver_groups_documents_as_the_account_wants_them(mode, separate, sizes):
    bill_to = payer()
    wants(bill_to, mode)
    invoices = billed(bill_to, separate)
    ready(invoices)

    made = mailed(invoices)

    assert [delivery.documents.count() for delivery in made] == sizes
    assert states(invoices) == [DispatchState.MAILED] * (separate + 1)
    assert {tuple(delivery.message.recipients) for delivery in made} == {(ADDRESS,)}
    assert mailed(invoices) == []  # asked again


def test_deliver_follows_the_option_of_the_organisation():
    bill_to = payer()
    BillingSettings.objects.create(pk=1, document_mail="digest")
    invoices = billed(bill_to)
    ready(invoices)

    assert len(mailed(invoices)) == 1


def test_deliver_mails_nothing_to_whom_wants_no_mail():
    bill_to = payer()
    wants(bill_to, "none")
    invoices = billed(bill_to)
    ready(invoices)

    assert mailed(invoices) == []
    assert states(invoices) == [DispatchState.LEFT_OUT] * 2
    assert not Message.objects.exists()


def test_a_digest_waits_for_the_last_file_and_not_for_one_that_was_given_up():
    bill_to = payer()
    wants(bill_to, "digest")
    first, second, third = billed(bill_to, 2)
    ready([first])
    assert mailed([first]) == []

    ready([second])
    InvoiceRendering.objects.filter(invoice=third).update(state=RenderState.FAILED, last_error="no font")
    [digest] = mailed([first, second])

    assert [row.invoice for row in digest.documents.order_by("pk")] == [first, second]
    ready([third])
    [later] = mailed([third])
    assert later.documents.get().invoice == third


def test_documents_go_to_every_bill_to_contact_with_the_file_attached():
    bill_to = payer()
    contact(bill_to, "ada@rhodes.example", is_bill_to=True)
    contact(bill_to, "ben@rhodes.example", is_bill_to=True)
    contact(bill_to, "abel@rhodes.example")
    [invoice] = billed(bill_to, 0)
    ready([invoice])

    [delivery] = mailed([invoice])
    sending.send(message_id=delivery.message_id, at=NOON)

    [sent] = mail.outbox
    assert sent.to == ["ada@rhodes.example", "ben@rhodes.example"]
    assert [(name, content) for name, content, _kind in sent.attachments] == [
        (f"{invoice.number}.pdf", f"%PDF-1.7 {invoice.number}".encode())
    ]
    assert (
        sent.extra_headers["Message-ID"] == delivery.message.message_id == f"<{delivery.message.public_id}@localhost>"
    )
    delivery.message.refresh_from_db()
    assert Delivery.objects.get().state is DeliveryState.SENT


def test_a_file_that_changed_is_never_sent():
    bill_to = payer()
    [invoice] = billed(bill_to, 0)
    ready([invoice])
    [delivery] = mailed([invoice])
    name = str(InvoiceFile.objects.get().file)
    with default_storage.open(name, "wb") as file:
        file.write(b"something else")

    sending.send(message_id=delivery.message_id, at=NOON)

    delivery.message.refresh_from_db()
    assert delivery.message.status == MessageStatus.FAILED
    assert "differs from the file that was released" in delivery.message.last_error
    assert mail.outbox == []


def test_without_an_address_it_stops_with_a_reason_until_somebody_adds_one():
    bill_to = payer(email="")
    invoices = billed(bill_to)
    ready(invoices)
    assert mailed(invoices) == []
    run = invoices[0].run_item.run

    assert states(invoices) == [DispatchState.STOPPED] * 2
    assert report_of(run).failed == 2
    assert {row.why for row in undelivered_of(run)} == {str(deliveries.NoAddress.user_message)}

    contact(bill_to, "ada@rhodes.example", is_bill_to=True)
    assert deliveries.resend_run(run=run, by=cleo(), at=NOON) == 2
    assert len(mailed(invoices)) == 2
    assert report_of(run).waiting == 2


def test_a_bounce_is_noted_once_and_solved_by_another_mail():
    bill_to = payer()
    [invoice] = billed(bill_to, 0)
    ready([invoice])
    [delivery] = mailed([invoice])
    with pytest.raises(deliveries.NotSentYet):
        deliveries.note_bounce(delivery=delivery, reason="550", by=cleo(), at=NOON)
    sending.send(message_id=delivery.message_id, at=NOON)
    with pytest.raises(deliveries.WhyNeeded):
        deliveries.note_bounce(delivery=delivery, reason=" ", by=cleo(), at=NOON)

    deliveries.note_bounce(delivery=delivery, reason="550 no such mailbox", by=cleo(), at=NOON)

    with pytest.raises(deliveries.NotedAlready):
        deliveries.note_bounce(delivery=delivery, reason="again", by=cleo(), at=NOON)
    run = invoice.run_item.run
    assert (report_of(run).sent, report_of(run).failed) == (0, 1)
    assert deliveries.resend_run(run=run, by=cleo(), at=NOON) == 1
    again = Delivery.objects.get(repeats=delivery)
    assert again.message.message_id != delivery.message.message_id
    sending.send(message_id=again.message_id, at=NOON)
    assert (report_of(run).sent, report_of(run).failed) == (1, 0)
    with pytest.raises(deliveries.NothingToSend):
        deliveries.resend_run(run=run, by=cleo(), at=NOON)
    acts = AuditEvent.objects.filter(action__startswith="delivery.").order_by("pk").values_list("action", flat=True)
    assert list(acts) == ["delivery.bounced", "delivery.repeated"]


def test_resend_writes_a_new_mail_to_the_addresses_of_today():
    bill_to = payer()
    wants(bill_to, "none")
    [invoice] = billed(bill_to, 0)
    with pytest.raises(deliveries.NoFileYet):
        deliveries.resend(invoice=invoice, by=cleo(), at=NOON)
    ready([invoice])
    mailed([invoice])
    contact(bill_to, "ada@rhodes.example", is_bill_to=True)

    first = deliveries.resend(invoice=invoice, by=cleo(), at=NOON)
    second = deliveries.resend(invoice=invoice, by=cleo(), at=NOON)

    assert (first.message.recipients, first.repeats, second.repeats) == (["ada@rhodes.example"], None, first)
    assert list(DeliveredDocument.objects.order_by("pk").values_list("is_first", flat=True)) == [True, False]


def test_the_sweeper_rings_once_for_a_digest_and_for_each_single_document():
    bill_to, other = payer(), payer("Samos IT")
    wants(bill_to, "digest")
    together = billed(bill_to, 2)
    single = billed(other, 1)
    ready([*together, *single])
    Outbox.objects.all().delete()

    assert deliveries.sweep(at=NOON) == 0
    assert deliveries.sweep(at=NOON + 2 * MINUTE) == 3
    asked = [entry.payload["invoice_id"] for entry in Outbox.objects.filter(topic="invoicing.deliver")]
    assert sorted(asked) == sorted([together[0].pk, *(invoice.pk for invoice in single)])


def test_the_database_keeps_the_log():
    bill_to, stranger = payer(), account("Stranger", AccountKind.RESELLER)
    invoices = billed(bill_to)
    ready(invoices)
    delivery, _other = mailed(invoices)
    sending.send(message_id=delivery.message_id, at=NOON)
    bounce = deliveries.note_bounce(delivery=delivery, reason="550", by=cleo(), at=NOON)

    for model, change in (
        (Delivery, {"bill_to": stranger}), (DeliveredDocument, {"is_first": False}),
        (DeliveryBounce, {"reason": "other"}), (Message, {"recipients": ["x@example.org"]}),
        (Message, {"message_id": "<other@localhost>"}), (InvoiceDispatch, {"state": DispatchState.WAITING}),
    ):  # fmt: skip
        with pytest.raises(Exception, match=r"(?i)cannot|invalid|constraint"), transaction.atomic():
            model.objects.all().update(**change)
    for row in (bounce, delivery.documents.get(), delivery):
        with pytest.raises(Exception, match=r"(?i)cannot"), transaction.atomic():
            type(row).objects.filter(pk=row.pk)._raw_delete("default")
    strange = Delivery.objects.create(
        bill_to=stranger, at=NOON,
        message=Message.objects.create(template="x", recipients=["x@e.org"], subject="x", created_at=NOON),
    )  # fmt: skip
    with pytest.raises(IntegrityError, match="nobody but its bill-to"), transaction.atomic():
        DeliveredDocument.objects.create(delivery=strange, invoice=invoices[0], is_attached=True, is_first=False)
    with pytest.raises(IntegrityError, match="first_once"), transaction.atomic():
        DeliveredDocument.objects.create(delivery=_other, invoice=invoices[0], is_attached=True, is_first=True)


def test_a_message_that_was_sent_stays_sent():
    message = Message.objects.create(
        template="x", recipients=["x@e.org"], subject="x", created_at=NOON, status="sent", sent_at=NOON
    )

    with pytest.raises(Exception, match="status"), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(status="pending")
