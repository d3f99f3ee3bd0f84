"""Step 1: for whom each line is; the company is chosen, or created on the spot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.enums import PurchaseMode, Via
from accounts.models import Account
from accounts.permissions import Permission
from affiliates import services as affiliate_services
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from resellers.services import end_customers
from storefront.forms.checkout import NEW, NewAffiliate, NewCustomer, WhoIsItFor
from storefront.forms.drafts import part_of, typed_in, without_errors_of_blanks
from storefront.models import BasketLine
from storefront.selectors.people import People, people_of
from storefront.services import baskets, orders
from storefront.views.checkout.frame import CheckoutView

Forms = tuple[WhoIsItFor, NewAffiliate, NewCustomer]
BUSY = {PurchaseMode.AFFILIATE: "affiliate", PurchaseMode.END_CUSTOMER: "customer"}


class ChosenMeanwhile(DomainError):
    """The line got its company after this page was shown: a second click, or another tab (reliability.md R08)."""


class Resume(CheckoutView):
    """The checkout from the basket: the first step that is not done."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Send there."""
        self.load()
        self.step = 2
        return self.missing_step() or redirect("checkout_billing")


class Who(CheckoutView):
    """One line at a time: the first without a company, or the one in the address. Else the list of all."""

    step = 1

    @cached_property
    def people(self) -> People:
        """Whom the cards offer."""
        return people_of(self.reseller)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The three mode cards for one line, or the list of lines when every one has a company."""
        self.load()
        line = self._line(request)
        if line is None:
            return self.missing_step() or self.show("storefront/checkout_items.html", {})
        typed = self.draft if self.draft.get("line") == line.public_id else {}
        forms = self._forms(typed or None, line)
        return self._show(line, *(without_errors_of_blanks(form) if typed else form for form in forms))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save the choice; a new company is saved with it, even if the basket is left afterwards."""
        self.load()
        line = self._line(request)
        if line is None:
            return redirect("checkout")
        way = self.leaving()
        if way is not None:
            self.keep(typed_in(request.POST))
            return way
        who, affiliate, customer = self._forms(request.POST, line)
        try:
            if self._save(line, who, affiliate, customer):
                self.keep({})
                return redirect("checkout")
        except ChosenMeanwhile:
            return redirect("checkout")
        except DomainError as refusal:
            form: Form = {PurchaseMode.AFFILIATE: affiliate, PurchaseMode.END_CUSTOMER: customer}.get(
                who.cleaned_data.get("mode", ""), who
            )
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        self.keep(typed_in(request.POST))
        return self._show(line, who, affiliate, customer, status=422)

    def _line(self, request: HttpRequest) -> BasketLine | None:
        wanted = request.POST.get("line") or request.GET.get("line")
        for priced in self.lines:
            if priced.line.public_id == wanted:
                return priced.line
        return next((priced.line for priced in self.lines if priced.line.beneficiary_id is None), None)

    def _forms(self, data: Mapping[str, Any] | None, line: BasketLine) -> Forms:
        start = line.beneficiary
        initial: dict[str, Any] = {
            "mode": start.mode if start else PurchaseMode.END_CUSTOMER,
            "all_lines": True,
            "affiliate": NEW,
            "before": start.public_id if start else "",
        }
        if start is not None and start.bill_to_id:
            initial[BUSY[start.mode]] = start.public_id
        who = WhoIsItFor(
            data,
            initial=initial,
            affiliates=self.people.affiliates,
            customers=self.people.customers,
        )
        wants = who.is_bound and who.is_valid() and who.wants_new
        mode = who.cleaned_data.get("mode") if wants else None
        return (
            who,
            self._company(NewAffiliate, "affiliate", data, asked=mode == PurchaseMode.AFFILIATE),
            self._company(NewCustomer, "customer", data, asked=mode == PurchaseMode.END_CUSTOMER),
        )

    def _company(self, form: Any, prefix: str, data: Mapping[str, Any] | None, *, asked: bool) -> Any:
        """The form of a new company; one that was not asked for keeps what was typed in it without judging it."""
        home = {"country": str(self.account.country)}
        if asked:
            return form(data, prefix=prefix, initial=home)
        typed = part_of(typed_in(data or {}), prefix)
        return form(prefix=prefix, initial={**home, **{name[len(prefix) + 1 :]: text for name, text in typed.items()}})

    @transaction.atomic
    def _save(self, line: BasketLine, who: WhoIsItFor, affiliate: NewAffiliate, customer: NewCustomer) -> bool:
        if not who.is_valid():
            return False
        self._check_unchanged(line, who)
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
        if who.wants_new:
            messages.success(self.request, _("%(name)s is saved.") % {"name": beneficiary.name})
        return True

    def _check_unchanged(self, line: BasketLine, who: WhoIsItFor) -> None:
        """A second click must not create a second company: the line is locked, then compared with what was shown."""
        now = lock(line).beneficiary
        if "before" in who.data and who.cleaned_data["before"] != (now.public_id if now else ""):
            raise ChosenMeanwhile

    def _create(self, form: NewAffiliate | NewCustomer) -> Account:
        if not self.may(Permission.CUSTOMER_CREATE):
            raise orders.MayNotResell
        company = form.company(language=self.account.language)
        if isinstance(form, NewAffiliate):
            return affiliate_services.create(
                reseller=self.reseller,
                company=company,
                purpose=form.cleaned_data["purpose"],
                cost_centre=form.cleaned_data["cost_centre"],
                via=Via.STOREFRONT,
                by=self.user,
                at=self.now,
            ).account
        return end_customers.create(
            reseller=self.reseller, company=company, via=Via.STOREFRONT, by=self.user, at=self.now
        )

    def _show(self, line: BasketLine, *forms: Any, status: int = 200) -> HttpResponse:
        who, affiliate, customer = forms
        priced = next(p for p in self.lines if p.line.pk == line.pk)
        mode = str(who["mode"].value())
        facts = {
            "line": priced,
            "waiting": sum(p.line.beneficiary_id is None for p in self.lines),
            "who": who,
            "own_checked": mode == PurchaseMode.PERSONAL,
            "affiliate_checked": mode == PurchaseMode.AFFILIATE,
            "customer_checked": mode == PurchaseMode.END_CUSTOMER,
            "affiliate_form": affiliate,
            "customer_form": customer,
            "own_tenant": getattr(self.people.own, "tenant", None),
        }
        return self.show("storefront/checkout_who.html", facts, status=status)
