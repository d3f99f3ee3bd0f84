"""Every page of the Storefront stays within eight queries, its dashboard within twenty, however much it shows."""

from __future__ import annotations

import pytest
from django.urls import get_resolver, reverse

from tests.budgets.counting import Counts, check, measure
from tests.budgets.world import World
from tests.pages import patterns

pytestmark = pytest.mark.django_db  # the database is made for those only who ask for it
DETAIL, DASHBOARD = 8, 20
DASHBOARDS = {"home"}
ELSEWHERE = {"bss", "djdt"}
PROBES = {"healthz", "readyz"}
ACTS = {  # they answer a POST and have no page of their own
    "basket_lines", "basket_line", "company_address", "company_mpn", "company_invite", "company_user_invite",
}  # fmt: skip
OTHERWISE = {  # rendering was given up; the first step that is not done
    "invoicing:pdf": 503, "invoicing:xml": 302, "invoicing:ubl": 302, "checkout": 302,
}  # fmt: skip
SIGNED_OUT = ("account_", "mfa_", "invitation", "email_confirm", "invoicing:link")  # no list
PAGES = sorted(
    name
    for name, _entry in patterns(get_resolver(), without=ELSEWHERE)
    if name not in PROBES | ACTS and not name.startswith(SIGNED_OUT)
)
ABOUT = {name for name, entry in patterns(get_resolver(), without=ELSEWHERE) if entry.pattern.regex.groups}


def arguments(world: World) -> dict[str, str]:
    """The public id of the object with the most rows, by the name of its page."""
    affiliate = world.affiliates[0].account.public_id
    return {
        "checkout_done": world.checkout.public_id,
        "order": world.order.public_id,
        "subscription": world.subscription.public_id,
        "subscription_renewal": world.subscription.public_id,
        "subscription_end": world.subscription.public_id,
        "customer": world.customers[0].public_id,
        "customer_edit": world.customers[0].public_id,
        "affiliate": affiliate,
        "affiliate_edit": affiliate,
        "company_user": world.contact.user.public_id,
        "product": world.product.public_id,
        "invoicing:invoice": world.invoice.public_id,
        "invoicing:pdf": world.invoice.public_id,
        "invoicing:xml": world.invoice.public_id,
        "invoicing:ubl": world.invoice.public_id,
        "invoicing:dispute": world.invoice.public_id,
    }


def addresses(world: World) -> dict[str, str]:
    """A page that is not about one object needs nothing; one that is must be named in `arguments`."""
    examples = arguments(world)
    line = world.basket.lines.order_by("pk")[0].public_id
    queries = {"checkout": f"?line={line}", "checkout_who": f"?line={line}"}
    return {
        name: reverse(name, args=[examples[name]] if name in ABOUT else None) + queries.get(name, "")
        for name in PAGES
        if name not in ABOUT or name in examples
    }


@pytest.fixture(scope="module")
def counts(django_db_setup: None, django_db_blocker: object) -> Counts:
    return measure(django_db_blocker, addresses, lambda world: world.cast.ada)


@pytest.mark.parametrize("name", PAGES)
def test_page_costs_the_same_however_much_it_shows(counts, name):
    assert name in counts, f"{name} has no example here: add an object with several rows to arguments()"

    check(name, counts[name], DASHBOARD if name in DASHBOARDS else DETAIL, OTHERWISE.get(name, 200))
