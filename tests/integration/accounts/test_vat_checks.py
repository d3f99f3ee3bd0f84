"""VAT numbers: asked at VIES over HTTP, recorded for ever, asked again while unknown, or checked by a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts.enums import VatResult, VatSource
from accounts.models import Account, AuditEvent, Organisation, User, VatCheck
from accounts.services import accounts, vat_checks
from accounts.services.accounts import Company
from accounts.vies.client import FormatOnly
from config.kernel.models import Outbox
from resellers.services import resellers
from resellers.services.resellers import Terms
from tests.plugins.outbox import deliver_outbox

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
GERMAN, CYPRIOT = "DE136695976", "CY10259033P"


@pytest.fixture(autouse=True)
def organisation():
    facts = {"legal_name": "Aegean", "trade_name": "Aegean", "country": "GR", "vat_number": "EL094019245"}
    return Organisation.objects.update_or_create(pk=1, defaults=facts)[0]


def company(number=GERMAN, country="DE", name="Rhein IT GmbH"):
    return Company(name=name, country=country, vat_number=number)


def reseller(number=GERMAN, country="DE"):
    made = resellers.create(company=company(number, country), currency="EUR", terms=Terms(), by=None, at=NOON)
    return made.account


def status(account):
    return Account.objects.values_list("vat_status", flat=True).get(pk=account.pk)


def person():
    return User.objects.create_user("fay@aegean.example", is_staff=True, name="Fay")


def test_new_account_abroad_is_checked_with_our_number_and_the_answer_is_kept(vies):
    vies.tell(**{GERMAN: {"valid": True, "name": "Rhein IT GmbH", "address": "Domplatz 1\n50667 Köln"}})

    account = reseller()
    deliver_outbox()

    row = VatCheck.objects.get(account=account)
    assert (row.result, row.source, row.number) == (VatResult.VALID, VatSource.VIES, GERMAN)
    assert row.request_number.startswith("WAPISIM")
    assert (row.asked_name, row.answered_name, row.answered_address) == (
        "Rhein IT GmbH", "Rhein IT GmbH", "Domplatz 1, 50667 Köln",
    )  # fmt: skip
    assert vies.asked() == [
        {
            "countryCode": "DE",
            "vatNumber": "136695976",
            "requesterMemberStateCode": "EL",
            "requesterNumber": "094019245",
        }
    ]
    assert status(account) == VatResult.VALID


@pytest.mark.parametrize(("number", "country"), [("EL094014201", "GR"), ("", "DE"), ("CHE-1", "CH")])
def test_at_home_outside_the_union_and_without_a_number_nothing_is_asked(vies, number, country):
    reseller(number, country)

    assert not Outbox.objects.filter(topic=vat_checks.CHECK).exists()


def test_changed_number_is_checked_and_the_answer_for_the_old_one_does_not_count_for_it(vies):
    account = reseller()
    deliver_outbox()
    vies.tell(**{CYPRIOT: "invalid"})

    accounts.update(account=account, company=company(CYPRIOT, "CY"), by=None, at=NOON)

    assert status(account) == ""
    deliver_outbox()
    assert status(account) == VatResult.INVALID
    accounts.update(account=account, company=company(), by=None, at=NOON)
    assert status(account) == VatResult.VALID


def test_correction_of_something_else_asks_nothing(vies):
    account = reseller()
    deliver_outbox()

    accounts.update(account=account, company=company(name="Rhein IT AG"), by=None, at=NOON)

    assert not Outbox.objects.filter(topic=vat_checks.CHECK, sent_at=None).exists()


@pytest.mark.parametrize(
    ("told", "result", "says"),
    [
        ("invalid", VatResult.INVALID, "does not know the number"),
        ("INVALID_INPUT", VatResult.INVALID, "malformed"),
        ("MS_UNAVAILABLE", VatResult.UNKNOWN, "cannot answer now (MS_UNAVAILABLE)"),
        ("GLOBAL_MAX_CONCURRENT_REQ", VatResult.UNKNOWN, "asked again within the hour"),
        ("INVALID_REQUESTER_INFO", VatResult.UNKNOWN, "our own VAT number"),
        ("silence", VatResult.UNKNOWN, "did not answer"),
        ("garbage", VatResult.UNKNOWN, "cannot be read"),
        ({"valid": "yes"}, VatResult.UNKNOWN, "cannot answer now"),
    ],
)
def test_only_a_clear_answer_counts(vies, told, result, says):
    vies.tell(**{GERMAN: told})

    account = reseller()
    deliver_outbox()

    row = VatCheck.objects.get()
    assert (row.result, status(account)) == (result, result)
    assert says in row.reason


def test_no_answer_later_does_not_undo_what_is_known(vies):
    account = reseller()
    deliver_outbox()
    vies.tell(**{GERMAN: "MS_UNAVAILABLE"})

    vat_checks.check(account_id=account.pk, at=NOON)

    assert [row.result for row in VatCheck.objects.order_by("pk")] == ["valid", "unknown"]
    assert status(account) == VatResult.VALID


def test_sweeper_asks_again_while_nothing_is_known_but_not_within_the_hour(vies):
    vies.tell(**{GERMAN: "MS_UNAVAILABLE"})
    account = reseller()
    vat_checks.check(account_id=account.pk, at=NOON)
    Outbox.objects.all().delete()

    assert vat_checks.sweep(at=NOON + timedelta(minutes=59)) == 0
    vies.tell(**{GERMAN: "valid"})
    assert vat_checks.sweep(at=NOON + timedelta(minutes=61)) == 1
    deliver_outbox()
    assert status(account) == VatResult.VALID
    assert vat_checks.sweep(at=NOON + timedelta(days=9)) == 0


def test_without_an_address_of_vies_form_and_check_digits_decide_until_there_is_one(settings, vies):
    address, settings.VIES_URL = settings.VIES_URL, ""
    account = reseller()
    vat_checks.check(account_id=account.pk, at=NOON)
    Outbox.objects.all().delete()

    assert (status(account), VatCheck.objects.get().source) == (VatResult.VALID, VatSource.FORMAT)
    assert (vies.asked(), vat_checks.sweep(at=NOON + timedelta(hours=2))) == ([], 0)
    settings.VIES_URL = address
    assert vat_checks.sweep(at=NOON + timedelta(hours=2)) == 1


def test_form_alone_refuses_a_wrong_check_digit():
    answer = FormatOnly().check("DE136695975", requester="")

    assert (answer.result, answer.source) == (VatResult.INVALID, VatSource.FORMAT)
    assert "check digit" in answer.reason


def test_person_records_a_check_with_a_reason_and_it_counts(vies):
    vies.tell(**{GERMAN: "MS_UNAVAILABLE"})
    account, fay = reseller(), person()
    deliver_outbox()

    vat_checks.record(account=account, result=VatResult.VALID, reason="Called the tax office", by=fay, at=NOON)

    assert status(account) == VatResult.VALID
    assert AuditEvent.objects.filter(action="account.vat_checked", by=fay, account=account).exists()
    for result, reason, refusal in (
        (VatResult.VALID, " ", vat_checks.VatReasonNeeded),
        (VatResult.VALID, "x" * 301, vat_checks.VatReasonNeeded),
        (VatResult.UNKNOWN, "x", vat_checks.NotDecided),
    ):
        with pytest.raises(refusal):
            vat_checks.record(account=account, result=result, reason=reason, by=fay, at=NOON)


def test_nothing_to_check_is_said(vies):
    for account in (reseller("", "DE"), reseller("CHE-1", "CH")):
        with pytest.raises(vat_checks.NothingToCheck):
            vat_checks.ask_again(account=account, by=person() if account.vat_number else None, at=NOON)
        assert vat_checks.check(account_id=account.pk, at=NOON) is None


def test_database_keeps_checks_and_what_they_say_of_an_account(vies):
    account = reseller()
    deliver_outbox()
    row = VatCheck.objects.get()

    for act in (lambda: VatCheck.objects.update(result="invalid"), row.delete):
        with pytest.raises(DatabaseError, match="vat_check_append_only"), transaction.atomic():
            act()
    Account.objects.filter(pk=account.pk).update(vat_status=VatResult.INVALID)
    assert status(account) == VatResult.VALID
    with pytest.raises(IntegrityError, match="vat_check_by_person_has_reason"), transaction.atomic():
        VatCheck.objects.create(
            account=account, number=GERMAN, asked_name="x", result="valid", source="person", checked_at=NOON
        )
