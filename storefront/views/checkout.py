"""The checkout: for whom, billing, service details, confirmation. Every step can be left and resumed."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import PurchaseMode, Via
from accounts.models import Account
from accounts.permissions import Permission
from affiliates import services as affiliate_services
from config.kernel.errors import DomainError
from resellers.enums import MpnStatus
from resellers.services import end_customers
from storefront.forms.checkout import Confirm, MpnId, NewAffiliate, NewCustomer, PoNumber, ServiceDetails, WhoIsItFor
from storefront.models import BasketLine
from storefront.selectors.baskets import Group
from storefront.selectors.people import People, people_of
from storefront.services import baskets, orders, partners
from storefront.services.baskets import Details
from storefront.views.basket import BasketView

STEPS = (
    ("checkout_who", gettext_lazy("Basket items")),
    ("checkout_billing", gettext_lazy("Billing information")),
    ("checkout_services", gettext_lazy("Service details")),
    ("checkout_confirm", gettext_lazy("Confirmation")),
)


class CheckoutView(BasketView):
    """What the steps share: the basket, its groups, the frame."""

    step = 1

    def missing_step(self) -> HttpResponse | None:
        """Where to go when an earlier step is not complete."""
        if not self.lines:
            return redirect("basket")
        if self.step > 1 and any(group.beneficiary is None for group in self.groups):
            return redirect("checkout_who")
        if self.step > 3 and not (all(group.is_complete for group in self.groups) and self.mpn_is_fine):
            return redirect("checkout_services")
        return None

    @property
    def mpn_is_fine(self) -> bool:
        """Whether nobody needs an MPN ID, or a usable one is stored."""
        asked = any(group.needs_mpn_id for group in self.groups)
        return not asked or (self.reseller.mpn_id is not None and self.reseller.mpn_status != MpnStatus.INVALID)

    def show(self, template: str, facts: dict[str, Any], *, status: int = 200) -> HttpResponse:
        """The step with steps, sums and credit beside it."""
        labels = [
            (label, reverse(name)) if number < self.step else str(label)
            for number, (name, label) in enumerate(STEPS, start=1)
        ]
        view = self.standing.credit
        over = orders.exceeds(self.groups, view.available)
        return self.page(
            template,
            {
                "steps": labels,
                "step": self.step,
                "basket": self.its_basket,
                "groups": self.groups,
                "outcomes": list(zip(self.groups, over, strict=True)),
                "credit": view,
                **facts,
            },
            status=status,
        )


class Who(CheckoutView):
    """Step 1: for whom each line is. One line at a time, the first without a company or the one in the address."""

    step = 1

    @cached_property
    def people(self) -> People:
        """Whom the cards offer."""
        return people_of(self.reseller)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The three mode cards for one line."""
        self.load()
        line = self._line(request)
        if line is None:
            return self.missing_step() or redirect("checkout_billing")
        return self._show(line, *self._forms(None, line))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save the choice; a new company is saved with it, even if the basket is left afterwards."""
        self.load()
        line = self._line(request)
        if line is None:
            return redirect("checkout_billing")
        who, affiliate, customer = self._forms(request.POST, line)
        try:
            if self._save(line, who, affiliate, customer):
                return redirect("checkout_who")
        except DomainError as refusal:
            form: Form = {PurchaseMode.AFFILIATE: affiliate, PurchaseMode.END_CUSTOMER: customer}.get(
                who.cleaned_data.get("mode", ""), who
            )
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return self._show(line, who, affiliate, customer, status=422)

    def _line(self, request: HttpRequest) -> BasketLine | None:
        wanted = request.POST.get("line") or request.GET.get("line")
        for priced in self.lines:
            if priced.line.public_id == wanted:
                return priced.line
        return next((priced.line for priced in self.lines if priced.line.beneficiary_id is None), None)

    def _forms(self, data: Any, line: BasketLine) -> tuple[WhoIsItFor, NewAffiliate, NewCustomer]:
        start = line.beneficiary
        initial: dict[str, Any] = {"mode": start.mode if start else PurchaseMode.END_CUSTOMER, "all_lines": True}
        if start is not None and start.bill_to_id:
            key = "affiliate" if start.mode is PurchaseMode.AFFILIATE else "customer"
            initial[key] = start.public_id
        who = WhoIsItFor(
            data,
            initial=initial,
            affiliates=self.people.affiliates,
            customers=self.people.customers,
        )
        home = {"country": str(self.account.country)}
        wants = who.is_bound and who.is_valid() and who.wants_new
        mode = who.cleaned_data.get("mode") if wants else None
        return (
            who,
            NewAffiliate(data if mode == PurchaseMode.AFFILIATE else None, prefix="affiliate", initial=home),
            NewCustomer(data if mode == PurchaseMode.END_CUSTOMER else None, prefix="customer", initial=home),
        )

    @transaction.atomic
    def _save(self, line: BasketLine, who: WhoIsItFor, affiliate: NewAffiliate, customer: NewCustomer) -> bool:
        if not who.is_valid():
            return False
        beneficiary: Account | None = who.chosen() if who.field_of_mode else self.account
        if who.wants_new:
            form = affiliate if who.cleaned_data["mode"] == PurchaseMode.AFFILIATE else customer
            if not form.is_valid():
                return False
            beneficiary = self._create(form)
        if beneficiary is None:
            return False
        same = [line]
        if who.cleaned_data["all_lines"]:
            same += [p.line for p in self.lines if p.line.beneficiary_id is None and p.line.pk != line.pk]
        for each in same:
            baskets.set_beneficiary(line=each, beneficiary=beneficiary, at=self.now)
        return True

    def _create(self, form: NewAffiliate | NewCustomer) -> Account:
        if not self.may(Permission.CUSTOMER_CREATE):
            raise orders.MayNotResell
        if isinstance(form, NewAffiliate):
            made = affiliate_services.create(
                reseller=self.reseller,
                company=form.company(language=self.account.language),
                purpose=form.cleaned_data["purpose"],
                cost_centre=form.cleaned_data["cost_centre"],
                via=Via.STOREFRONT,
                by=self.user,
                at=self.now,
            ).account
        else:
            made = end_customers.create(
                reseller=self.reseller,
                company=form.company(language=self.account.language),
                via=Via.STOREFRONT,
                by=self.user,
                at=self.now,
            )
        messages.success(self.request, _("%(name)s is saved.") % {"name": made.name})
        return made

    def _show(self, line: BasketLine, *forms: Any, status: int = 200) -> HttpResponse:
        who, affiliate, customer = forms
        priced = next(p for p in self.lines if p.line.pk == line.pk)
        facts = {
            "line": priced,
            "waiting": sum(p.line.beneficiary_id is None for p in self.lines),
            "who": who,
            "chosen_mode": who["mode"].value(),
            "own_checked": who["mode"].value() == PurchaseMode.PERSONAL,
            "affiliate_checked": who["mode"].value() == PurchaseMode.AFFILIATE,
            "customer_checked": who["mode"].value() == PurchaseMode.END_CUSTOMER,
            "affiliate_form": affiliate,
            "customer_form": customer,
            "own_tenant": getattr(self.people.own, "tenant", None),
            "reseller": self.reseller,
        }
        return self.show("storefront/checkout_who.html", facts, status=status)


class Billing(CheckoutView):
    """Step 2: who is billed, how the invoices will look, and PO numbers."""

    step = 2

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        self.load()
        return self.missing_step() or self._show(self._forms(None))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the PO numbers."""
        self.load()
        missing = self.missing_step()
        if missing is not None:
            return missing
        forms = self._forms(request.POST)
        if not all(form.is_valid() for _group, form in forms):
            return self._show(forms, status=422)
        for group, form in forms:
            if group.beneficiary is not None:
                details = _details_of(group, po_number=form.cleaned_data["po_number"])
                done = bool(group.details and group.details.is_complete)
                baskets.save_details(
                    basket=self.its_basket, beneficiary=group.beneficiary, details=details, is_complete=done
                )
        return redirect("checkout_services")

    def _forms(self, data: Any) -> list[tuple[Group, PoNumber]]:
        return [
            (
                group,
                PoNumber(
                    data,
                    prefix=f"g{number}",
                    initial={"po_number": group.details.po_number if group.details else ""},
                ),
            )
            for number, group in enumerate(self.groups)
        ]

    def _show(self, forms: list[tuple[Group, PoNumber]], *, status: int = 200) -> HttpResponse:
        return self.show("storefront/checkout_billing.html", {"forms": forms, "reseller": self.reseller}, status=status)


class Services(CheckoutView):
    """Step 3: tenant, agreement signer, MPN ID; asked only where it is needed."""

    step = 3

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page, or on when nothing is asked."""
        self.load()
        missing = self.missing_step()
        if missing is not None:
            return missing
        forms = self._forms(None)
        if not forms and self.mpn_is_fine:
            return redirect("checkout_confirm")
        return self._show(forms, self._mpn_form(None))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep what was typed; go on when everything is complete."""
        self.load()
        missing = self.missing_step()
        if missing is not None:
            return missing
        forms = self._forms(request.POST)
        mpn_form = self._mpn_form(request.POST)
        valid = [form.is_valid() for _group, form in forms]
        for (group, form), ok in zip(forms, valid, strict=True):
            if group.beneficiary is not None:
                po_number = group.details.po_number if group.details else ""
                baskets.save_details(
                    basket=self.its_basket,
                    beneficiary=group.beneficiary,
                    details=form.details(po_number),
                    is_complete=ok,
                )
        if self._store_mpn(mpn_form) and all(valid):
            return redirect("checkout_confirm")
        return self._show(forms, mpn_form, status=422)

    def _store_mpn(self, form: MpnId | None) -> bool:
        if form is None:
            return True
        if not form.is_valid():
            return False
        try:
            self.reseller = partners.store(
                reseller=self.reseller, mpn_id=form.cleaned_data["mpn_id"], by=self.user, at=self.now
            )
        except DomainError as refusal:
            form.add_error("mpn_id", str(refusal))
            return False
        return True

    def _mpn_form(self, data: Any) -> MpnId | None:
        return None if self.mpn_is_fine else MpnId(data, initial={"mpn_id": self.reseller.mpn_id or ""})

    def _forms(self, data: Any) -> list[tuple[Group, ServiceDetails]]:
        forms = []
        for number, group in enumerate(self.groups):
            if group.needs_tenant or group.needs_mpn_id:
                initial = _details_of(group).__dict__
                forms.append((group, ServiceDetails(data, group=group, prefix=f"g{number}", initial=initial)))
        return forms

    def _show(self, forms: Any, mpn_form: MpnId | None, *, status: int = 200) -> HttpResponse:
        facts = {"forms": forms, "mpn_form": mpn_form, "reseller": self.reseller}
        facts["all_forms"] = [form for _group, form in forms] + ([mpn_form] if mpn_form else [])
        return self.show("storefront/checkout_services.html", facts, status=status)


class ConfirmOrder(CheckoutView):
    """Step 4: every consequence, then one button."""

    step = 4

    def get(self, request: HttpRequest) -> HttpResponse:
        """The review."""
        self.load()
        return self.missing_step() or self._show(Confirm(initial={"basket_version": self.its_basket.version}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Place the orders; a second click finds the orders of the first."""
        self.load()
        form = Confirm(request.POST)
        missing = self.missing_step()
        if missing is not None:
            return self._placed_before(request) or missing
        if not form.is_valid():
            return self._show(form, status=422)
        try:
            checkout = orders.place(
                basket=self.its_basket,
                basket_version=form.cleaned_data["basket_version"],
                by=self.user,
                at=self.now,
                ip=request.META.get("REMOTE_ADDR"),
                user_agent=request.headers.get("user-agent", ""),
            )
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect("checkout_confirm")
        return redirect("checkout_done", checkout.public_id)

    def _placed_before(self, request: HttpRequest) -> HttpResponse | None:
        last = self.account.checkouts.filter(placed_by=self.user).order_by("-placed_at", "-pk").first()
        fresh = last is not None and (self.now - last.placed_at).total_seconds() < 120
        return redirect("checkout_done", last.public_id) if last is not None and fresh else None

    def _show(self, form: Confirm, *, status: int = 200) -> HttpResponse:
        total: dict[str, Any] = {}
        if self.groups:
            net, gross = self.groups[0].net, self.groups[0].gross
            for group in self.groups[1:]:
                net, gross = net + group.net, gross + group.gross
            total = {"net": net, "gross": gross, "tax": gross - net}
        facts = {"form": form, "total": total, "reseller": self.reseller}
        return self.show("storefront/checkout_confirm.html", facts, status=status)


class Done(BasketView):
    """After the click: the orders that were placed, what runs and what is held."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page."""
        checkout = get_object_or_404(self.account.checkouts.all(), public_id=public_id)
        placed = list(checkout.orders.select_related("beneficiary").prefetch_related("items").order_by("position"))
        return self.page("storefront/checkout_done.html", {"checkout": checkout, "orders": placed})


def _details_of(group: Group, **changes: Any) -> Details:
    """The stored details of a group as the service takes them."""
    row = group.details
    names = Details.__dataclass_fields__
    stored = {name: getattr(row, name) for name in names} if row is not None else {}
    return Details(**{**stored, **changes})
