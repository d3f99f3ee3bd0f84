"""The demo month, played against the running product: real workers, real HTTP to the simulator, real files.

A reseller is created and signs in, orders in all three purchase modes, Microsoft sets everything up, a billing run
issues an aggregated and a separate invoice, and the PDF files are there. Every claim is checked; a broken one raises.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import requests
from django.conf import settings

from accounts.clock import local_today
from accounts.enums import PurchaseMode, Via
from accounts.models import Message, User
from accounts.services import accounts, contacts
from accounts.services.accounts import Company
from affiliates import services as affiliates
from config.kernel.periods import add_months
from invoicing.enums import FileKind, RunState
from invoicing.models import BillingRun, Invoice, InvoiceFile
from invoicing.services import audits, billing_runs
from resellers.models import Reseller
from resellers.services import end_customers, resellers
from resellers.services.resellers import Terms
from storefront.demo import buying
from storefront.demo.history import BASIC, PREMIUM, STANDARD
from storefront.demo.world import PASSWORD
from storefront.enums import RenewalState
from storefront.models import Order, PriceList, Renewal, Subscription
from storefront.partner_center.simulator.remote import Remote
from storefront.services import partners, price_lists

PATIENCE = 120.0
MPN = "9900777"


class StoryBroken(RuntimeError):
    """Something the demo promises did not hold; the message says what."""


@dataclass(slots=True)
class Story:
    """What happened, for the summary."""

    clock: Callable[[], datetime]
    lines: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)

    def tell(self, text: str) -> None:
        """Add a line."""
        self.lines.append(text)


def play(*, clock: Callable[[], datetime]) -> Story:
    """Play it all; `clock` tells the moment. Raises StoryBroken when a promise does not hold."""
    story = Story(clock)
    operator = User.objects.get(email="operator@aegean-cloud.example.com")
    finance = User.objects.get(email="finance@aegean-cloud.example.com")
    reseller, admin = _create_reseller(operator, story)
    placed = _order(reseller, admin, operator, story)
    _wait_for_services(reseller, story)
    _check_mpn(placed, story)
    _bill(reseller, finance, story)
    _check_renewals(story)
    _check_audits(story)
    return story


def _create_reseller(operator: User, story: Story) -> tuple[Reseller, User]:
    now = story.clock()
    company = Company(
        name="Meltemi Cloud Services Ι.Κ.Ε.", country="GR", email="office@meltemi.example.com",
        phone="+30 210 000 0777", address_line1="Οδός Ανέμων 7", postcode="117 41", city="Αθήνα", language="en",
    )  # fmt: skip
    made = resellers.create(
        company=company, currency="EUR", terms=Terms(credit_limit=Decimal(5000)), responsible_user=operator,
        by=operator, at=now,
    )  # fmt: skip
    made = partners.store(reseller=made, mpn_id=MPN, by=operator, at=now)
    price_lists.assign(price_list=PriceList.objects.get(name="Partner Gold"), account=made.account, by=operator, at=now)
    contact = contacts.add(
        account=made.account, first_name="Melina", last_name="Anemou", email="melina@meltemi.example.com",
        is_primary=True, is_bill_to=True, by=operator, at=now,
    )  # fmt: skip
    contacts.invite(contact=contact, by=operator, at=now)
    story.tell(f"{made.account.code} {made.account.name} created, {contact.email} invited")
    _accept(contact.email)
    story.tell("The contact chose a password and landed on its home page")
    return made, User.objects.get(email=contact.email)


def _accept(email: str) -> None:
    """Follow the link of the stored mail over HTTP, choose a password, and be signed in."""
    mail = Message.objects.filter(recipients__contains=[email], template="invitation").latest("pk")
    found = re.search(r"https?://\S+/invitation/\S+", mail.text_body)
    if found is None:
        msg = "the invitation holds no link"
        raise StoryBroken(msg)
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(found.group(), timeout=30)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        if page.status_code != 200 or token is None:
            msg = f"the invitation page answers {page.status_code}"
            raise StoryBroken(msg)
        typed = {"csrfmiddlewaretoken": token.group(1), "password": PASSWORD}
        home = browser.post(found.group(), data=typed, timeout=30, headers={"Referer": found.group()})
        if home.status_code != 200 or home.url.rstrip("/") != settings.SITE_URL:
            msg = f"after choosing the password {home.url} answers {home.status_code}"
            raise StoryBroken(msg)


def _order(reseller: Reseller, admin: User, operator: User, story: Story) -> list[Order]:
    now = story.clock()
    facts = {"country": "GR", "phone": "+30 210 000 0778", "city": "Αθήνα", "postcode": "117 42"}
    unit = affiliates.create(
        reseller=reseller, purpose="hosting_tenant", via=Via.STOREFRONT, by=admin, at=now,
        company=Company(name="Meltemi Hosting", email="host@meltemi.example.com", address_line1="Οδός 8", **facts),
    ).account  # fmt: skip
    names = ("Acme Hellas Α.Ε.", "Beta Ναυτιλιακή Α.Ε.")
    acme, beta = (
        end_customers.create(
            reseller=reseller, via=Via.STOREFRONT, by=admin, at=now,
            company=Company(name=name, email=f"it{number}@customer.example.com", address_line1="Οδός 9", **facts),
        )
        for number, name in enumerate(names)
    )  # fmt: skip
    accounts.set_separate_invoices(account=acme, on=True, by=operator, at=now)
    support = buying.offer("ACD-SUP")
    checkout = buying.order(
        admin,
        [
            (buying.offer(*BASIC), 3, reseller.account, "meltemicloud"),
            (buying.offer(*STANDARD), 4, unit, "meltemihosting"),
            (buying.offer(*PREMIUM), 5, acme, "acmehellas"),
            (support, 5, acme, ""),
            (buying.offer(*PREMIUM), 2, beta, "betanaftiliaki"),
        ],
        at=now,
    )
    placed = list(checkout.orders.select_related("beneficiary").order_by("position"))
    for order in placed:
        words = f"MPN ID {order.mpn_id}" if order.mpn_id else "no MPN ID"
        story.tell(f"{order.number} {order.get_mode_display()}: {order.beneficiary.name}, {words}, {order.status}")
    modes = {order.mode for order in placed}
    _hold(modes == set(PurchaseMode.values), f"orders in all three modes, not {sorted(modes)}")
    _hold(all(order.status == "executed" for order in placed), "every order executed")
    return placed


def _wait_for_services(reseller: Reseller, story: Story) -> None:
    rows = Subscription.objects.filter(bill_to=reseller.account)
    _until(lambda: not rows.exclude(status="active").exists(), "the workers set up every subscription")
    story.tell(f"{rows.count()} subscriptions active, set up by the workers at Microsoft")


def _check_mpn(placed: list[Order], story: Story) -> None:
    """What was really sent, read from the simulator's journal: the MPN ID only where it belongs."""
    tenants = {
        str(row.tenant.ms_tenant_id): row.mode
        for row in Subscription.objects.filter(order_item__order__in=placed, tenant__isnull=False).select_related(
            "tenant"
        )
        if row.tenant is not None
    }
    sent: dict[str, set[str | None]] = {}
    for call in Remote(settings.PARTNER_CENTER_URL).journal("POST", "/carts"):
        tenant = next((known for known in tenants if known in call["path"]), None)
        if tenant is None or call["path"].endswith("/checkout"):
            continue
        for line in call["body"]["lineItems"]:
            keys = {entry["key"]: entry["value"] for entry in line.get("participants", [])}
            sent.setdefault(tenants[tenant], set()).add(keys.get("transaction_reseller"))
    wanted: dict[str, set[str | None]] = {"personal": {None}, "affiliate": {None}, "end_customer": {MPN}}
    _hold(sent == wanted, f"the carts carry the MPN ID of end customers only, not {sent}")
    story.tell(f"Sent to Microsoft: MPN ID {MPN} for end customers only")


def _bill(reseller: Reseller, finance: User, story: Story) -> None:
    today = local_today(story.clock())
    through = add_months(today.replace(day=1), 1)
    now = story.clock()
    run = billing_runs.start(through=through, invoice_on=today, reseller=reseller.account, by=finance, at=now)
    _until(lambda: _state(run) == RunState.PREVIEWED, "the workers preview the billing run")
    billing_runs.issue(run=BillingRun.objects.get(pk=run.pk), by=finance, at=story.clock())
    _until(lambda: _state(run) in (RunState.DONE, RunState.DONE_WITH_ERRORS), "the workers issue the billing run")
    _hold(_state(run) == RunState.DONE, "the run is done without errors")
    issued = Invoice.objects.filter(run_item__run=run).select_related("beneficiary").order_by("sequence")
    about = [invoice.beneficiary.name if invoice.beneficiary else None for invoice in issued]
    _hold(about == [None, "Acme Hellas Α.Ε."], f"one aggregated and one separate invoice, not {about}")
    ids = [invoice.pk for invoice in issued]
    files = InvoiceFile.objects.filter(invoice__in=ids, kind=FileKind.PDF)
    _until(lambda: files.count() == len(ids), "the workers render every PDF")
    for made in files.select_related("invoice__beneficiary").order_by("invoice__sequence"):
        invoice = made.invoice
        kind = f"separate, for {invoice.beneficiary.name}" if invoice.beneficiary else "aggregated"
        story.tell(f"{invoice.number} {kind}: {invoice.net} net, {invoice.gross} gross")
        with made.file.open("rb") as stream:
            _hold(stream.read(5) == b"%PDF-", f"{invoice.number} is a PDF")
        story.documents.append(made.file.path)
    again = billing_runs.start(
        through=through, invoice_on=today, reseller=reseller.account, by=finance, at=story.clock()
    )
    _until(lambda: _state(again) == RunState.PREVIEWED, "the workers preview the run again")
    left = BillingRun.objects.get(pk=again.pk).items.exclude(state="nothing_due").count()
    _hold(left == 0, "running again finds nothing to bill")
    billing_runs.discard(run=BillingRun.objects.get(pk=again.pk), by=finance, at=story.clock())
    story.tell("Run again: nothing to bill")


def _check_renewals(story: Story) -> None:
    """The monthly subscriptions of the history went on, each term once and at the price of its day."""
    renewed = Renewal.objects.filter(state=RenewalState.RENEWED)
    _hold(renewed.exists(), "monthly subscriptions were renewed")
    held = Renewal.objects.filter(state=RenewalState.HELD).count()
    _hold(not held, f"no renewal is held, not {held}")
    story.tell(f"{renewed.count()} terms of monthly subscriptions renewed, as Microsoft confirmed")


def _check_audits(story: Story) -> None:
    _until(
        lambda: not Invoice.objects.exclude(files__kind="pdf").exists(),
        "the workers render the invoices of the history",
    )
    broken = audits.run()
    _hold(not broken, f"audits: {[finding.code for finding in broken]}")
    story.tell(f"{len(audits.all_audits())} audits clean")


def _state(run: BillingRun) -> Any:
    return BillingRun.objects.values_list("state", flat=True).get(pk=run.pk)


def _hold(holds: bool, promise: str) -> None:
    if not holds:
        msg = f"This does not hold: {promise}"
        raise StoryBroken(msg)


def _until(true: Callable[[], bool], promise: str) -> None:
    """Look until it is so. Raises StoryBroken after two minutes."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            msg = f"This did not happen within {PATIENCE:.0f} s: {promise}"
            raise StoryBroken(msg)
        time.sleep(0.3)
