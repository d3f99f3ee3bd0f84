"""The mail with documents says number, amount, how to pay and where the files are, in the addressee's language."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import signing

from accounts.services import sending
from invoicing.links import SALT
from invoicing.models import InvoiceBalance
from invoicing.services import deliveries
from resellers.models import Reseller
from tests.integration.invoicing.cast import NOON, cleo
from tests.integration.invoicing.mailed import billed, mailed, payer, ready

pytestmark = pytest.mark.django_db


def mail_of(language="en", *, separate=0, mode="digest", name="Rhodes IT"):
    bill_to = payer(name, language=language)
    Reseller.objects.filter(account=bill_to).update(document_mail=mode)
    invoices = billed(bill_to, separate)
    ready(invoices)
    return [delivery.message for delivery in mailed(invoices)]


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        ("en", "Invoice INV-2026-000001 of 1 Apr 2026, €29.76", ["Please pay €29.76 by 1 May 2026.", "Amount due"]),
        ("el", "Τιμολόγιο INV-2026-000001 της 1 Απρ 2026, 29,76 €", ["Παρακαλούμε πληρώστε 29,76 €", "Αιτιολογία"]),
        ("de", "Rechnung INV-2026-000001 vom 1. Apr. 2026, 29,76 €", ["Bitte zahlen Sie 29,76 €", "Referenz"]),
        ("fr", "Invoice INV-2026-000001 of 1 Apr 2026, €29.76", ["Please pay"]),
    ],
)
def test_one_invoice_in_the_language_of_the_account(language, subject, words):
    [message] = mail_of(language)

    assert message.subject.replace("\u00a0", " ") == subject
    for body in (message.text_body, message.html_body):
        plain = body.replace("\u00a0", " ").replace("&nbsp;", " ")
        assert all(word in plain for word in [*words, "GR16 0110 1250 0000 0001 2300 695"])
    assert "<span" not in message.text_body
    assert f'lang="{language if language != "fr" else "en"}"' in message.html_body


def test_a_separate_invoice_names_the_end_customer_and_its_reference():
    _own, separate = mail_of(separate=1, mode="each")

    assert "for end customer Acme 0" in separate.text_body
    assert re.search(r"Reference: R-\d+ INV-2026-000002", separate.text_body)


def test_a_digest_adds_up_and_asks_for_the_numbers():
    [message] = mail_of(separate=2)

    assert message.subject == "3 invoices of 1 Apr 2026, €119.04"
    assert "Together: €119.04" in message.text_body
    assert "and the numbers of the invoices" in message.text_body
    assert [file["name"] for file in message.attachments] == [f"INV-2026-00000{n}.pdf" for n in (1, 2, 3)]


def test_direct_debit_asks_for_no_transfer():
    bill_to = payer()
    Reseller.objects.filter(account=bill_to).update(payment_method="direct_debit")
    invoices = billed(bill_to, 0)
    ready(invoices)

    [delivery] = mailed(invoices)

    assert "€29.76 is collected by direct debit" in delivery.message.text_body
    assert "IBAN" not in delivery.message.text_body


def test_nothing_is_asked_for_what_is_settled():
    bill_to = payer()
    invoices = billed(bill_to, 0)
    InvoiceBalance.objects.update(open_amount=0)
    ready(invoices)

    [delivery] = mailed(invoices)

    assert "Nothing has to be paid." in delivery.message.text_body
    assert "IBAN" not in delivery.message.text_body


def test_names_are_text_in_the_mail_and_cannot_add_headers():
    bill_to = payer()
    invoices = billed(bill_to, 0)
    acme = deliveries.Account.objects.create(
        code="E-1", kind="end_customer", bill_to=bill_to, name='<b>Evil</b>\r\nBcc: all@example.org {{ 7|add:"7" }}',
        name_key="evil", country="GR", currency="EUR", created_at=NOON,
    )  # fmt: skip
    from tests.integration.invoicing.issued import Row, issue

    invoice = issue(bill_to, [Row(acme)], separate=True)
    ready([invoice])

    [delivery] = mailed([invoice])

    assert "&lt;b&gt;Evil&lt;/b&gt;" in delivery.message.html_body
    assert "{{ 7|add" in delivery.message.text_body
    assert "\n" not in delivery.message.subject
    assert invoices[0].bill_to == bill_to


def linked(settings, separate=2, **limits):
    settings.MAIL_ATTACHMENTS = limits.get("count", 2)
    settings.MAIL_ATTACHMENT_BYTES = limits.get("size", 10**6)
    bill_to = payer()
    Reseller.objects.filter(account=bill_to).update(document_mail="digest")
    invoices = billed(bill_to, separate)
    ready(invoices)
    [delivery] = mailed(invoices)
    found = re.findall(r"http://127.0.0.1:8000(/invoices/link/\S+/)", delivery.message.text_body)
    return delivery, invoices, found


def at_noon():
    return time_machine.travel(NOON + timedelta(days=1), tick=False)


@pytest.mark.parametrize("limits", [{"count": 2}, {"count": 9, "size": 40}])
def test_too_much_for_a_mail_goes_behind_links_that_open_without_a_session(client, settings, limits):
    delivery, invoices, addresses = linked(settings, **limits)

    assert delivery.message.attachments == []
    assert delivery.message.is_secret
    assert len(addresses) == 4
    assert "until Sun 19 Apr 2026, 13:00 (Athens), without signing in" in delivery.message.text_body
    with at_noon():
        one = client.get(addresses[0])
        archive = client.get(addresses[-1])
    assert b"".join(one.streaming_content) == f"%PDF-1.7 {invoices[0].number}".encode()
    assert (one["Referrer-Policy"], "no-store" in one["Cache-Control"]) == ("no-referrer", True)
    with zipfile.ZipFile(io.BytesIO(b"".join(archive.streaming_content))) as book:
        assert book.testzip() is None
        names = [f"{invoice.number}.pdf" for invoice in invoices]
        assert sorted(book.namelist()) == sorted(["register.csv", "SHA256SUMS", *names])
        assert book.read("SHA256SUMS").decode().count("\n") == 3


def test_a_link_is_over_after_its_days_and_says_so_politely(client, settings):
    _delivery, _invoices, addresses = linked(settings)

    with time_machine.travel(NOON + timedelta(days=30), tick=False):
        answer = client.get(addresses[0])

    assert answer.status_code == 410
    assert "does not work any more" in answer.content.decode()


def test_a_link_of_a_mail_that_came_back_is_revoked(client, settings):
    delivery, _invoices, addresses = linked(settings)
    sending.send(message_id=delivery.message_id, at=NOON)
    deliveries.note_bounce(delivery=delivery, reason="wrong person", by=cleo(), at=NOON)

    with at_noon():
        assert client.get(addresses[0]).status_code == 410


def test_a_link_opens_nothing_else(client, settings):
    delivery, invoices, addresses = linked(settings)
    other = payer("Samos IT")
    [foreign] = billed(other, 0)
    ready([foreign])
    until = int((NOON + timedelta(days=9)).timestamp())
    account = delivery.bill_to.public_id

    def status(*facts, salt=SALT):
        token = signing.dumps(list(facts), salt=salt)
        with at_noon():
            return client.get(f"/invoices/link/{token}/").status_code

    assert status(delivery.public_id, account, invoices[0].public_id, until) == 200
    assert status(delivery.public_id, account, foreign.public_id, until) == 404
    assert status(delivery.public_id, other.public_id, invoices[0].public_id, until) == 404
    assert status("nothing", account, invoices[0].public_id, until) == 404
    assert status(delivery.public_id, account, invoices[0].public_id, until, salt="another") == 404
    assert status(delivery.public_id, account) == 404
    assert status(delivery.public_id, account, invoices[0].public_id, 10**30) == 404
    with at_noon():
        assert client.get(addresses[0].replace("/link/", "/link/x")).status_code == 404
        assert client.get(addresses[0][:-9] + "/").status_code == 404
        assert client.post(addresses[0]).status_code == 405


def test_links_are_limited_by_visitor(client, settings, monkeypatch):
    from invoicing.views import links

    monkeypatch.setattr(links, "MOST_AN_HOUR", 2)
    _delivery, _invoices, addresses = linked(settings)

    with at_noon():
        answers = [client.get(addresses[0]).status_code for _ in range(3)]
        elsewhere = client.get(addresses[0], REMOTE_ADDR="10.0.0.9").status_code

    assert (answers, elsewhere) == ([200, 200, 429], 200)


def test_the_moment_of_a_link_is_kept():
    from invoicing.links import DocumentLink, read

    link = DocumentLink("d", "a", "i", datetime(2026, 4, 19, 10, tzinfo=UTC))

    assert read(link.token) == link
    assert link.is_over(link.until)
    assert not link.is_over(link.until - timedelta(seconds=1))
