"""A search for one row that also works without JavaScript: its number or name can be typed instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import Account
from storefront.models import Offer, PriceList

TYPED_AS: Final[Mapping[type, str]] = {Account: "code", Offer: "public_id", PriceList: "name"}


class Lookup(AutocompleteSelect):
    """Django's search field, with a text field beside it for a browser without JavaScript.

    What is typed there is an account's number, an offer's id or a price list's name, and counts before the choice.
    """

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The search field; in `noscript` the text field, with what was typed if it was not found."""
        typed = next((each for each in self._as_list(value) if not each.isdigit()), "")
        return format_html(
            '{}<noscript><input type="text" name="{}" value="{}" placeholder="{}" aria-label="{}"></noscript>',
            super().render(name, value if not typed else None, attrs, renderer),
            name,
            typed,
            _("or type its number"),
            _("Number of the one you mean"),
        )

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The key of the row; a text that names none is passed on, so that the field refuses it."""
        sent = data.getlist(name) if hasattr(data, "getlist") else [data.get(name)]
        filled = [str(each).strip() for each in sent if each and str(each).strip()]
        if not filled or filled[-1].isdigit():
            return filled[-1] if filled else ""
        return self._key_of(filled[-1].replace("\x00", "")) or filled[-1]

    def _key_of(self, typed: str) -> str | None:
        model = self.field.remote_field.model
        found = model._default_manager.filter(**{f"{TYPED_AS[model]}__iexact": typed}).values_list("pk", flat=True)[:2]
        return str(found[0]) if len(found) == 1 else None

    @staticmethod
    def _as_list(value: Any) -> list[str]:
        values = value if isinstance(value, (list, tuple)) else [value]
        return [str(each) for each in values if each not in (None, "")]
