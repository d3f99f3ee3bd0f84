"""Acts in BSS are refused to the groups they do not belong to, and change nothing then; pages keep their queries."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffRole
from invoicing.models import BillingRun
from storefront.models import FulfilmentUnit
from storefront.services import fulfilment
from tests.integration.bss.test_pages import drive, person
from tests.integration.storefront.partner_cast import Cast, fulfil
from tests.integration.storefront.test_orders import fill, own_offer, place

pytestmark = pytest.mark.django_db
ACTS = {
    "storefront_order_execute": {"Admin", "Sales", "Finance"},
    "storefront_order_cancel": {"Admin", "Sales", "Finance"},
    "storefront_fulfilmentunit_retry": {"Admin", "Support"},
    "storefront_fulfilmentunit_deliver": {"Admin", "Support"},
    "storefront_fulfilmentunit_give_up": {"Admin", "Support"},
    "invoicing_billingrun_preview": {"Admin", "Finance"},
    "invoicing_billingrun_issue": {"Admin", "Finance"},
    "invoicing_billingrun_retry": {"Admin", "Finance"},
    "invoicing_billingrun_render": {"Admin", "Finance"},
    "invoicing_billingrun_discard": {"Admin", "Finance"},
    "invoicing_runitem_hold": {"Admin", "Finance"},
    "invoicing_runitem_release": {"Admin", "Finance"},
}


@pytest.fixture
def previewed(client):
    """A started and previewed run over one executed order, with a held order beside it."""
    cast = Cast()
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    fulfilment.start(order=order, at=timezone.now())
    client.force_login(person(StaffRole.FINANCE))
    client.post(reverse("bss:invoicing_billingrun_add"), {"through": "2026-12-31", "invoice_on": "", "reseller": ""})
    run = BillingRun.objects.get()
    drive(run)
    unit = FulfilmentUnit.objects.filter(order_item__order=order).first()
    return {"order": order, "unit": unit, "run": run, "item": run.items.get()}


def test_acts_are_refused_to_the_other_groups(client, previewed):
    run = previewed["run"]
    run.refresh_from_db()
    before = (run.state, run.items.get().state, previewed["order"].status)
    for role in StaffRole:
        if role is not StaffRole.FINANCE:
            client.force_login(person(role))
        for name, allowed in ACTS.items():
            if role.value in allowed or role is StaffRole.FINANCE:
                continue
            key = "item" if "runitem" in name else name.split("_")[1]
            row = previewed[{"fulfilmentunit": "unit", "billingrun": "run"}.get(key, key)]
            if row is None:
                continue
            answer = client.post(reverse(f"bss:{name}", args=[row.pk]), {"reason": "Because"})
            assert answer.status_code == 403, (role, name)

    run.refresh_from_db()
    previewed["order"].refresh_from_db()
    assert (run.state, run.items.get().state, previewed["order"].status) == before


def test_pages_keep_their_queries(client, previewed, django_assert_max_num_queries):
    pages = [
        ("index", [], 20),
        ("storefront_order_change", [previewed["order"].pk], 20),
        ("invoicing_billingrun_change", [previewed["run"].pk], 20),
    ]
    for name, args, limit in pages:
        with django_assert_max_num_queries(limit):
            assert client.get(reverse(f"bss:{name}", args=args)).status_code == 200, name


@pytest.mark.parametrize(("reason", "state"), [("  ", "needs_person"), ("Customer withdrew", "rejected")])
def test_support_gives_a_stopped_unit_up_with_a_reason(client, microsoft, reason, state):
    cast = Cast()
    unit = fulfil(cast.order(cast.customer, prefix="simrisk1"))
    client.force_login(person(StaffRole.SUPPORT))
    page = reverse("bss:storefront_fulfilmentunit_change", args=[unit.pk])
    assert "Give up" in client.get(page).content.decode()

    client.post(reverse("bss:storefront_fulfilmentunit_give_up", args=[unit.pk]), {"reason": reason})

    unit.refresh_from_db()
    assert unit.state == state
