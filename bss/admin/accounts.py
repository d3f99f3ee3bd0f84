"""Accounts: end customers are made here, affiliates on a page of their own; resellers have theirs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountKind, Via
from accounts.models import Account
from accounts.services import accounts
from affiliates import services as affiliates
from affiliates.models import Affiliate
from bss import columns
from bss.admin.base import ServiceModelAdmin
from bss.admin_site import site
from bss.columns import Column
from bss.filters import UsedChoices, named
from bss.forms.resellers import LANGUAGES
from bss.forms.sub_customers import AffiliateForm, EndCustomerForm, SubCustomerForm
from bss.views.vat_checks import checks_page, vat_check_of
from config.kernel.components import text as ui
from invoicing.services import separation
from resellers.services import end_customers

SUB_CUSTOMER = (
    (
        _("Company"),
        {
            "fields": (
                ("name", "vat_number"),
                ("email", "phone"),
                ("address_line1", "address_line2"),
                ("postcode", "city"),
                ("region", "country"),
                ("segment", "language"),
            )
        },
    ),
    (
        _("Ordering"),
        {
            "fields": ("bill_to", "separate_invoices"),
            "description": _("The Bill To account receives and owes the invoices, separate or aggregated."),
        },
    ),
)
REASON = (_("Why"), {"fields": ("reason",)})


def with_check(company: Any) -> Any:
    """The company's fieldset of an existing account: what is known of the VAT number stands beside it."""
    name, options = company
    first, *others = options["fields"]
    return (name, {**options, "fields": (first[0], (first[1], "vat_check"), *others)})


def company_facts(account: str) -> dict[str, Column | None]:
    """The company's data as a reader sees it on a page about something else; `account` leads to it."""
    labels = {
        "name": _("Company name"),
        "vat_number": _("VAT number"),
        "email": _("Corporate e-mail"),
        "phone": _("Phone"),
        "address_line1": _("Street and number"),
        "address_line2": _("Address, second line"),
        "postcode": _("Postcode"),
        "city": _("City"),
        "region": _("Region"),
    }
    facts: dict[str, Column | None] = {
        name: columns.text(f"{account}__{name}", label) for name, label in labels.items()
    }
    facts["language"] = columns.word(f"{account}__language", _("Language of invoices and e-mails"), dict(LANGUAGES))
    facts["segment"] = columns.choice(f"{account}__segment", _("Segment"))
    facts["country"] = columns.text(f"{account}__country__name", _("Country"))
    return facts


SEPARATE, AGGREGATED = _("Separate"), _("Aggregated")


@admin.register(Account, site=site)
class AccountAdmin(ServiceModelAdmin):
    """All accounts; added here are end customers. Resellers have a page of their own."""

    change_form_template = "bss/accounts/change_form.html"
    list_display = (
        columns.text("name", _("Company"), order="name_key"),
        columns.code("code", _("Code")),
        "of_kind",
        columns.text("bill_to__name", _("Bill To account")),
        "invoices",
        columns.text("country__name", _("Country"), order="country"),
        columns.code("vat_number", _("VAT number")),
    )
    list_filter = ("kind", "separate_invoices", ("segment", UsedChoices), ("country", UsedChoices))
    facts = {
        "reason": None,
        "bill_to": columns.text("bill_to__name", _("Bill To account")),
        "language": columns.word("language", _("Language"), dict(LANGUAGES)),
    }
    list_select_related = ("bill_to",)
    search_fields = ("name", "name_key", "code", "vat_number", "email", "bill_to__code")
    ordering = ("name_key", "pk")
    actions = None

    vat_check = staticmethod(vat_check_of(""))

    def get_urls(self) -> list[URLPattern]:
        """With the checks of the VAT number."""
        page = path("<int:pk>/vat/", self.admin_site.admin_view(checks_page), name="accounts_account_vat")
        return [page, *super().get_urls()]

    @admin.display(description=_("Kind"), ordering="kind")
    def of_kind(self, obj: Account) -> SafeString:
        """What the account is, in the colour of its purchase mode."""
        return ui.mode(obj.mode, str(AccountKind(obj.kind).label))

    @admin.display(description=_("Invoices"), ordering="separate_invoices")
    def invoices(self, obj: Account) -> str:
        """How it is invoiced; a reseller pays its own."""
        return "–" if obj.bill_to_id is None else str(SEPARATE if obj.separate_invoices else AGGREGATED)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Account], search_term: str
    ) -> tuple[QuerySet[Account], bool]:
        """Looked up as a Bill To, only those that can be one; for payments, charges and price lists, resellers."""
        rows, may_repeat = super().get_search_results(request, queryset, search_term)
        wanted = (request.GET.get("model_name"), request.GET.get("field_name"))
        if request.path.endswith("/autocomplete/"):
            if wanted == ("account", "bill_to"):
                rows = rows.filter(kind=AccountKind.RESELLER, reseller__reselling_enabled=True)
            elif wanted == ("charge", "beneficiary"):
                payer = request.GET.get("bill_to", "")
                rows = rows.filter(bill_to=payer) if payer.isascii() and payer.isdigit() else rows.none()
            elif wanted[0] in {"payment", "pricelistassignment", "charge"}:
                rows = rows.filter(kind=AccountKind.RESELLER)
        return rows, may_repeat

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A new account is an end customer; the others are corrected."""
        self.form = EndCustomerForm if obj is None else SubCustomerForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Account | None = None) -> Any:
        """Company and ordering; a correction may say why."""
        if obj is None:
            return SUB_CUSTOMER
        sets = (with_check(SUB_CUSTOMER[0]), *SUB_CUSTOMER[1:])
        return self.for_reader(sets) if self.only_reads(request, obj) else (*sets, REASON)

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> Any:
        """Who pays is settled when the account is created."""
        return ("bill_to", "vat_check") if obj is not None else ()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A new account is an end customer; the others are made on pages of their own."""
        return super().add_view(request, form_url, {"title": _("Add end customer"), **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A reseller's account opens the reseller, an affiliate's the affiliate."""
        if request.method == "GET" and "plain" not in request.GET and object_id.isdecimal():
            found = Account.objects.filter(pk=object_id).values_list("reseller__pk", "affiliate__pk").first()
            reseller, affiliate = found or (None, None)
            if reseller:
                return redirect("bss:resellers_reseller_change", reseller)
            if affiliate:
                return redirect("bss:affiliates_affiliate_change", affiliate)
        return super().change_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With who pays for it above the form."""
        account = context["account"] = kwargs.get("obj")
        if account is not None:
            context["vat_check_url"] = reverse("bss:accounts_account_vat", args=[account.pk])
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """Through the services."""
        by: Any = request.user
        now = timezone.now()
        flag = form.cleaned_data["separate_invoices"]
        if not change:
            payer = form.cleaned_data["bill_to"]
            made = end_customers.create(
                reseller=payer.reseller, company=form.company(), via=Via.BSS, separate_invoices=flag, by=by, at=now
            )
            obj.pk = made.pk
            return
        save_sub_customer(form, obj.pk, by=by, now=now)


def save_sub_customer(form: SubCustomerForm | AffiliateForm, pk: int, *, by: Any, now: Any) -> None:
    """Correct an account and its invoicing flag by the services."""
    stored = Account.objects.get(pk=pk)
    data = form.cleaned_data
    if stored.kind == AccountKind.AFFILIATE:
        affiliate = stored.affiliate
        affiliates.update(
            affiliate=affiliate,
            company=form.company(),
            purpose=data.get("purpose") or affiliate.purpose,
            cost_centre=data.get("cost_centre", affiliate.cost_centre),
            reason=data["reason"],
            by=by,
            at=now,
        )
    else:
        accounts.update(account=stored, company=form.company(), reason=data["reason"], by=by, at=now)
    flag = data["separate_invoices"]
    if flag != stored.separate_invoices:
        separation.switch(account=stored, on=flag, reason=data["reason"], by=by, at=now)


@admin.register(Affiliate, site=site)
class AffiliateAdmin(ServiceModelAdmin):
    """Affiliates under their Bill To, with what they are for."""

    form = AffiliateForm
    change_form_template = "bss/accounts/change_form.html"
    list_display = (
        columns.text("account__name", _("Company"), order="account__name_key"),
        columns.code("account__code", _("Code")),
        columns.text("account__bill_to__name", _("Bill To account")),
        columns.choice("purpose", _("What it is for")),
        columns.text("cost_centre", _("Cost centre")),
        columns.either("account__separate_invoices", _("Invoices"), yes=SEPARATE, no=AGGREGATED),
    )
    list_filter = (
        "purpose",
        ("account__separate_invoices", named(_("Separate invoices"), admin.BooleanFieldListFilter)),
    )
    list_select_related = ("account", "account__bill_to")
    search_fields = ("account__name", "account__name_key", "account__code", "account__bill_to__name")
    ordering = ("account__name_key", "pk")
    actions = None
    facts = {
        **company_facts("account"),
        "reason": None,
        "bill_to": columns.text("account__bill_to__name", _("Bill To account")),
        "separate_invoices": columns.either("account__separate_invoices", _("Invoices"), yes=SEPARATE, no=AGGREGATED),
        "purpose": columns.choice("purpose", _("What it is for")),
    }

    vat_check = staticmethod(vat_check_of("account"))

    def get_readonly_fields(self, request: HttpRequest, obj: Affiliate | None = None) -> Any:
        """What is known of the VAT number."""
        return ("vat_check",) if obj is not None else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """All declared fields; the fieldsets choose."""
        kwargs["fields"] = None
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Affiliate | None = None) -> Any:
        """Company, what it is for, ordering; a correction may say why."""
        company, ordering = SUB_CUSTOMER
        company = company if obj is None else with_check(company)
        sets = (company, (_("What it is for"), {"fields": ("purpose", "cost_centre")}), ordering)
        if obj is None:
            return sets
        return self.for_reader(sets) if self.only_reads(request, obj) else (*sets, REASON)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With who pays for it above the form."""
        obj: Affiliate | None = kwargs.get("obj")
        context["account"] = obj.account if obj else None
        if obj is not None:
            context["vat_check_url"] = reverse("bss:accounts_account_vat", args=[obj.account_id])
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Affiliate, form: Any, change: bool) -> None:
        """Through the services."""
        by: Any = request.user
        now = timezone.now()
        if change:
            save_sub_customer(form, obj.account_id, by=by, now=now)
            return
        made = affiliates.create(
            reseller=form.cleaned_data["bill_to"].reseller,
            company=form.company(),
            purpose=form.cleaned_data["purpose"],
            cost_centre=form.cleaned_data["cost_centre"],
            separate_invoices=form.cleaned_data["separate_invoices"],
            via=Via.BSS,
            by=by,
            at=now,
        )
        obj.pk, obj.account = made.pk, made.account
