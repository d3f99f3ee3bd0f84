"""Price sheets in BSS: looked at before they are applied, refused with line and reason, put away."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.enums import StaffRole
from storefront.models import Offer, PriceSheetImport, Product
from tests.integration.bss.test_pages import person
from tests.integration.storefront.catalogue_cast import NOON, import_rows, premium
from tests.price_sheets import row, sheet, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def after_noon():
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def sales(client):
    client.force_login(person(StaffRole.SALES))
    return client


def body(answer):
    return answer.content.decode()


UPLOAD = "/bss/storefront/pricesheetimport/add/"


def send(client, content, name="sheet_2026-11.csv"):
    return client.post(UPLOAD, {"sheet": SimpleUploadedFile(name, content)}, follow=True)


def test_a_price_sheet_is_looked_at_before_it_is_applied(sales):
    shown = body(send(sales, sheet(*premium()).getvalue()))
    assert "Apply this price sheet?" in shown
    assert "Microsoft 365 Business Premium" in shown
    assert Product.objects.count() == 0

    kept = PriceSheetImport.objects.get()
    answer = sales.post(f"/bss/storefront/pricesheetimport/{kept.public_id}/apply/", follow=True)

    assert "The prices of the sheet are in the catalogue." in body(answer)
    assert Offer.objects.count() == 4
    again = sales.post(f"/bss/storefront/pricesheetimport/{kept.public_id}/apply/", follow=True)
    assert "decided already" in body(again)


def test_a_bad_price_sheet_is_refused_with_line_column_and_reason(sales):
    shown = body(send(sales, sheet(row(), row(Market="DE", UnitPrice="58,18")).getvalue()))

    assert "Refused: 1 row cannot be trusted." in shown
    assert "58,18" in shown
    assert "Prices are written with a decimal point" in shown
    assert "Apply price sheet" not in shown


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        text(row())[:-40].encode(),
        text(row(SkuTitle="Υπηρεσία")).encode("windows-1253"),
        b"\x00\xff" * 500,
        text(row(SkuTitle="<script>alert(1)</script>", UnitPrice="<b>")).encode(),
    ],
)
def test_no_file_breaks_the_page(sales, content):
    shown = body(send(sales, content))

    assert "Refused" in shown
    assert "<script>alert(1)" not in shown
    assert "<b>" not in shown.split("What is wrong")[1].split("</table>")[0]


def test_a_sheet_can_be_put_away_and_an_outdated_preview_is_made_anew(sales):
    send(sales, sheet(row()).getvalue())
    first = PriceSheetImport.objects.get()
    import_rows(row())

    moved = sales.post(f"/bss/storefront/pricesheetimport/{first.public_id}/apply/", follow=True)
    assert "has changed since this preview" in body(moved)
    first.refresh_from_db()
    assert first.report["counts"]["unchanged"] == 1

    put_away = sales.post(f"/bss/storefront/pricesheetimport/{first.public_id}/discard/", follow=True)
    assert "No price has changed." in body(put_away)


def test_losing_most_offers_of_the_catalogue_needs_a_tick(sales):
    import_rows(*[row(SkuId=f"{n:04}") for n in range(80)])
    send(sales, sheet(row(SkuId="0001")).getvalue())
    kept = PriceSheetImport.objects.get(status="checked")
    path = f"/bss/storefront/pricesheetimport/{kept.public_id}/apply/"

    assert "This field is required" in body(sales.post(path))
    assert "are in the catalogue" in body(sales.post(path, {"accept_removals": "on"}, follow=True))
