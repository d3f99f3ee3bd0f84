"""What the catalogue's pages are asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import Segment
from storefront.enums import BillingPlan, Term, Vendor

ANY = [("", _("All"))]
SOLD_PLANS = (BillingPlan.MONTHLY, BillingPlan.ANNUAL, BillingPlan.TRIENNIAL, BillingPlan.ONE_TIME)
LONGEST_SEARCH = 100


class CatalogueFilter(forms.Form):
    """Search and facets; what makes no sense is left out, never an error page."""

    q = forms.CharField(label=_("Search"), required=False, max_length=LONGEST_SEARCH)
    segment = forms.ChoiceField(label=_("For"), required=False, choices=[*ANY, *Segment.choices])
    term = forms.ChoiceField(label=_("Term"), required=False, choices=[*ANY, *Term.choices])
    billing_plan = forms.ChoiceField(
        label=_("Billing"), required=False, choices=[*ANY, *[(plan.value, plan.label) for plan in SOLD_PLANS]]
    )
    vendor = forms.ChoiceField(label=_("From"), required=False, choices=[*ANY, *Vendor.choices])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A search field that looks like one."""
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs.update(type="search", autocomplete="off")

    def wishes(self) -> dict[str, str]:
        """The filters that are valid, by name."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}


class QuantityField(forms.IntegerField):
    """A count in plain digits. Python reads more than a person means: other scripts, underscores."""

    def to_python(self, value: Any) -> int | None:
        """The number, or the field's own sentence."""
        text = str(value).strip()
        if text and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class SelectionForm(forms.Form):
    """Which offer of a product, and how many."""

    quantity = QuantityField(label=_("Quantity"))

    def __init__(self, *args: Any, least: int, most: int, **kwargs: Any) -> None:
        """The bounds are the product's."""
        super().__init__(*args, **kwargs)
        self.least, self.most = least, most
        field = self.fields["quantity"]
        field.widget = forms.TextInput(attrs={"inputmode": "numeric", "class": "input-qty", "autocomplete": "off"})
        field.error_messages = dict.fromkeys(("invalid", "required"), self._sentence())

    def _sentence(self) -> str:
        return str(_("Enter a whole number from %(least)s to %(most)s.") % {"least": self.least, "most": self.most})

    def clean_quantity(self) -> int:
        """Within the product's bounds."""
        quantity: int = self.cleaned_data["quantity"]
        if not self.least <= quantity <= self.most:
            raise forms.ValidationError(self._sentence())
        return quantity
