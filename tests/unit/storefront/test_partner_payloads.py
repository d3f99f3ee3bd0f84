"""Payloads and answers: what each purchase mode can and cannot say."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest

from storefront.partner_center import answers, errors, payloads

TENANT = "11111111-2222-3333-4444-555555555555"
LINE = payloads.Line("CFQ7TTC0LH18:0001:CFQ7AAAAAAAA", "Business Basic #U1", 3, "P1Y", "Monthly")
COMPANY = payloads.Company(
    name="Ναυτιλιακή Ο.Ε.",
    email="a@b.example",
    culture="el-GR",
    language="el",
    address=payloads.Address("Ακτή 1", "Πειραιάς", "GR", "185 31"),
    contact=payloads.Person("Ada", "Lovelace", "a@b.example", "+302100000000"),
    domain="glafkos.onmicrosoft.com",
)


@pytest.mark.parametrize("kind", [payloads.OwnUseCart, payloads.OwnTenant])
def test_own_use_payloads_have_no_field_for_a_partner(kind):
    names = {field.name for field in dataclasses.fields(kind)}

    assert not {name for name in names if "partner" in name or "reseller" in name or "mpn" in name}


def test_own_use_bodies_name_no_partner():
    bodies = [payloads.OwnUseCart(TENANT, LINE).outgoing().body, payloads.OwnTenant(COMPANY).outgoing().body]

    for body in bodies:
        assert "artner" not in body
        assert "reseller" not in body
        assert "participants" not in body


def test_end_customer_cart_carries_the_partner_on_the_line_and_the_attestation():
    body = json.loads(payloads.EndCustomerCart(TENANT, LINE, "9900037").outgoing().body)

    assert body["partnerOnRecordAttestationAccepted"] is True
    assert body["lineItems"][0]["participants"] == [{"key": "transaction_reseller", "value": "9900037"}]


@pytest.mark.parametrize("partner_id", ["", "0123456", "12", "abc", "12345678901", "9900037 "])
def test_end_customer_cart_cannot_be_built_without_a_partner(partner_id):
    with pytest.raises(ValueError, match="MPN ID"):
        payloads.EndCustomerCart(TENANT, LINE, partner_id)


@pytest.mark.parametrize("tenant", ["", "not-a-guid", TENANT.upper().replace("1", "A")])
def test_end_customer_tenant_cannot_be_built_without_the_resellers_tenant(tenant):
    with pytest.raises(ValueError, match="tenant id"):
        payloads.EndCustomerTenant(COMPANY, tenant)


def test_outgoing_is_the_same_bytes_each_time():
    first, second = payloads.OwnTenant(COMPANY).outgoing(), payloads.OwnTenant(COMPANY).outgoing()

    assert first == second
    assert first.body_hash == second.body_hash


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T10:00:00.1234567Z", datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-23T10:00:00Z", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("2026-11-23T12:00:00+02:00", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("2026-11-23T10:00:00", datetime(2026, 11, 23, 10, tzinfo=UTC)),
    ],
)
def test_moment_reads_every_way_microsoft_prints_one(text, expected):
    assert answers.moment(text) == expected


@pytest.mark.parametrize("body", [{}, {"lineItems": []}, {"id": 1, "lineItems": [{}]}, {"id": "x", "lineItems": None}])
def test_read_calls_a_strange_document_an_unknown_outcome(body):
    with pytest.raises(errors.OutcomeUnknown):
        answers.read(answers.Order, body)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, 2007, errors.Refused),
        (400, 900414, errors.Refused),
        (404, 3000, errors.Refused),
        (409, 600004, errors.Refused),
        (409, 800060, errors.Busy),
        (400, 800065, errors.MaybeDone),
        (400, 600061, errors.AlreadyDone),
        (403, 800069, errors.OnHold),
        (403, 800074, errors.OnHold),
        (403, 800075, errors.Refused),
        (404, 20000, errors.NotFound),
        (404, 800008, errors.NotFound),
        (500, 800005, errors.OutcomeUnknown),
        (502, 0, errors.OutcomeUnknown),
        (302, 0, errors.OutcomeUnknown),
        (408, 0, errors.OutcomeUnknown),
    ],
)
def test_refusal_says_what_to_do(status, code, kind):
    assert type(errors.refusal(status, code, "words", "c")) is kind
