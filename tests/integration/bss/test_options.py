"""System options in BSS: every option has its card, and what is wrong is refused beside its field."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.enums import StaffRole
from accounts.models import Organisation
from bss.forms.options import BillingOptions, OrganisationForm, StorefrontOptions
from tests.integration.bss.test_pages import person
from tests.integration.invoicing import cast
from tests.security.forms.filled import as_shown

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", [StorefrontOptions, OrganisationForm, BillingOptions])
def test_every_option_stands_in_one_group(form):
    grouped = [name for _, _, names in form.groups for name in names]

    assert sorted(grouped) == sorted(form.base_fields)


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("iban", "GR16 0110 1250 0000 0001 2300 696", "not an IBAN"),
        ("vat_number", "DE129273398", "numbers of GR begin with EL"),
        ("time_zone", "Europe/Atlantis", "Select a valid choice"),
        ("currency", "XXX", "Select a valid choice"),
        ("language", "fr", "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_refused_beside_its_field_and_nothing_is_saved(client, field, typed, says):
    cast.organisation()
    before = Organisation.get()
    admin = person(StaffRole.ADMIN)
    client.force_login(admin)
    page = reverse("bss:system_options")
    data = {**as_shown(page, admin), "organisation-trade_name": "New name", f"organisation-{field}": typed}

    answer = client.post(page, data)

    assert answer.status_code == 422
    form = answer.context["forms"][1]
    assert list(form.errors) == [field]
    assert says in str(form.errors[field])
    assert 'value="New name"' in answer.content.decode()
    assert Organisation.get().trade_name == before.trade_name


def test_an_iban_is_kept_without_its_spaces(client):
    cast.organisation()
    admin = person(StaffRole.ADMIN)
    client.force_login(admin)
    page = reverse("bss:system_options")

    answer = client.post(page, {**as_shown(page, admin), "organisation-iban": "DE89 3704 0044 0532 0130 00"})

    assert answer.status_code == 302
    assert Organisation.get().iban == "DE89370400440532013000"
