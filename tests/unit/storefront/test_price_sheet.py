"""The price sheet's promises: an untrusted row is an error, a doubtful one a warning, a clean one goes unmentioned."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from config.kernel.periods import Period
from storefront.price_sheet import parse, sheet_month, timeline
from storefront.price_sheet.issues import MOST_ISSUES
from tests.price_sheets import COLUMNS, NOVEMBER, OPEN, row, sheet, text


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def codes(issues):
    return [(issue.line, issue.code, issue.column) for issue in issues]


def complaints(stream):
    found = parse(stream)
    return codes(found.errors), codes(found.warnings)


def test_parse_mentions_nothing_of_microsofts_clean_sheet():
    with NOVEMBER.open("rb") as stream:
        found = parse(stream)

    assert (found.row_count, len(found.offers), found.errors, found.warnings) == (581, 578, (), ())
    assert found.scopes == {("GR", "EUR"), ("DE", "EUR")}


def test_parse_keeps_the_terms_price_as_given():
    (found,) = parse(
        sheet(row(TermDuration="P1Y", BillingPlan="Monthly", UnitPrice="192.12", ERP_Price="240.16"))
    ).offers.values()

    assert (found[0].cost, found[0].retail) == (Decimal("192.12"), Decimal("240.16"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quoted", [True, False])
@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_parse_reads_every_clear_form_of_the_file(encoding, separator, quoted, ending):
    plain = text(row(), row(Market="DE"), separator=separator, quoted=quoted).replace("\r\n", ending)

    found = parse(io.BytesIO(plain.encode(encoding)))

    assert (len(found.offers), found.errors, found.warnings) == (2, (), ())


def test_parse_finds_columns_by_name_and_ignores_unknown_ones():
    columns = ["ChangeIndicator", *reversed(COLUMNS), "PreviousValues"]

    found = parse(sheet(row(ChangeIndicator="add", PreviousValues="x"), columns=columns))

    assert (len(found.offers), found.errors, found.warnings) == (1, (), ())


def test_parse_reads_titles_over_several_lines_and_numbers_rows_by_file_line():
    stream = sheet(row(SkuTitle="Business\r\nBasic", SkuDescription="two\nlines"), row(Market="DE", UnitPrice="x"))

    found = parse(stream)

    assert codes(found.errors) == [(5, "bad_price", "UnitPrice")]
    assert next(iter(found.offers.values()))[0].sku_title == "Business Basic"


def test_parse_does_not_need_a_last_line_break():
    found = parse(io.BytesIO(text(row()).rstrip("\r\n").encode()))

    assert (len(found.offers), found.errors, found.warnings) == (1, (), ())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b" \r\n", "empty_file"),
        (b"PK\x03\x04rest of a workbook", "not_a_csv"),
        (b"\xd0\xcf\x11\xe0rest", "not_a_csv"),
        (b"\x1f\x8brest", "not_a_csv"),
        (text().encode(), "no_rows"),
        (text(row(SkuTitle="Υπηρεσία")).encode("windows-1253"), "encoding"),
        (text(row()).replace('"0001"', '"00"01"').encode(), "unreadable"),
        (text(row(), row())[:-20].encode(), "truncated"),
        (text(row(), row(), quoted=False).encode()[:-30], "truncated"),
        (text(row(), row(SkuTitle="Υπηρεσία")).encode("utf-16")[:-21], "truncated"),
        (text(row(), row(SkuTitle="Υ"), quoted=False).split("Υ")[0].encode() + "Υ".encode()[:1], "truncated"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_parse_refuses_a_file_that_is_damaged_as_a_whole(content, code):
    found = parse(io.BytesIO(content))

    assert found.damaged
    assert not found.offers
    assert [issue.code for issue in found.errors] == [code]


def test_parse_finds_every_cut_inside_a_row():
    whole = text(row(), row(Market="DE"))
    last_row = whole[whole[:-2].rindex("\r\n") + 2 :]

    for cut in range(1, len(last_row) - 2):
        found = parse(io.BytesIO(whole[: -cut - 2].encode()))
        assert found.errors, f"{cut} characters before the end"


@pytest.mark.parametrize(
    ("column", "renamed", "hint"),
    [("UnitPrice", "Unit Price", "“Unit Price”"), ("ERP Price", "ERP", "“ERP”"), ("Segment", "", "")],
)
def test_parse_names_the_column_that_is_missing_and_what_stands_instead(column, renamed, hint):
    header, rest = text(row()).split("\r\n", 1)

    found = parse(io.BytesIO((header.replace(column, renamed) + "\r\n" + rest).encode()))

    assert codes(found.errors) == [(1, "missing_column", column)]
    assert found.damaged
    assert hint in found.errors[0].message


def test_parse_refuses_a_repeated_column():
    columns = [*COLUMNS, "unitprice"]

    found = parse(sheet(row(unitprice="1"), columns=columns))

    assert codes(found.errors) == [(1, "repeated_column", "UnitPrice")]


ERRORS = [
    ("ProductId", "", "missing_value"),
    ("ProductId", "cfq7ttc0lh18", "bad_product_id"),
    ("ProductId", "CFQ7TTC0LH1", "bad_product_id"),
    ("ProductId", "CFQ7TTC0LH1\u200b8", "bad_product_id"),
    ("SkuId", "00001", "bad_sku_id"),
    ("SkuId", "000p", "bad_sku_id"),
    ("SkuId", "1.00E+05", "bad_sku_id"),
    ("SkuId", "", "missing_value"),
    ("SkuTitle", "   ", "missing_value"),
    ("SkuTitle", "x" * 10_000, "too_long"),
    ("SkuTitle", "Basic\x00", "control_character"),
    ("SkuTitle", "\u202ecisaB", "control_character"),
    ("TermDuration", "P2X", "bad_term"),
    ("TermDuration", "", "missing_value"),
    ("BillingPlan", "Weekly", "bad_plan"),
    ("BillingPlan", "Triennial", "plan_longer_than_term"),
    ("BillingPlan", "None", "no_plan_for_price"),
    ("Market", "UK", "bad_market"),
    ("Market", "", "missing_value"),
    ("Currency", "", "missing_value"),
    ("Currency", "eur", "bad_currency"),
    ("Currency", "XXQ", "bad_currency"),
    ("Segment", "Commerc", "bad_segment"),
    ("UnitPrice", "", "missing_value"),
    ("UnitPrice", "58,18", "decimal_comma"),
    ("UnitPrice", "1.000,50", "decimal_comma"),
    ("UnitPrice", "1,000.50", "decimal_comma"),
    ("UnitPrice", "-58.18", "negative_price"),
    ("UnitPrice", "-0", "negative_price"),
    ("UnitPrice", "NaN", "bad_price"),
    ("UnitPrice", "Infinity", "bad_price"),
    ("UnitPrice", "1e3", "bad_price"),
    ("UnitPrice", "€58.18", "bad_price"),
    ("UnitPrice", "٥٨.١٨", "bad_price"),
    ("UnitPrice", "=1+1", "bad_price"),
    ("UnitPrice", "58.1800001", "too_many_decimals"),
    ("UnitPrice", "99999999", "price_too_large"),
    ("ERP Price", "", "missing_value"),
    ("ERP Price", "n/a", "bad_price"),
    ("EffectiveStartDate", "", "missing_value"),
    ("EffectiveStartDate", "31/12/2026 12:00:00 AM", "bad_date"),
    ("EffectiveStartDate", "2/31/2026 12:00:00 AM", "bad_date"),
    ("EffectiveStartDate", "2/29/2027 12:00:00 AM", "bad_date"),
    ("EffectiveStartDate", "7/1/2026 13:00:00 PM", "bad_date"),
    ("EffectiveStartDate", "1/1/0001 12:00:00 AM", "bad_date"),
    ("EffectiveStartDate", "46204", "bad_date"),
    ("EffectiveEndDate", "tomorrow", "bad_date"),
    ("EffectiveEndDate", "6/30/2026 11:59:59 PM", "ends_before_start"),
]


@pytest.mark.parametrize(("column", "value", "code"), ERRORS)
def test_parse_calls_a_row_that_cannot_be_trusted_an_error_and_takes_the_others(column, value, code):
    found = parse(sheet(row(Market="DE"), row() | {column: value}, row(Market="FR")))

    assert codes(found.errors) == [(3, code, column)]
    assert found.warnings == ()
    assert {key.market for key in found.offers} == {"DE", "FR"}
    assert not found.damaged
    assert found.errors[0].message


WARNINGS = [
    ({"SkuId": "1"}, "sku_id_repaired", "SkuId", 1),
    ({"ProductTitle": ""}, "missing_title", "ProductTitle", 1),
    ({"SkuTitle": "Ba\u200bsic"}, "invisible_character", "SkuTitle", 1),
    ({"SkuTitle": "Ba\ufffdic"}, "damaged_text", "SkuTitle", 1),
    ({"SkuTitle": "Basic Non?Profit"}, "damaged_text", "SkuTitle", 1),
    ({"SkuTitle": "Basic Nonâ€‘Profit"}, "damaged_text", "SkuTitle", 1),
    ({"EffectiveEndDate": ""}, "missing_end", "EffectiveEndDate", 1),
    ({"UnitPrice": "58.18123"}, "more_decimals", "UnitPrice", 1),
    ({"UnitPrice": "80"}, "cost_above_retail", "UnitPrice", 1),
    ({"UnitPrice": "5.09"}, "margin_unusual", "UnitPrice", 1),
    ({"Tags": "License; Trial"}, "trial_with_price", "Tags", 1),
    ({"SkuTitle": "Basic (Non\u2011Profit Pricing)"}, "segment_title", "Segment", 1),
    ({"TermDuration": "P5Y"}, "term_not_sold", "TermDuration", 0),
    ({"Segment": "Government"}, "segment_not_sold", "Segment", 0),
    ({"PricingTierRangeMin": "100"}, "tiered_price", "PricingTierRangeMin", 0),
    ({"UnitOfMeasure": "1 Hour"}, "unit_of_measure", "UnitOfMeasure", 0),
]


@pytest.mark.parametrize(("changes", "code", "column", "kept"), WARNINGS)
def test_parse_calls_a_doubtful_row_a_warning(changes, code, column, kept):
    found = parse(sheet(row() | changes))

    assert (found.errors, codes(found.warnings), len(found.offers)) == ((), [(2, code, column)], kept)
    assert found.warnings[0].message


def test_parse_gives_a_sku_its_zeros_back():
    (key,) = parse(sheet(row(SkuId="1"))).offers

    assert key.sku_id == "0001"


@pytest.mark.parametrize(
    "changes",
    [
        {"UnitPrice": "0", "ERP_Price": "0", "EffectiveStartDate": "1/1/1753 12:00:00 AM"},
        {"UnitPrice": "0", "ERP_Price": "0", "BillingPlan": "None", "TermDuration": "P1M", "Tags": "License; Trial"},
        {"UnitPrice": "58.180000"},
        {"UnitPrice": " 58.18 "},
        {"SkuDescription": "x" * 10_000},
        {"SkuTitle": "<script>alert(1)</script> {{7*7}} =1+1 ' OR 1=1--"},
        {"SkuTitle": "Υπηρεσίες 🚀 e\u0301"},
        {"Publisher": ""},
        {"Currency": "KWD", "UnitPrice": "58.181"},
        {"EffectiveStartDate": "2026-07-01T00:00:00.0000000Z", "EffectiveEndDate": "9999-11-30T23:59:59.0000000Z"},
        {"EffectiveStartDate": "7/1/2026 0:00", "EffectiveEndDate": "11/30/9999 23:59"},
    ],
)
def test_parse_never_mentions_a_clean_row(changes):
    found = parse(sheet(row(**changes)))

    assert (len(found.offers), found.errors, found.warnings) == (1, (), ())


@pytest.mark.parametrize(
    ("start", "end", "moments"),
    [
        ("7/1/2026 12:00:00 AM", OPEN, (utc(2026, 7, 1), None)),
        ("2026-07-01T00:00:00.0000000Z", "2026-10-31T23:59:59.9999999Z", (utc(2026, 7, 1), utc(2026, 11, 1))),
        ("2/1/2026 0:00", "10/31/2026 23:59", (utc(2026, 2, 1), utc(2026, 11, 1))),
        ("2/1/2026 12:30:00 PM", "11/3/2026 6:57:30 AM", (utc(2026, 2, 1, 12, 30), utc(2026, 11, 3, 6, 57, 31))),
    ],
)  # fmt: skip
def test_parse_reads_dates_month_first_and_ends_as_the_last_moment(start, end, moments):
    ((found,),) = parse(sheet(row(EffectiveStartDate=start, EffectiveEndDate=end))).offers.values()

    assert (found.starts, found.ends) == moments


def test_parse_takes_an_equal_row_once_and_refuses_a_contradiction():
    repeated = parse(sheet(row(), row(), row(UnitPrice="60")))

    assert codes(repeated.warnings) == [(3, "duplicate_row", "")]
    assert codes(repeated.errors) == [(4, "conflicting_row", "EffectiveStartDate")]
    assert "Line 2" in repeated.errors[0].message


OCTOBER_END = "10/31/2026 11:59:59 PM"


def test_parse_accepts_the_two_documented_ways_of_changing_a_price():
    follows = [row(EffectiveEndDate=OCTOBER_END), row(EffectiveStartDate="11/1/2026 12:00:00 AM", UnitPrice="60")]
    overlaps = [
        row(Market="DE", EffectiveEndDate="11/3/2026 6:57:30 AM"),
        row(Market="DE", EffectiveStartDate="11/1/2026 12:00:00 AM", UnitPrice="60"),
    ]

    found = parse(sheet(*follows, *overlaps))

    assert (found.errors, found.warnings) == ((), ())
    assert [[span.starts.isoformat() for span in timeline(rows)] for rows in found.offers.values()] == [
        ["2026-07-01T00:00:00+00:00", "2026-11-01T00:00:00+00:00"],
        ["2026-07-01T00:00:00+00:00", "2026-11-03T06:57:31+00:00"],
    ]


def test_parse_warns_of_a_price_that_never_applies_and_of_a_gap():
    hidden = parse(sheet(row(), row(EffectiveStartDate="11/1/2026 12:00:00 AM", UnitPrice="60")))
    gap = parse(sheet(row(EffectiveEndDate=OCTOBER_END), row(EffectiveStartDate="11/5/2026 12:00:00 AM")))

    assert codes(hidden.warnings) == [(3, "never_applies", "EffectiveStartDate")]
    assert codes(gap.warnings) == [(3, "gap", "EffectiveStartDate")]


def test_parse_warns_when_a_years_price_looks_like_a_months():
    rows = [
        row(TermDuration="P1M", BillingPlan="Monthly", UnitPrice="5.82", ERP_Price="7.27"),
        row(TermDuration="P1Y", BillingPlan="Monthly", UnitPrice="5.09", ERP_Price="6.36"),
        row(),
    ]

    found = parse(sheet(*rows))

    assert codes(found.warnings) == [(3, "not_term_price", "UnitPrice"), (3, "not_term_price", "ERP Price")]


def test_parse_mentions_only_the_row_that_differs_from_its_siblings():
    rows = [row(Market=market) for market in ("GR", "DE", "FR")]
    name, segment = row(Market="IT", SkuTitle="Other"), row(Market="IT", Segment="Charity")

    assert codes(parse(sheet(name, *rows)).warnings) == [(2, "title_differs", "SkuTitle")]
    assert codes(parse(sheet(segment, *rows)).warnings) == [(2, "segment_differs", "Segment")]


@pytest.mark.parametrize(
    ("prices", "line"),
    [
        ([("P1Y", "58.18", "72.72"), ("P1M", "5.82", "7.27"), ("P3Y", "1745.4", "2181.6")], 4),
        ([("P1Y", "581.8", "72.72"), ("P1M", "5.82", "7.27")], 2),
        ([("P1Y", "5.09", "6.36"), ("P1M", "5.82", "7.27")], 2),
    ],
)
def test_parse_mentions_only_the_price_that_is_far_from_its_siblings(prices, line):
    plans = {"P1M": "Monthly", "P1Y": "Annual", "P3Y": "Triennial"}
    rows = [row(TermDuration=t, BillingPlan=plans[t], UnitPrice=cost, ERP_Price=retail) for t, cost, retail in prices]

    found = parse(sheet(*rows))

    assert {issue.line for issue in found.warnings} == {line}
    assert "not_term_price" in {issue.code for issue in found.warnings}


@pytest.mark.parametrize("change", [{"Market": "FR"}, {"Currency": "USD"}])
def test_parse_doubts_a_single_row_of_another_market_or_currency_in_a_big_sheet(change):
    many = [row(SkuId=f"{n:04}") for n in range(50)]

    found = parse(sheet(*many, row(SkuId="0001") | change))

    assert codes(found.warnings) == [(52, "odd_scope", next(iter(change)))]


def test_parse_notes_a_row_with_too_few_or_too_many_fields():
    header, first, *_ = text(row()).split("\r\n")

    found = parse(io.BytesIO("\r\n".join([header, first + ',"x"', first.rsplit(",", 1)[0], first, ""]).encode()))

    assert codes(found.errors) == [(2, "field_count", ""), (3, "field_count", "")]


def test_parse_lists_a_bounded_number_of_complaints():
    found = parse(sheet(*[row(UnitPrice="x")] * (MOST_ISSUES + 5)))

    assert len(found.errors) == MOST_ISSUES + 1
    assert found.errors[-1].code == "too_many_issues"
    assert len(parse(sheet(row(Market="x" * 5000))).errors[0].value) == 81


def test_issue_has_the_promised_form():
    (error,) = parse(sheet(row(UnitPrice="58,18"))).errors

    assert error.as_json() == {
        "line": 2,
        "code": "decimal_comma",
        "column": "UnitPrice",
        "message": "Prices are written with a decimal point and without separators, for example 1234.56.",
        "value": "58,18",
    }


@pytest.mark.parametrize(
    ("name", "start", "on", "month"),
    [
        ("nce_price_sheet_EUR_2026-11.csv", "7/1/2026 12:00:00 AM", date(2027, 3, 1), (2026, 11)),
        ("sheet_202612.csv", "7/1/2026 12:00:00 AM", date(2027, 3, 1), (2026, 12)),
        ("sheet.csv", "12/1/2026 12:00:00 AM", date(2026, 11, 25), (2026, 12)),
        ("sheet.csv", "7/1/2026 12:00:00 AM", date(2026, 11, 25), (2026, 11)),
        ("sheet.csv", "7/1/2028 12:00:00 AM", date(2026, 11, 25), (2026, 11)),
    ],
)
def test_sheet_month_comes_from_the_name_or_from_the_latest_start(name, start, on, month):
    found = sheet_month(name, parse(sheet(row(EffectiveStartDate=start))).offers.values(), on=on)

    assert (found.start.year, found.start.month, found.start.day) == (*month, 1)
    assert isinstance(found, Period)
