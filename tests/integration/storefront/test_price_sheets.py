"""Bringing price sheets into the catalogue: all or nothing, the same file twice is once, the past stays."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from storefront.enums import ImportStatus
from storefront.models import Offer, OfferPrice, PriceSheetImport, Product
from storefront.services import price_sheets
from tests.price_sheets import NOVEMBER, row, sheet

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = datetime(2026, 12, 2, 12, tzinfo=UTC)
NOTHING = {"new": 0, "changed": 0, "removed": 0, "renamed": 0, "unchanged": 0}


def bring(*rows, name="sheet_2026-11.csv", at=NOON, **how):
    report, _ = price_sheets.import_file(stream=sheet(*rows), name=name, by=None, at=at, **how)
    return report


def counts(**found):
    return NOTHING | found


def prices(**of):
    rows = OfferPrice.objects.held().filter(**of).order_by("valid_from")
    return [
        (price.cost, price.valid_from.isoformat()[:10], price.valid_until and price.valid_until.isoformat()[:10])
        for price in rows
    ]


def november():
    with NOVEMBER.open("rb") as stream:
        return price_sheets.import_file(stream=stream, name=NOVEMBER.name, by=None, at=NOON)[0]


def test_import_brings_the_whole_sheet():
    report = november()

    assert report.counts == counts(new=578)
    assert (report.errors, report.warnings) == ((), ())
    assert (Product.objects.count(), Offer.objects.count(), OfferPrice.objects.count()) == (86, 578, 581)
    premium = Product.objects.get(vendor_product_id="CFQ7TTC0LCHC", sku_id="0002")
    assert (premium.title, premium.is_trial, premium.max_quantity) == ("Microsoft 365 Business Premium", False, 300)
    assert Product.objects.filter(is_trial=True).count() == 2


def test_import_of_the_same_sheet_changes_nothing():
    november()
    before = list(OfferPrice.objects.order_by("pk").values())

    report = november()

    assert report.counts == counts(unchanged=578)
    assert list(OfferPrice.objects.order_by("pk").values()) == before
    assert PriceSheetImport.objects.count() == 1


def test_import_resolves_overlapping_rows_in_favour_of_the_older():
    november()

    found = prices(
        offer__product__title="Visio Plan 2", offer__market="GR", offer__term="P1Y", offer__billing_plan="annual"
    )

    assert found == [(Decimal("119.81"), "2026-02-01", "2026-11-03"), (Decimal("124.80"), "2026-11-03", None)]


def test_next_months_sheet_counts_every_kind_of_change_and_keeps_the_past():
    bring(row(), row(Market="DE"), row(SkuId="0002"), row(SkuId="0003", SkuTitle="Old name"))
    december = "12/1/2026 12:00:00 AM"

    report = bring(
        row(EffectiveEndDate="11/30/2026 11:59:59 PM"),
        row(EffectiveStartDate=december, UnitPrice="60", ERP_Price="75"),
        row(Market="DE"),
        row(SkuId="0003", SkuTitle="New name"),
        row(SkuId="0004", EffectiveStartDate=december),
        name="sheet_2026-12.csv",
        at=LATER,
    )

    assert report.counts == {"new": 1, "changed": 1, "removed": 1, "renamed": 1, "unchanged": 1}
    assert prices(offer__product__sku_id="0001", offer__market="GR") == [
        (Decimal("58.18"), "2026-07-01", "2026-12-01"),
        (Decimal("60.00"), "2026-12-01", None),
    ]
    assert prices(offer__product__sku_id="0002") == [(Decimal("58.18"), "2026-07-01", "2026-12-01")]
    assert Product.objects.get(sku_id="0003").title == "New name"


def test_a_corrected_sheet_replaces_the_months_prices_and_keeps_the_replaced_rows():
    bring(row(EffectiveStartDate="11/1/2026 12:00:00 AM", UnitPrice="61"))

    report = bring(row(EffectiveStartDate="11/1/2026 12:00:00 AM"))

    assert report.counts == counts(changed=1)
    assert prices() == [(Decimal("58.18"), "2026-11-01", None)]
    replaced = OfferPrice.objects.exclude(replaced_at=None).get()
    assert (replaced.cost, replaced.replaced_at) == (Decimal("61.00"), NOON)


def test_an_older_sheet_does_not_touch_what_a_later_one_said():
    bring(row(UnitPrice="60"), name="sheet_2026-12.csv", at=LATER)

    report = bring(row(), name="sheet_2026-11.csv", at=LATER)

    assert report.counts == counts(changed=1)
    assert [cost for cost, *_ in prices()] == [Decimal("60.00"), Decimal("58.18"), Decimal("60.00")]
    assert Offer.objects.get().prices.at(datetime(2026, 12, 24, tzinfo=UTC)).get().cost == 60


def test_a_sheet_speaks_only_for_its_markets_and_currencies():
    bring(row(), row(Market="DE"), row(Currency="USD"))

    report = bring(row(SkuId="0009"))

    assert report.counts == counts(new=1, removed=1)
    assert len(prices(offer__market="DE", valid_until=None)) == 1
    assert len(prices(currency="USD", valid_until=None)) == 1


def test_one_bad_row_in_the_middle_refuses_the_whole_sheet_with_its_line():
    bring(row())

    report = bring(row(UnitPrice="60"), row(Market="DE", UnitPrice="-1"), row(Market="FR"))

    assert [(issue.line, issue.code) for issue in report.errors] == [(3, "negative_price")]
    assert report.counts == counts(changed=1, new=1)
    assert prices() == [(Decimal("58.18"), "2026-07-01", None)]
    assert Offer.objects.count() == 1
    assert PriceSheetImport.objects.get(status=ImportStatus.REFUSED).report["errors"][0]["line"] == 3


def test_an_offer_whose_row_was_refused_does_not_count_as_removed():
    bring(row())

    assert bring(row(UnitPrice="58,18"), row(Market="DE")).counts == counts(new=1)


def test_a_price_that_more_than_doubles_is_doubtful():
    bring(row())

    report = bring(row(UnitPrice="581.8", ERP_Price="727.2"))

    assert [(issue.line, issue.code) for issue in report.warnings] == [(2, "price_jump")]
    assert report.counts == counts(changed=1)


def test_a_big_sheet_that_lost_most_of_a_market_is_refused_until_the_removals_are_accepted():
    many = [row(SkuId=f"{n:04}", Market=market) for market in ("DE", "GR") for n in range(100)]
    bring(*many)

    refused = bring(*many[:120])
    accepted = bring(*many[:120], accept_removals=True)

    assert [(issue.line, issue.code, issue.value) for issue in refused.errors] == [(None, "looks_cut_off", "GR")]
    assert "20 of the 100 offers" in refused.errors[0].message
    assert accepted.counts == counts(unchanged=120, removed=80)


def test_import_asks_a_constant_number_of_queries():
    bring(row())
    with CaptureQueriesContext(connection) as few:
        bring(row(), row(SkuId="0101"), row(SkuId="0102"))
    with CaptureQueriesContext(connection) as many:
        bring(row(), *[row(SkuId=f"{n:04}") for n in range(200, 300)])

    assert len(many) <= len(few) + 2


def test_database_refuses_two_prices_at_one_time():
    bring(row())
    price = OfferPrice.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        OfferPrice.objects.create(offer=price.offer, currency="EUR", cost=1, retail=1, valid_from=NOON)
    OfferPrice.objects.create(offer=price.offer, currency="USD", cost=1, retail=1, valid_from=NOON)


def test_upload_keeps_the_sheet_and_apply_does_what_the_preview_says():
    checked = price_sheets.upload(stream=sheet(row()), name="x_2026-11.csv", by=None, at=NOON)
    assert (checked.status, checked.report["counts"], Offer.objects.count()) == ("checked", counts(new=1), 0)

    applied = price_sheets.apply(sheet_import=checked, by=None, at=LATER)

    assert (applied.status, applied.applied_at, applied.content) == ("applied", LATER, None)
    assert prices() == [(Decimal("58.18"), "2026-07-01", None)]
    with pytest.raises(price_sheets.NotWaiting):
        price_sheets.apply(sheet_import=checked, by=None, at=LATER)
    with pytest.raises(price_sheets.NotWaiting):
        price_sheets.discard(sheet_import=checked, by=None, at=LATER)


def test_apply_refuses_when_the_catalogue_moved_since_the_preview():
    checked = price_sheets.upload(stream=sheet(row()), name="x_2026-11.csv", by=None, at=NOON)
    bring(row())

    with pytest.raises(price_sheets.PreviewOutdated):
        price_sheets.apply(sheet_import=checked, by=None, at=LATER)

    again = price_sheets.refresh(sheet_import=checked)
    assert again.report["counts"] == counts(unchanged=1)
    assert price_sheets.apply(sheet_import=checked, by=None, at=LATER).status == ImportStatus.APPLIED


def test_upload_of_a_bad_sheet_is_refused_and_discard_puts_a_good_one_away():
    bad = price_sheets.upload(stream=io.BytesIO(b"PK\x03\x04"), name="prices.xlsx", by=None, at=NOON)
    good = price_sheets.upload(stream=sheet(row()), name="x.csv", by=None, at=NOON)

    assert (bad.status, bad.content, bad.report["errors"][0]["code"]) == ("refused", None, "not_a_csv")
    assert price_sheets.discard(sheet_import=good, by=None, at=NOON).status == ImportStatus.REFUSED


def run(*arguments):
    out = io.StringIO()
    status = 0
    try:
        call_command("import_price_sheet", *arguments, stdout=out)
    except SystemExit as stopped:
        status = stopped.code
    return status, out.getvalue()


def test_command_reports_as_promised():
    status, dry = run(str(NOVEMBER), "--dry-run", "--json")
    assert (status, json.loads(dry)) == (0, counts(new=578) | {"errors": [], "warnings": [], "applied": False})
    assert Product.objects.count() == 0

    status, real = run(str(NOVEMBER), "--json")
    assert (status, json.loads(real)) == (0, counts(new=578) | {"errors": [], "warnings": [], "applied": True})

    status, again = run(str(NOVEMBER))
    assert (status, "0 new, 0 changed, 0 removed, 0 renamed, 578 unchanged" in again) == (0, True)


def test_command_refuses_a_bad_sheet_with_status_1(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes(sheet(row(UnitPrice="1,5"), row(SkuId="2")).getvalue())

    status, out = run(str(path), "--json")
    found = json.loads(out)

    assert (status, found["applied"]) == (1, False)
    assert [(error["line"], error["column"], error["value"]) for error in found["errors"]] == [(2, "UnitPrice", "1,5")]
    assert [warning["code"] for warning in found["warnings"]] == ["sku_id_repaired"]
    assert "line 2, UnitPrice: Prices are written" in run(str(path))[1]
    with pytest.raises(CommandError, match="cannot be read"):
        run(str(tmp_path / "missing.csv"))
