"""What operators type about products, price lists and price sheets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountKind
from accounts.forms.texts import CleanTexts
from accounts.models import Account, Organisation
from bss.forms.lookup import Lookup
from invoicing.enums import RefundPolicy, UsageRule
from storefront.enums import BillingPlan, Delivery, PriceRule, ProductType, Vendor
from storefront.models import OfferPrice, PriceList, PriceListAssignment, PriceListItem, Product
from storefront.price_sheet.codes import CURRENCIES
from storefront.services.price_lists import BadPercent, BadPeriod, NotAReseller
from storefront.services.products import OwnProduct, QuantityRange

OWN_PLANS: Final = (BillingPlan.MONTHLY, BillingPlan.ANNUAL, BillingPlan.ONE_TIME)
OWN_DELIVERY: Final = (Delivery.BY_HAND, Delivery.AT_ONCE)
OWN_REFUNDS: Final = (RefundPolicy.NONE, RefundPolicy.DAY)
LARGEST_SHEET: Final = 100 * 1024 * 1024
_OTHER_PRICE = re.compile(r"([A-Z]{3})\s+([0-9]{1,10}(?:\.[0-9]{1,6})?)")


def home_currency() -> str:
    """The distributor's currency."""
    organisation = Organisation.objects.filter(pk=1).only("currency").first()
    return organisation.currency if organisation else "EUR"


class OwnProductForm(CleanTexts, forms.ModelForm):
    """A product of the distributor's own, with its price per billing period (product.md M18)."""

    billing_plan = forms.ChoiceField(
        label=_("Charged"), choices=[(plan.value, plan.label) for plan in OWN_PLANS], initial=BillingPlan.MONTHLY
    )
    price = forms.DecimalField(
        label=_("Price per unit and period, excl. VAT"),
        max_digits=16,
        decimal_places=6,
        validators=[MinValueValidator(0)],
    )
    other_prices = forms.CharField(
        label=_("Prices in other currencies"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 20}),
        help_text=_("One a line, for example USD 12.50. A currency without a price cannot buy it."),
    )

    class Meta:
        model = Product
        fields = (
            *("vendor_product_id", "title", "description", "product_type", "delivery", "is_proratable"),
            *("refund_policy", "usage_rule", "setup_fee", "min_quantity", "max_quantity", "is_active"),
        )
        labels = {"vendor_product_id": _("Article number")}
        help_texts = {
            "vendor_product_id": _("Printed on invoices. It cannot change later."),
            "is_proratable": _("The first part of a period is charged by days, up to the reseller's billing day."),
            "usage_rule": _("Of a new order and of added units, up to the next billing period."),
            "setup_fee": _("Excl. VAT; the same amount in every currency, whatever the quantity."),
            "is_active": _("Off: it cannot be ordered any more; running subscriptions go on."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.home = home_currency()
        choices: dict[str, Any] = {"delivery": OWN_DELIVERY, "refund_policy": OWN_REFUNDS, "product_type": ProductType}
        for name, members in choices.items():
            if name in self.fields:
                self.fields[name].choices = [(member.value, member.label) for member in members]  # type: ignore[attr-defined]  # a ChoiceField
        if self.instance.pk:
            self.fields["vendor_product_id"].disabled = True
            self.fields["billing_plan"].disabled = True
            self._show_prices()
        else:
            self.initial.update(
                delivery=Delivery.BY_HAND, refund_policy=RefundPolicy.NONE, product_type=ProductType.SERVICE
            )

    def _show_prices(self) -> None:
        offer = self.instance.offers.get()
        held = OfferPrice.objects.held().filter(offer=offer, valid_until=None)
        prices = {price.currency: f"{price.retail.normalize():f}" for price in held}
        self.initial["billing_plan"] = offer.billing_plan
        self.initial["price"] = prices.pop(self.home, None)
        self.initial["other_prices"] = "\n".join(f"{currency} {price}" for currency, price in sorted(prices.items()))

    def clean_vendor_product_id(self) -> str:
        """Free of spaces around it, and of another product."""
        code: str = self.cleaned_data["vendor_product_id"].strip()
        others = Product.objects.filter(vendor=Vendor.OWN, vendor_product_id=code).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("There is a product with this article number already."))
        return code

    def clean_other_prices(self) -> dict[str, Decimal]:
        """Currency and price, one a line."""
        prices: dict[str, Decimal] = {}
        for line in self.cleaned_data["other_prices"].splitlines():
            if not line.strip():
                continue
            match = _OTHER_PRICE.fullmatch(line.strip())
            if not match or match[1] not in CURRENCIES:
                reason = _("“%(line)s” is not a currency and a price, for example USD 12.50.")
                raise forms.ValidationError(reason % {"line": line.strip()[:40]})
            try:
                prices[match[1]] = Decimal(match[2])
            except InvalidOperation as error:
                raise forms.ValidationError(_("This is not a price.")) from error
        return prices

    def clean(self) -> dict[str, Any]:
        """Least and most quantity fit."""
        data = super().clean() or self.cleaned_data
        least, most = data.get("min_quantity"), data.get("max_quantity")
        if least is not None and most is not None and most < least:
            self.add_error("max_quantity", str(QuantityRange.user_message))
        return data

    def prices(self) -> dict[str, Decimal]:
        """All prices by currency."""
        return {**self.cleaned_data["other_prices"], self.home: self.cleaned_data["price"]}

    def data_of_product(self) -> OwnProduct:
        """What the service takes."""
        data = self.cleaned_data
        return OwnProduct(
            title=data["title"].strip(),
            description=data["description"],
            product_type=ProductType(data["product_type"]),
            delivery=Delivery(data["delivery"]),
            is_proratable=data["is_proratable"],
            refund_policy=RefundPolicy(data["refund_policy"]),
            usage_rule=UsageRule(data["usage_rule"]),
            setup_fee=data["setup_fee"],
            min_quantity=data["min_quantity"],
            max_quantity=data["max_quantity"],
            is_active=data["is_active"],
        )


class VendorProductForm(forms.ModelForm):
    """Of a product of Microsoft's only this is decided here."""

    class Meta:
        model = Product
        fields = ("is_active",)
        help_texts = {"is_active": _("Off: it cannot be ordered any more; running subscriptions go on.")}


class PriceListForm(CleanTexts, forms.ModelForm):
    """A price list: what it holds by a general rule, and when it counts."""

    class Meta:
        model = PriceList
        fields = ("name", "currency", "rule", "percent", "valid_from", "valid_until", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "rule" in self.fields:
            rules = [choice for choice in PriceRule.choices if choice[0] != PriceRule.FIXED]
            self.fields["rule"].choices = rules  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """Rule, per cent and dates fit."""
        data = super().clean() or self.cleaned_data
        percent = data.get("percent")
        if data.get("rule") == PriceRule.DISCOUNT and percent is not None and percent > 100:
            self.add_error("percent", str(BadPercent.user_message))
        start, end = data.get("valid_from"), data.get("valid_until")
        if start and end and end <= start:
            self.add_error("valid_until", str(BadPeriod.user_message))
        return data

    def clean_currency(self) -> str:
        """An ISO code."""
        currency: str = self.cleaned_data["currency"].strip().upper()
        if currency not in CURRENCIES:
            raise forms.ValidationError(_("Write the currency as three letters, for example EUR."))
        return currency


class ChosenOffer(Lookup):
    """A search for offers that knows the name of the chosen one (`known`, by key) and need not look it up."""

    known: Mapping[str, str] = {}

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        """The empty choice and the chosen one."""
        chosen = [str(each) for each in value]
        if not chosen or not set(chosen) <= set(self.known):
            return super().optgroups(name, value, attr)
        options = [] if self.is_required else [self.create_option(name, "", "", selected=False, index=0)]
        options += [
            self.create_option(name, each, self.known[each], selected=True, index=at) for at, each in enumerate(chosen)
        ]
        return [(None, options, 0)]


class PriceListItemForm(forms.ModelForm):
    """One offer with a price of its own."""

    class Meta:
        model = PriceListItem
        fields = ("offer", "rule", "percent", "price")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "rule" in self.fields:
            rules = [choice for choice in PriceRule.choices if choice[0] != PriceRule.LISTED_ONLY]
            self.fields["rule"].choices = rules  # type: ignore[attr-defined]  # a ChoiceField
        if "offer" in self.fields and self.instance.pk:
            field: Any = self.fields["offer"]
            field.widget.widget.known = {str(self.instance.offer_id): str(self.instance.offer)}


class AssignmentForm(forms.ModelForm):
    """A reseller buys by a list from now on."""

    class Meta:
        model = PriceListAssignment
        fields = ("account", "price_list")

    def clean_account(self) -> Account:
        """Only resellers have lists of their own."""
        account: Account = self.cleaned_data["account"]
        if account.kind != AccountKind.RESELLER:
            raise forms.ValidationError(NotAReseller.user_message)
        return account


class PriceSheetForm(forms.Form):
    """The file as Microsoft delivers it."""

    sheet = forms.FileField(label=_("Price sheet (CSV)"), allow_empty_file=True, max_length=200)

    def clean_sheet(self) -> Any:
        """Not beyond what one upload may hold."""
        sheet = self.cleaned_data["sheet"]
        if sheet.size > LARGEST_SHEET:
            raise forms.ValidationError(_("The file is larger than 100 MB. Use the command import_price_sheet."))
        return sheet


class ApplySheetForm(forms.Form):
    """The confirmation; most of a market's offers disappear only when that is said."""

    accept_removals = forms.BooleanField(
        label=_("The offers that are no longer in the sheet really are off sale."), required=False
    )

    def __init__(self, *args: Any, must_accept: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if must_accept:
            self.fields["accept_removals"].required = True
        else:
            del self.fields["accept_removals"]
