"""End customers and affiliates: lists, details, creation, correction."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import AccountKind, Via
from accounts.models import Account
from accounts.permissions import Permission
from accounts.services import accounts
from affiliates import services as affiliate_services
from affiliates.selectors import affiliates_of
from config.kernel.errors import DomainError
from resellers.access import ResellerView
from resellers.selectors import end_customers_of
from resellers.services import end_customers
from storefront.enums import SubscriptionStatus
from storefront.forms.checkout import COMPANY, NewAffiliate, NewCompany, NewCustomer
from storefront.forms.lists import Search
from storefront.selectors.home import orders_of
from storefront.views.subscriptions import rows_of

PAGE = 50


def with_figures(rows: QuerySet[Account]) -> QuerySet[Account]:
    """With tenant, running services and seats."""
    running = Q(subscriptions__status=SubscriptionStatus.ACTIVE)
    return rows.select_related("tenant", "affiliate").annotate(
        services=Count("subscriptions", filter=running), seats=Sum("subscriptions__quantity", filter=running)
    )


class CustomerList(ResellerView):
    """End customers; the affiliates are the other tab."""

    permission = Permission.SUBSCRIPTION_VIEW
    nav = "customers"
    kind = AccountKind.END_CUSTOMER

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list of this kind."""
        form = Search(request.GET)
        pools = {
            AccountKind.END_CUSTOMER: end_customers_of(self.reseller),
            AccountKind.AFFILIATE: affiliates_of(self.reseller),
        }
        rows = with_figures(pools[self.kind])
        if text := form.text():
            rows = rows.filter(Q(name__icontains=text) | Q(code__icontains=text) | Q(tenant__domain_prefix=text))
        is_affiliates = self.kind is AccountKind.AFFILIATE
        tabs = [
            self._tab(_("End customers"), "customers", pools[AccountKind.END_CUSTOMER], not is_affiliates),
            self._tab(_("Affiliates"), "affiliates", pools[AccountKind.AFFILIATE], is_affiliates),
        ]
        page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
        facts = {
            "form": form,
            "rows": page,
            "tabs": tabs,
            "is_affiliates": is_affiliates,
            "is_filtered": bool(form.text()),
            "may_create": self.may(Permission.CUSTOMER_CREATE) and self.reseller.reselling_enabled,
            "reseller": self.reseller,
        }
        return self.page("storefront/customers.html", facts)

    def _tab(self, label: str, name: str, pool: QuerySet[Account], current: bool) -> dict[str, Any]:
        return {"label": label, "url": reverse(name), "count": pool.count(), "current": current}


class AffiliateList(CustomerList):
    """Affiliates, with what they are for."""

    kind = AccountKind.AFFILIATE


def sub_customer(view: ResellerView, public_id: str) -> Account:
    """One of the reseller's end customers or affiliates, else 404."""
    rows = Account.objects.filter(bill_to=view.account).select_related("tenant", "affiliate")
    return get_object_or_404(rows, public_id=public_id)


class CustomerPage(ResellerView):
    """One end customer or affiliate: data, tenant, services, orders, how it is invoiced."""

    permission = Permission.SUBSCRIPTION_VIEW
    nav = "customers"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page."""
        who = sub_customer(self, public_id)
        facts = {
            "who": who,
            "subscriptions": list(rows_of(self.account).filter(beneficiary=who)[:20]),
            "orders": list(orders_of(self.account).filter(beneficiary=who)[:10]),
            "reseller": self.reseller,
            "may_edit": self.may(Permission.CUSTOMER_CREATE),
        }
        return self.page("storefront/customer.html", facts)


class CompanyForm(ResellerView):
    """A form about a sub-customer; a refusal of the service stands beside its field."""

    permission = Permission.CUSTOMER_CREATE
    nav = "customers"

    def show(self, form: NewCompany, title: str, *, status: int = 200, back: str = "customers") -> HttpResponse:
        """The form page."""
        facts = {"form": form, "title": title, "back": reverse(back)}
        return self.page("storefront/company_form.html", facts, status=status)

    def refuse(self, form: NewCompany, refusal: DomainError) -> None:
        """Put the reason beside its field."""
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


class CreateCustomer(CompanyForm):
    """A new end customer, outside of an order."""

    form_class: type[NewCompany] = NewCustomer
    kind = AccountKind.END_CUSTOMER

    @property
    def title(self) -> str:
        """What the page is about."""
        return _("New affiliate") if self.kind is AccountKind.AFFILIATE else _("New end customer")

    def get(self, request: HttpRequest) -> HttpResponse:
        """The empty form."""
        return self.show(self.form_class(initial={"country": str(self.account.country)}), self.title)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Create it."""
        form = self.form_class(request.POST)
        if form.is_valid():
            try:
                made = self.create(form)
                messages.success(request, _("%(name)s is saved.") % {"name": made.name})
                return redirect("customer", made.public_id)
            except DomainError as refusal:
                self.refuse(form, refusal)
        return self.show(form, self.title, status=422)

    def create(self, form: Any) -> Account:
        """Through the service of its kind."""
        return end_customers.create(
            reseller=self.reseller,
            company=form.company(language=self.account.language),
            via=Via.STOREFRONT,
            by=self.user,
            at=timezone.now(),
        )


class CreateAffiliate(CreateCustomer):
    """A new affiliate, outside of an order."""

    form_class = NewAffiliate
    kind = AccountKind.AFFILIATE

    def create(self, form: Any) -> Account:
        """Through the service of its kind."""
        return affiliate_services.create(
            reseller=self.reseller,
            company=form.company(language=self.account.language),
            purpose=form.cleaned_data["purpose"],
            cost_centre=form.cleaned_data["cost_centre"],
            via=Via.STOREFRONT,
            by=self.user,
            at=timezone.now(),
        ).account


class EditCustomer(CompanyForm):
    """Correct the data of an end customer or affiliate."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The form as it is stored."""
        who = sub_customer(self, public_id)
        return self.show(self._form(who, None), who.name)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Save it; issued invoices keep what they say."""
        who = sub_customer(self, public_id)
        form = self._form(who, request.POST)
        if form.is_valid():
            try:
                kept = {} if isinstance(form, NewCustomer) else {"vat_number": who.vat_number, "segment": who.segment}
                company = form.company(language=who.language, **kept)
                accounts.update(account=who, company=company, by=self.user, at=timezone.now())
                messages.success(request, _("%(name)s is saved.") % {"name": company.name})
                return redirect("customer", who.public_id)
            except DomainError as refusal:
                self.refuse(form, refusal)
        return self.show(form, who.name, status=422)

    def _form(self, who: Account, data: Any) -> NewCompany:
        initial = {name: str(getattr(who, name)) for name in (*COMPANY, "vat_number", "segment")}
        form: NewCompany = (NewCompany if who.kind == AccountKind.AFFILIATE else NewCustomer)(data, initial=initial)
        return form
