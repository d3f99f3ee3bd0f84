"""The filter of the invoice list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountKind, PurchaseMode
from accounts.models import Account
from invoicing.selectors.invoice_pages import Filters


class InvoiceFilterForm(forms.Form):
    """Search text and for whom; what cannot be read filters nothing."""

    q = forms.CharField(label=_("Search number, company, product, order"), required=False, max_length=100)
    who = forms.ChoiceField(label=_("For"), required=False)

    def __init__(self, *args: Any, beneficiaries: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: dict[str, list[tuple[str, str]]] = {AccountKind.AFFILIATE: [], AccountKind.END_CUSTOMER: []}
        for account in beneficiaries:
            groups.setdefault(account.kind, []).append((account.public_id, account.name))
        choices: list[Any] = [
            ("", _("Everybody")),
            (PurchaseMode.PERSONAL.value, _("My company")),
            (PurchaseMode.AFFILIATE.value, _("All affiliates")),
            (PurchaseMode.END_CUSTOMER.value, _("All end customers")),
        ]
        names = ((_("Affiliates"), AccountKind.AFFILIATE), (_("End customers"), AccountKind.END_CUSTOMER))
        choices += [(label, groups[kind]) for label, kind in names if groups[kind]]
        self.fields["who"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField has them

    def filters(self) -> Filters:
        """What was asked for."""
        self.is_valid()
        return Filters(self.cleaned_data.get("q", ""), self.cleaned_data.get("who", ""))
