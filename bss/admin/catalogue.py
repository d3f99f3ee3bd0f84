"""Products, prices, price lists and price sheets."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bss import columns
from bss.admin.base import ReadOnlyAdmin, ServiceModelAdmin
from bss.admin_site import site
from bss.filters import named
from bss.forms.catalogue import (
    AssignmentForm,
    ChosenOffer,
    OwnProductForm,
    PriceListForm,
    PriceListItemForm,
    VendorProductForm,
)
from bss.views import price_sheets as pages
from config.kernel.components import text as ui
from storefront.enums import BillingPlan, Vendor
from storefront.models import (
    Offer,
    OfferPrice,
    PriceList,
    PriceListAssignment,
    PriceListItem,
    PriceSheetImport,
    Product,
)
from storefront.services import price_lists, products

FIRST_YEAR = 1900
"""Prices that hold from then on have no known start."""
OWN: Any = (
    (None, {"fields": (("vendor_product_id", "product_type"), "title", "description", "is_active")}),
    (
        _("Price"),
        {
            "fields": ("billing_plan", "price", "other_prices", "setup_fee"),
            "description": _("A new price counts for new orders from now on; running subscriptions keep theirs."),
        },
    ),
    (
        _("How it is sold"),
        {"fields": ("delivery", "is_proratable", "usage_rule", "refund_policy", ("min_quantity", "max_quantity"))},
    ),
)
VENDOR: Any = (
    (None, {"fields": ("title", "sku", "family", "description", "is_active")}),
    (_("Prices"), {"fields": ("prices_now",), "description": _("From Microsoft's price sheet; they change there.")}),
)
OWN_HISTORY: Any = (_("Prices until now"), {"fields": ("prices_now",)})


@admin.register(Product, site=site)
class ProductAdmin(ServiceModelAdmin):
    """Our own products are made here; Microsoft's come from the price sheet and can be taken off sale."""

    list_display = (
        columns.text("title", _("Name")),
        columns.code("sku", _("SKU"), order="vendor_product_id"),
        columns.choice("vendor", _("Vendor")),
        columns.choice("delivery", _("Executed")),
        columns.either("is_proratable", _("Proratable"), no="–"),
        columns.either("is_active", _("On sale"), yes=_("On sale"), no=_("Off sale"), tone="ok"),
    )
    list_filter = ("vendor", "is_active", "is_trial", "delivery", "product_type")
    facts = {
        "is_active": columns.either("is_active", _("On sale"), yes=_("On sale"), no=_("Off sale"), tone="ok"),
        "billing_plan": None,
        "price": None,
        "other_prices": None,
    }
    search_fields = ("title", "family", "vendor_product_id")
    ordering = ("title", "pk")
    actions = None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """By vendor."""
        self.form = VendorProductForm if obj is not None and obj.vendor == Vendor.MICROSOFT else OwnProductForm
        kwargs["fields"] = None
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        """By vendor; an own product shows the history of its prices."""
        if obj is None:
            return OWN
        sets = VENDOR if obj.vendor == Vendor.MICROSOFT else (*OWN, OWN_HISTORY)
        return self.for_reader(sets) if self.only_reads(request, obj) else sets

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        """Microsoft's words are shown only."""
        if obj is None:
            return ()
        if obj.vendor == Vendor.MICROSOFT:
            return ("title", "sku", "family", "description", "prices_now")
        return ("prices_now",)

    @admin.display(description=_("Prices"))
    def prices_now(self, obj: Product) -> SafeString:
        """Every price we hold for its offers, by market and time."""
        rows = OfferPrice.objects.held().filter(offer__product=obj).select_related("offer", "sheet")
        order = ("offer__market", "currency", "offer__term", "offer__billing_plan", "valid_from")
        return SafeString(render_to_string("bss/catalogue/prices.html", {"rows": rows.order_by(*order)}))

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Through the services."""
        by: Any = request.user
        now = timezone.now()
        if isinstance(form, VendorProductForm):
            stored = Product.objects.get(pk=obj.pk)
            products.set_on_sale(product=stored, on=form.cleaned_data["is_active"], by=by, at=now)
            return
        data, prices = form.data_of_product(), form.prices()
        if change:
            products.update_own(product=Product.objects.get(pk=obj.pk), data=data, prices=prices, by=by, at=now)
            return
        made = products.create_own(
            code=form.cleaned_data["vendor_product_id"],
            data=data,
            billing_plan=BillingPlan(form.cleaned_data["billing_plan"]),
            prices=prices,
            by=by,
            at=now,
        )
        obj.pk = made.pk


@admin.register(Offer, site=site)
class OfferAdmin(ReadOnlyAdmin):
    """All ways to buy; searched from price lists."""

    list_display = (
        columns.text("product__title", _("Product")),
        columns.choice("term", _("Term")),
        columns.choice("billing_plan", _("Billing")),
        columns.choice("segment", _("Segment")),
        columns.code("market", _("Market")),
    )
    list_filter = ("term", "billing_plan", "segment", "market", "product__vendor")
    fields = ("product", "term", "billing_plan", "segment", "market")
    list_select_related = ("product",)
    search_fields = ("product__title", "product__vendor_product_id", "market")
    ordering = ("product__title", "market", "term", "billing_plan", "pk")
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        """With the product, whose name every offer prints."""
        return super().get_queryset(request).select_related("product")


@admin.register(OfferPrice, site=site)
class OfferPriceAdmin(ReadOnlyAdmin):
    """Every price there was, is, or is announced."""

    list_display = (
        columns.text("offer", _("Offer"), order="offer__product__title"),
        columns.code("offer__market", _("Market")),
        columns.money("cost", _("Cost")),
        columns.money("retail", _("Retail")),
        "from_moment",
        columns.moment("valid_until", _("Valid until")),
        columns.text("sheet__file_name", _("Price sheet")),
        columns.moment("replaced_at", _("Replaced")),
    )
    fields = ("offer", "currency", "cost", "retail", "from_moment", "valid_until", "sheet", "replaced_at")
    facts = {"cost": columns.money("cost", _("Cost")), "retail": columns.money("retail", _("Retail"))}
    readonly_fields = ("from_moment",)
    list_filter = ("currency", "offer__market", "offer__term", "offer__billing_plan")
    list_select_related = ("offer__product", "sheet")
    search_fields = ("offer__product__title", "offer__product__vendor_product_id")
    ordering = ("-valid_from", "-pk")
    actions = None

    @admin.display(description=_("Valid from"), ordering="valid_from")
    def from_moment(self, obj: OfferPrice) -> SafeString | str:
        """When it starts; the oldest prices have always counted."""
        return ui.moment(obj.valid_from) if obj.valid_from.year > FIRST_YEAR else str(_("always"))


class ItemInline(admin.TabularInline):
    """Offers with a price of their own."""

    model = PriceListItem
    form = PriceListItemForm
    autocomplete_fields = ("offer",)
    extra = 0
    verbose_name_plural = _("Offers with a price of their own")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The offers are many: searched, and the chosen ones read with the lines."""
        if db_field.name == "offer":
            kwargs["widget"] = ChosenOffer(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceListItem]:
        """With the names that are printed."""
        rows = super().get_queryset(request).select_related("offer__product", "price_list")
        return rows.order_by("offer__product__title", "pk")


@admin.register(PriceList, site=site)
class PriceListAdmin(ServiceModelAdmin):
    """Price lists: a general rule, and offers with a price of their own."""

    form = PriceListForm
    inlines = (ItemInline,)
    list_display = (
        columns.text("name", _("Name")),
        columns.either("is_active", _("In use"), yes=_("Active"), no=_("Switched off"), tone="ok"),
        columns.code("currency", _("Currency")),
        columns.choice("rule", _("General price")),
        columns.percent("percent", _("Per cent")),
        columns.day("valid_from", _("Valid from")),
        columns.day("valid_until", _("Valid until")),
        columns.count("version", _("Version")),
    )
    facts = {"percent": columns.percent("percent", _("Per cent"))}
    list_filter = ("is_active", "rule", "currency")
    search_fields = ("name",)
    ordering = ("name", "pk")
    actions = None
    fieldsets = (
        (None, {"fields": ("name", "currency", "is_active")}),
        (
            _("Prices"),
            {
                "fields": (("rule", "percent"),),
                "description": _(
                    "A margin is on Microsoft's cost, a discount on the retail price. Lists price new subscriptions "
                    "only; running ones keep their price."
                ),
            },
        ),
        (_("Validity"), {"fields": (("valid_from", "valid_until"),)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: PriceList | None = None) -> Any:
        """The list; a reader's page as facts."""
        sets = super().get_fieldsets(request, obj)
        return self.for_reader(sets) if self.only_reads(request, obj) else sets

    def save_model(self, request: HttpRequest, obj: PriceList, form: Any, change: bool) -> None:
        """Through the service."""
        by: Any = request.user
        if not change or form.changed_data:
            price_lists.save(price_list=obj, by=by, at=timezone.now())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Each line through the service."""
        by: Any = request.user
        now = timezone.now()
        changed = formset.save(commit=False)
        for item in formset.deleted_objects:
            price_lists.remove_item(item=item, by=by, at=now)
        for item in changed:
            price_lists.put_item(item=item, by=by, at=now)


@admin.register(PriceListAssignment, site=site)
class AssignmentAdmin(ServiceModelAdmin):
    """Who buys by which list. Taking back is an act of its own, so that the history stays."""

    form = AssignmentForm
    list_display = (
        columns.text("account__name", _("Reseller"), order="account__name_key"),
        columns.text("price_list__name", _("Price list")),
        "in_force",
        columns.moment("assigned_at", _("Assigned")),
        columns.text("assigned_by__name", _("Assigned by")),
        columns.moment("removed_at", _("Taken back")),
    )
    list_filter = ("price_list", ("removed_at", named(_("Taken back"), admin.EmptyFieldListFilter)))
    facts = {
        "account": columns.text("account__name", _("Reseller")),
        "price_list": columns.text("price_list__name", _("Price list")),
        "assigned_at": columns.moment("assigned_at", _("Assigned")),
        "assigned_by": columns.text("assigned_by__name", _("Assigned by")),
        "removed_at": columns.moment("removed_at", _("Taken back")),
        "removed_by": columns.text("removed_by__name", _("Taken back by")),
    }
    list_select_related = ("account", "price_list", "assigned_by")
    search_fields = ("account__name", "account__code", "price_list__name")
    autocomplete_fields = ("account", "price_list")
    ordering = ("-assigned_at", "-pk")
    actions = ("take_back",)

    @admin.display(description=_("State"), ordering="removed_at")
    def in_force(self, obj: PriceListAssignment) -> SafeString:
        """Whether it still counts."""
        if obj.removed_at is None:
            return ui.tag(str(_("Assigned")), tone="ok", icon_name="circle-check")
        return ui.tag(str(_("Taken back")), icon_name="circle-minus")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An assignment is made or taken back, never rewritten."""
        return obj is None and super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: PriceListAssignment | None = None) -> Any:
        """Who and what; afterwards also when and by whom."""
        if obj is None:
            return [(None, {"fields": ("account", "price_list")})]
        known = ("account", "price_list", "in_force", "assigned_at", "assigned_by", "removed_at", "removed_by")
        return self.for_reader([(None, {"fields": known})])

    def save_model(self, request: HttpRequest, obj: PriceListAssignment, form: Any, change: bool) -> None:
        """Through the service."""
        by: Any = request.user
        made = price_lists.assign(price_list=obj.price_list, account=obj.account, by=by, at=timezone.now())
        obj.pk = made.pk

    @admin.action(description=_("Take the price list back"), permissions=["change"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[PriceListAssignment]) -> None:
        """The list assigned before counts again, else retail prices."""
        by: Any = request.user
        now = timezone.now()
        for assignment in queryset.select_related("account", "price_list"):
            price_lists.unassign(assignment=assignment, by=by, at=now)
        messages.success(request, _("New orders of these resellers are priced without the list."))


@admin.register(PriceSheetImport, site=site)
class PriceSheetAdmin(ReadOnlyAdmin):
    """Microsoft's price sheets: brought, looked at, applied or put away."""

    list_display = (
        "linked_name",
        columns.badge("status", _("Status"), of="ImportStatus"),
        "of_month",
        columns.count("rows", _("Rows")),
        "figures",
        columns.moment("created_at", _("Uploaded")),
        columns.text("created_by__name", _("Uploaded by")),
        columns.moment("applied_at", _("Applied")),
    )
    list_display_links = None
    list_filter = ("status",)
    list_select_related = ("created_by",)
    search_fields = ("file_name",)
    ordering = ("-created_at", "-pk")
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may bring one."""
        return request.user.has_perm("storefront.add_pricesheetimport")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceSheetImport]:
        """Without the files."""
        return super().get_queryset(request).defer("content")

    def get_urls(self) -> list[URLPattern]:
        """With the decision on a checked sheet."""
        view = self.admin_site.admin_view
        decide = path("<str:public_id>/<str:act>/", view(pages.decide), name="storefront_pricesheetimport_decide")
        preview = path("<str:public_id>/", view(pages.preview), name="storefront_pricesheetimport_preview")
        return [
            *[url for url in super().get_urls() if url.name and url.name.endswith(("_changelist", "_add"))],
            decide,
            preview,
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The upload."""
        return pages.upload(request)

    @admin.display(description=_("File"), ordering="file_name")
    def linked_name(self, obj: PriceSheetImport) -> SafeString:
        """The way to its page."""
        return format_html('<a href="{}/">{}</a>', obj.public_id, obj.file_name)

    @admin.display(description=_("Month"), ordering="month")
    def of_month(self, obj: PriceSheetImport) -> str:
        """The month it is for."""
        return date_format(obj.month, "F Y") if obj.month else "–"

    @admin.display(description=_("New · changed · removed"))
    def figures(self, obj: PriceSheetImport) -> str:
        """What it changed, or would."""
        counts = obj.report.get("counts") or {}
        if obj.report.get("errors"):
            return "–"
        return " · ".join(str(counts.get(name, 0)) for name in ("new", "changed", "removed"))
