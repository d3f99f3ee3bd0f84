"""Basic resellers: added and kept on one page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from accounts.services import accounts, contacts, e_invoices, exemptions
from bss import columns
from bss.admin.accounts import company_facts, with_check
from bss.admin.base import ServiceModelAdmin
from bss.admin_site import site
from bss.filters import Question, UsedChoices, named
from bss.forms.resellers import ResellerForm
from bss.selectors.resellers import assignment_of, cannot_order_yet, overview
from bss.views.reminders import of_reseller
from bss.views.separation import switch_page
from bss.views.statements import statement
from bss.views.vat_checks import vat_check_of
from resellers.models import Reseller
from resellers.services import resellers
from storefront.enums import SERVING, SubscriptionStatus
from storefront.models import Subscription
from storefront.services import partners, price_lists

COMPANY: Any = (
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
)
ORDERING: Any = (
    _("Ordering"),
    {
        "fields": ("ordering_enabled", "reselling_enabled", "credit_limit", "price_list", "responsible_user"),
        "description": _("What the account may order, for whom, and up to which amount."),
    },
)
BILLING = (
    _("Billing and payment"),
    {
        "fields": (
            "prorate_billing",
            ("billing_day_rule", "billing_day"),
            "partial_charges",
            ("payment_method", "payment_days"),
            "separate_invoices_default",
            "instalment_surcharge",
            "document_mail",
        ),
    },
)
TAX = (
    _("VAT"),
    {
        "fields": ("tax_exempt", "exempt_reason", ("exempt_from", "exempt_until")),
        "description": _("An exempt reseller is billed by the tax rules for exempt accounts."),
    },
)
E_INVOICES = (
    _("E-invoices"),
    {
        "fields": (("peppol_scheme", "peppol_id"), "buyer_reference"),
        "description": _("The XML is always inside the PDF. With a Peppol id, UBL stands beside it."),
    },
)
INCENTIVES = (
    _("Microsoft"),
    {
        "fields": ("mpn_id",),
        "description": _("Sent with every order for an end customer, and with no other order."),
    },
)
CONTACT = (
    _("First contact"),
    {
        "fields": (
            ("contact_first_name", "contact_last_name"),
            "contact_email",
            "contact_storefront_user",
            "contact_bill_to",
        ),
    },
)


PARTS = tuple(
    {"label": label, "url": f"#{anchor}", "count": None, "current": False}
    for anchor, label in (
        ("contacts", _("Contacts")),
        ("customers", _("Customers and affiliates")),
        ("orders", _("Orders")),
        ("subscriptions", _("Subscriptions")),
        ("invoices", _("Invoices")),
        ("settings", _("Company and terms")),
    )
)
"""The reseller's page as links to its parts."""


class ReadyFilter(Question):
    """Those that something keeps from ordering."""

    title = _("Ready to order")
    parameter_name = "ready"
    answers = (("no", _("Not yet")),)

    def pick(self, queryset: QuerySet[Reseller], value: str) -> QuerySet[Reseller]:
        """The resellers with something missing that blocks."""
        return queryset.filter(pk__in=cannot_order_yet(on=local_today(timezone.now())).values("pk"))


@admin.register(Reseller, site=site)
class ResellerAdmin(ServiceModelAdmin):
    """The reseller with company, terms and price list; its customers, orders and invoices on the same page."""

    form = ResellerForm
    change_form_template = "bss/resellers/change_form.html"
    list_display = (
        columns.text("account__name", _("Company"), order="account__name_key"),
        columns.code("account__code", _("Code")),
        columns.either("account__ordering_enabled", _("Ordering"), yes=_("On"), no=_("Off")),
        columns.either("reselling_enabled", _("Reselling"), yes=_("On"), no=_("Off")),
        columns.limit("credit_limit", _("Credit limit"), currency="account__currency"),
        columns.code("mpn_id", _("MPN ID")),
        columns.badge("mpn_status", _("MPN check"), of="MpnStatus"),
        columns.text("account__city", _("City")),
        columns.text("account__country__name", _("Country"), order="account__country"),
    )
    list_filter = (
        ReadyFilter,
        "reselling_enabled",
        ("account__country", UsedChoices),
        ("mpn_status", named(_("MPN check"), admin.ChoicesFieldListFilter)),
    )
    list_select_related = ("account",)
    search_fields = ("account__name", "account__name_key", "account__code", "account__vat_number", "mpn_id")
    ordering = ("account__name_key", "pk")
    actions = None
    facts = {
        **company_facts("account"),
        "ordering_enabled": columns.either("account__ordering_enabled", _("Ordering"), yes=_("On"), no=_("Off")),
        "reselling_enabled": columns.either("reselling_enabled", _("Enable Reselling"), yes=_("On"), no=_("Off")),
        "credit_limit": columns.limit("credit_limit", _("Credit Limit"), currency="account__currency"),
        "price_list": "price_list_now",
        "responsible_user": columns.text("account__responsible_user__name", _("Account manager")),
        "mpn_id": columns.code("mpn_id", _("MPN ID")),
        "instalment_surcharge": columns.percent("instalment_surcharge", _("surcharge for instalments, per cent")),
        "reason": None,
        "tax_exempt": columns.either("account__tax_exempt", _("Tax exempt"), yes=_("Yes"), no=_("No")),
        "peppol_scheme": columns.code("account__peppol_scheme", _("Peppol scheme")),
        "peppol_id": columns.code("account__peppol_id", _("Peppol id")),
        "buyer_reference": columns.text("account__buyer_reference", _("Buyer reference")),
        "exempt_reason": columns.text("account__exempt_reason", _("Reason of the exemption")),
        "exempt_from": columns.day("account__exempt_from", _("Exempt from")),
        "exempt_until": columns.day("account__exempt_until", _("Exempt through")),
    }

    @admin.display(description=_("Price list"))
    def price_list_now(self, obj: Reseller) -> str:
        """The list in force, for readers."""
        assigned = assignment_of(obj)
        return str(assigned.price_list) if assigned else str(_("None: the retail prices apply"))

    def get_urls(self) -> list[URLPattern]:
        """With the bulk switch of its sub-customers, and the statement of account."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/invoices/", wrap(switch_page), name="resellers_reseller_separation"),
            path("<int:pk>/statement/", wrap(statement), name="resellers_reseller_statement"),
            path("<int:pk>/reminders/", wrap(of_reseller), name="resellers_reseller_reminders"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reseller]:
        """With the account."""
        return super().get_queryset(request).select_related("account", "account__responsible_user")

    def get_fieldsets(self, request: HttpRequest, obj: Reseller | None = None) -> Any:
        """A new one has its currency and first contact; an existing one a reason for switching off."""
        if obj is None:
            name, options = COMPANY
            fields = (*options["fields"], "currency")
            return ((name, {**options, "fields": fields}), ORDERING, BILLING, INCENTIVES, CONTACT)
        company = with_check(COMPANY)
        if self.only_reads(request, obj):
            return self.for_reader((company, ORDERING, BILLING, TAX, E_INVOICES, INCENTIVES))
        name, options = ORDERING
        ordering = (name, {**options, "fields": (*options["fields"], "reason")})
        return (company, ordering, BILLING, TAX, E_INVOICES, INCENTIVES)

    vat_check = staticmethod(vat_check_of("account"))

    def get_readonly_fields(self, request: HttpRequest, obj: Reseller | None = None) -> Any:
        """What is known of the VAT number."""
        return ("vat_check",) if obj is not None else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """All declared fields; the fieldsets choose."""
        kwargs["fields"] = None
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or self.only_reads(request, obj):
            return form
        assigned = assignment_of(obj)
        form.base_fields["price_list"].initial = assigned.price_list_id if assigned else None
        form.base_fields["credit_limit"].disabled = not request.user.has_perm("storefront.override_credit")
        return form

    def save_model(self, request: HttpRequest, obj: Reseller, form: Any, change: bool) -> None:
        """One service call for each thing that changed; a refusal of any rolls all back."""
        if change:
            self._update(request, obj, form)
        else:
            self._create(request, obj, form)

    def _create(self, request: HttpRequest, obj: Reseller, form: ResellerForm) -> None:
        by: Any = request.user
        now = timezone.now()
        data = form.cleaned_data
        made = resellers.create(
            company=form.company(),
            currency=data["currency"],
            terms=form.terms(),
            ordering_enabled=data["ordering_enabled"],
            mpn_id=data["mpn_id"],
            responsible_user=data["responsible_user"],
            by=by,
            at=now,
        )
        if made.mpn_id:
            partners.store(reseller=made, mpn_id=made.mpn_id, by=by, at=now)
        if data["price_list"]:
            price_lists.assign(account=made.account, price_list=data["price_list"], by=by, at=now)
        if form.has_contact:
            contact = contacts.add(
                account=made.account,
                first_name=data["contact_first_name"],
                last_name=data["contact_last_name"],
                email=data["contact_email"],
                is_primary=True,
                is_bill_to=data["contact_bill_to"],
                by=by,
                at=now,
            )
            if data["contact_storefront_user"]:
                contacts.invite(contact=contact, by=by, at=now)
                messages.info(request, _("An invitation was sent to %(email)s.") % {"email": contact.email})
        obj.pk, obj.account = made.pk, made.account

    def _update(self, request: HttpRequest, obj: Reseller, form: ResellerForm) -> None:
        by: Any = request.user
        now = timezone.now()
        data = form.cleaned_data
        stored = Reseller.objects.select_related("account").get(pk=obj.pk)
        live = Subscription.objects.filter(bill_to=stored.account, status__in=(*SERVING, SubscriptionStatus.PENDING))
        accounts.update(
            account=stored.account,
            company=form.company(),
            by=by,
            at=now,
            responsible_user=data["responsible_user"],
        )
        exemptions.set_exemption(account=stored.account, by=by, at=now, **form.exemption())
        e_invoices.set_address(account=stored.account, by=by, at=now, **form.e_invoices())
        resellers.update_terms(
            reseller=stored,
            terms=form.terms(),
            ordering_enabled=data["ordering_enabled"],
            reason=data["reason"],
            active_services=live.exclude(beneficiary=stored.account).count(),
            by=by,
            at=now,
        )
        if data["mpn_id"] and data["mpn_id"] != (stored.mpn_id or ""):
            partners.store(reseller=stored, mpn_id=data["mpn_id"], by=by, at=now)
        self._assign_price_list(stored, data["price_list"], by, now)

    def _assign_price_list(self, stored: Reseller, wanted: Any, by: Any, now: Any) -> None:
        present = assignment_of(stored)
        if (present.price_list if present else None) == wanted:
            return
        if present is not None:
            price_lists.unassign(assignment=present, by=by, at=now)
        if wanted is not None:
            price_lists.assign(account=stored.account, price_list=wanted, by=by, at=now)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Above the form: what is missing before it can order, and everything that hangs on the reseller."""
        obj = kwargs.get("obj")
        if obj is not None:
            field = context["adminform"].form.fields.get("price_list")  # a reader's page has no fields
            has_price_list = bool(field.initial if field else assignment_of(obj))
            context.update(
                overview=overview(obj, has_price_list=has_price_list, on=local_today(timezone.now())),
                parts=PARTS,
                bill_to_query=f"?bill_to={obj.account_id}",
                contact_query=f"?account={obj.account_id}",
                list_query=f"?bill_to__id__exact={obj.account_id}",
                vat_check_url=reverse("bss:accounts_account_vat", args=[obj.account_id]),
            )
        return super().render_change_form(request, context, *args, **kwargs)
