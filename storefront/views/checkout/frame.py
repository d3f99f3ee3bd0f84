"""What the steps of the checkout share: the basket and its groups, sums and credit beside it, drafts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy

from config.kernel.errors import DomainError
from storefront.selectors.baskets import Group
from storefront.selectors.checkout import outlook
from storefront.services import baskets, orders
from storefront.services.baskets import Details
from storefront.views.basket import BasketView

STEPS = (
    ("checkout_who", gettext_lazy("Basket items")),
    ("checkout_billing", gettext_lazy("Billing information")),
    ("checkout_services", gettext_lazy("Service details")),
    ("checkout_confirm", gettext_lazy("Confirmation")),
)
WAYS = frozenset({"basket", *(name for name, _label in STEPS)})


class CheckoutView(BasketView):
    """A step. The buttons that lead elsewhere are named `go` and keep what was typed."""

    step = 1

    def missing_step(self) -> HttpResponse | None:
        """Where to go when an earlier step is not complete."""
        if not self.lines:
            return redirect("basket")
        if self.step > 1 and any(group.beneficiary is None for group in self.groups):
            return redirect("checkout_who")
        return None

    @property
    def name(self) -> str:
        """The step's name, under which its draft is kept."""
        return STEPS[self.step - 1][0]

    @property
    def draft(self) -> dict[str, str]:
        """What was typed in this step and could not be taken."""
        kept: dict[str, str] = self.its_basket.draft.get(self.name, {})
        return kept

    def keep(self, typed: Mapping[str, str]) -> None:
        """Keep what could not be taken; nothing forgets the draft."""
        baskets.keep_draft(basket=self.its_basket, step=self.name, typed=typed)

    def leaving(self) -> HttpResponse | None:
        """Where the pressed button leads; None when it is the one that goes on."""
        way = self.request.POST.get("go", "")
        return redirect(way) if way in WAYS else None

    @property
    def mpn_is_fine(self) -> bool:
        """Whether nobody needs an MPN ID, or a usable one is stored."""
        return not any(group.needs_mpn_id for group in self.groups) or orders.has_usable_mpn_id(self.reseller)

    @property
    def asks_services(self) -> bool:
        """Whether the step of the service details asks anything; else it leads on by itself, and no way leads back."""
        return any(group.needs_tenant or group.needs_mpn_id for group in self.groups)

    def waiting(self) -> list[tuple[Group, DomainError]]:
        """The groups that cannot be ordered now, each with the reason."""
        found = [(group, orders.obstacle(group, self.reseller)) for group in self.groups]
        return [(group, reason) for group, reason in found if reason is not None]

    def ready(self) -> list[Group]:
        """The groups that can be ordered now."""
        stuck = [group for group, _reason in self.waiting()]
        return [group for group in self.groups if group not in stuck]

    def show(
        self, template: str, facts: dict[str, Any], *, groups: list[Group] | None = None, status: int = 200
    ) -> HttpResponse:
        """The step with its way, sums and credit beside it; `groups` are those the sums are about (default: all)."""
        labels = [
            (label, reverse(name), name)
            if number < self.step and (self.asks_services or name != "checkout_services")
            else str(label)
            for number, (name, label) in enumerate(STEPS, start=1)
        ]
        view = self.standing.credit
        counted = self.groups if groups is None else groups
        prospect = outlook(counted, available=view.available, currency=self.account.currency)
        common = {
            "steps": labels,
            "step": self.step,
            "basket": self.its_basket,
            "groups": self.groups,
            "outlook": prospect,
            "bar": prospect.bar(view.limit),
            "credit": view,
            "reseller": self.reseller,
            "asks_services": self.asks_services,
        }
        return self.page(template, {**common, **facts}, status=status)


def details_of(group: Group, **changes: Any) -> Details:
    """The stored details of a group as the service takes them."""
    row = group.details
    names = Details.__dataclass_fields__
    stored = {name: getattr(row, name) for name in names} if row is not None else {}
    return Details(**{**stored, **changes})
