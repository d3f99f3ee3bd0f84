"""End customers and affiliates: lists, details, creation, correction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.contrib import messages
from django.db.models import Count, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import AccountKind, Via
from accounts.models import Account
from accounts.permissions import Permission
from accounts.services import accounts
from affiliates import services as affiliate_services
from affiliates.selectors import affiliates_of
from config.kernel.errors import DomainError
from config.kernel.sorting import Sort
from resellers.access import ResellerView
from resellers.selectors import end_customers_of
from resellers.services import end_customers
from storefront.enums import SERVING
from storefront.forms.checkout import COMPANY, NewAffiliate, NewCompany, NewCustomer
from storefront.forms.lists import Search
from storefront.selectors.home import orders_of
from storefront.views.lists import ListPage
from storefront.views.subscriptions import rows_of

SORTS: Final = (
    Sort("name", ("name_key",), gettext_lazy("By name, A to Z"), gettext_lazy("By name, Z to A")),
    Sort(
        "services", ("services", "name_key"), gettext_lazy("Fewest services first"), gettext_lazy("Most services first")
    ),
    Sort("seats", ("seats", "name_key"), gettext_lazy("Fewest seats first"), gettext_lazy("Most seats first")),
)


def with_figures(rows: QuerySet[Account]) -> QuerySet[Account]:
    """With tenant, running services and seats."""
    running = Q(subscriptions__status__in=SERVING)
    return rows.select_related("tenant", "affiliate").annotate(
        services=Count("subscriptions", filter=running),
        seats=Coalesce(Sum("subscriptions__quantity", filter=running), Value(0), output_field=IntegerField()),
    )


class CustomerList(ListPage):
    """End customers; the affiliates are the other tab."""

    sorts = SORTS
    default = "name"

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
            rows = rows.filter(
                Q(name__icontains=text) | Q(code__icontains=text) | Q(tenant__domain_prefix__icontains=text)
            )
        is_affiliates = self.kind is AccountKind.AFFILIATE
        tabs = [
            self._tab(_("End customers"), "customers", pools[AccountKind.END_CUSTOMER], not is_affiliates),
            self._tab(_("Affiliates"), "affiliates", pools[AccountKind.AFFILIATE], is_affiliates),
        ]
        facts = {
            **self.facts(form, rows),
            "tabs": tabs,
            "is_affiliates": is_affiliates,
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


def crumb_of(who: Account) -> tuple[str, str]:
    """The list the company stands in."""
    return list_of(AccountKind(who.kind))


def list_of(kind: AccountKind) -> tuple[str, str]:
    """Label and address of the list of a kind."""
    if kind is AccountKind.AFFILIATE:
        return _("Affiliates"), reverse("affiliates")
    return _("End customers"), reverse("customers")


class CustomerPage(ResellerView):
    """One end customer or affiliate: data, tenant, services, orders, how it is invoiced."""

    permission = Permission.SUBSCRIPTION_VIEW
    nav = "customers"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page."""
        who = sub_customer(self, public_id)
        sees_orders = self.may(Permission.ORDER_VIEW)
        facts = {
            "who": who,
            "subscriptions": list(rows_of(self.account).filter(beneficiary=who)[:20]),
            "orders": list(orders_of(self.account).filter(beneficiary=who)[:10]) if sees_orders else [],
            "sees_orders": sees_orders,
            "sees_money": self.may(Permission.INVOICE_VIEW),
            "reseller": self.reseller,
            "crumbs": [crumb_of(who)],
            "may_order": self.may(Permission.ORDER_PLACE),
            "may_edit": self.may(Permission.CUSTOMER_CREATE),
        }
        return self.page("storefront/customer.html", facts)


class CompanyForm(ResellerView):
    """A form about a sub-customer; a refusal of the service stands beside its field."""

    permission = Permission.CUSTOMER_CREATE
    nav = "customers"

    def show(
        self, form: NewCompany, title: str, crumbs: Sequence[tuple[str, str]], *, status: int = 200
    ) -> HttpResponse:
        """The form page; `crumbs` are the pages above, the last one is the way back."""
        facts = {"form": form, "title": title, "crumbs": crumbs, "back": crumbs[-1][1]}
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
        form = self.form_class(initial={"country": str(self.account.country)})
        return self.show(form, self.title, [list_of(self.kind)])

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
        return self.show(form, self.title, [list_of(self.kind)], status=422)

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
        return self.show(self._form(who, None), _("Edit data"), self._crumbs(who))

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
        return self.show(form, _("Edit data"), self._crumbs(who), status=422)

    def _crumbs(self, who: Account) -> list[tuple[str, str]]:
        return [crumb_of(who), (who.name, reverse("customer", args=[who.public_id]))]

    def _form(self, who: Account, data: Any) -> NewCompany:
        initial = {name: str(getattr(who, name)) for name in (*COMPANY, "vat_number", "segment")}
        form: NewCompany = (NewCompany if who.kind == AccountKind.AFFILIATE else NewCustomer)(data, initial=initial)
        return form
