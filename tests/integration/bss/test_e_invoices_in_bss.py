"""Peppol addresses and buyer references in BSS, and the files of a document for staff and reseller."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffRole
from accounts.models import Account, AuditEvent, Organisation
from accounts.services import e_invoices
from invoicing.einvoice import release
from invoicing.services import documents
from tests.integration.bss.test_vat_checks_in_bss import signed_in, staff
from tests.integration.invoicing import cast
from tests.integration.invoicing.issued import Row, issue
from tests.security.forms.filled import as_shown

pytestmark = pytest.mark.django_db
TYPED = {"peppol_scheme": "0088", "peppol_id": "4035811991021", "buyer_reference": "PO-77"}


@pytest.fixture
def payer():
    cast.organisation()
    address = {"address_line1": "Domplatz 1", "postcode": "50667", "city": "Köln", "email": "a@rhein.example"}
    facts = {"country": "DE", "vat_number": "DE136695976", "phone": "+30 210 0000000", **address}
    return cast.reseller("Rhein IT", account_facts=facts)


def test_address_is_typed_with_the_reseller_and_kept_with_its_audit(payer):
    user = staff(StaffRole.ADMIN)
    client, page = signed_in(user), reverse("bss:resellers_reseller_change", args=[payer.reseller.pk])

    refused = client.post(page, as_shown(page, user) | TYPED | {"peppol_id": "4035811991022"}).content.decode()
    kept = client.post(page, as_shown(page, user) | TYPED)

    account = Account.objects.get(pk=payer.pk)
    assert "wrong length or check digit" in refused
    assert kept.status_code == 302
    assert {name: getattr(account, name) for name in TYPED} == TYPED
    event = AuditEvent.objects.get(action="account.e_invoices")
    assert (event.by, event.after) == (user, TYPED)


def test_set_address_writes_nothing_when_nothing_changes(payer):
    facts = {"scheme": "0088", "identifier": "4035811991021", "reference": " PO-77 "}
    for _ in range(2):
        e_invoices.set_address(account=payer, by=None, at=timezone.now(), **facts)

    assert AuditEvent.objects.filter(action="account.e_invoices").count() == 1
    with pytest.raises(e_invoices.ReferenceTooLong):
        e_invoices.set_address(account=payer, by=None, at=timezone.now(), **facts | {"reference": "x" * 101})


@pytest.mark.parametrize(
    "half", [{"peppol_scheme": "0088"}, {"peppol_id": "4035811991021"}, {"peppol_scheme": "0000", "peppol_id": "123"}]
)
def test_database_refuses_half_an_address(payer, half):
    for rows in (Account.objects.filter(pk=payer.pk), Organisation.objects.filter(pk=1)):
        with pytest.raises(IntegrityError, match="peppol_whole"), transaction.atomic():
            rows.update(**half)


def test_options_keep_the_address_of_the_organisation(client):
    cast.organisation()
    admin = staff(StaffRole.ADMIN)
    client.force_login(admin)
    page = reverse("bss:system_options")
    data = {**as_shown(page, admin), "organisation-peppol_scheme": "9933"}

    refused = client.post(page, data)
    kept = client.post(page, {**data, "organisation-peppol_id": "EL000990011"})

    assert "Enter the id in this scheme" in refused.content.decode()
    assert kept.status_code == 302
    assert Organisation.get().peppol_id == "EL000990011"


def test_staff_download_the_files_and_see_what_made_them(payer):
    user = staff(StaffRole.ADMIN)
    client = signed_in(user)
    invoice = issue(payer, [Row(payer)])
    page = reverse("bss:invoicing_invoice_change", args=[invoice.pk])
    missing = client.get(reverse("bss:invoicing_invoice_xml", args=[invoice.pk]))
    documents.render(invoice_id=invoice.pk, at=timezone.now())

    xml = client.get(reverse("bss:invoicing_invoice_xml", args=[invoice.pk]))
    ubl = client.get(reverse("bss:invoicing_invoice_ubl", args=[invoice.pk]), follow=True)
    html = client.get(page).content.decode()

    assert missing.status_code == 302
    assert b"CrossIndustryInvoice" in b"".join(xml.streaming_content)
    assert xml["Content-Disposition"] == f'attachment; filename="{invoice.number}.xml"'
    assert "There is no such e-invoice" in ubl.content.decode()
    assert "E-invoice (XML)" in html
    assert "Peppol (UBL)" not in html
    assert "HarfBuzz" in html


def test_staff_read_why_a_file_was_not_released(payer, monkeypatch):
    client = signed_in(staff(StaffRole.ADMIN))
    invoice = issue(payer, [Row(payer)])
    monkeypatch.setattr(release, "differences", lambda **_facts: ["The gross total is 1.00 in the XML."])

    documents.render(invoice_id=invoice.pk, at=timezone.now())

    html = client.get(reverse("bss:invoicing_invoice_change", args=[invoice.pk])).content.decode()
    assert "The file was not released: The gross total is 1.00 in the XML." in html
    assert "Make the PDF again" in html
