"""The sidebar: groups by work (design_language.md §9). An entry shows itself to who may see what it leads to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from bss.selectors.work import counts

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the sidebar: url name inside BSS, the permission that shows it, and a query for a preset filter."""

    label: _StrOrPromise
    url: str
    permission: str
    query: str = ""
    counter: str = ""
    tone: str = ""


GROUPS: Final[tuple[tuple[_StrOrPromise, tuple[Entry, ...]], ...]] = (
    (
        _("Work"),
        (
            Entry(_("Home"), "index", ""),
            Entry(
                _("Held orders"),
                "storefront_order_changelist",
                "storefront.view_order",
                "?status__exact=submitted",
                "held",
            ),
            Entry(
                _("Failed set-ups"),
                "storefront_fulfilmentunit_changelist",
                "storefront.view_fulfilmentunit",
                "?stopped=yes",
                "failed",
                "bad",
            ),
            Entry(
                _("To do by hand"),
                "storefront_fulfilmentunit_changelist",
                "storefront.view_fulfilmentunit",
                "?stopped=by_hand",
                "hand",
            ),
        ),
    ),
    (
        _("Office"),
        (
            Entry(_("Resellers"), "resellers_reseller_changelist", "resellers.view_reseller"),
            Entry(_("Accounts"), "accounts_account_changelist", "accounts.view_account"),
            Entry(_("Affiliates"), "affiliates_affiliate_changelist", "affiliates.view_affiliate"),
            Entry(_("Contacts"), "accounts_contact_changelist", "accounts.view_contact"),
        ),
    ),
    (
        _("Sales"),
        (
            Entry(_("Orders"), "storefront_order_changelist", "storefront.view_order"),
            Entry(_("Subscriptions"), "storefront_subscription_changelist", "storefront.view_subscription"),
            Entry(_("Fulfilments"), "storefront_fulfilmentunit_changelist", "storefront.view_fulfilmentunit"),
            Entry(_("Price lists"), "storefront_pricelist_changelist", "storefront.view_pricelist"),
            Entry(
                _("Price list assignments"),
                "storefront_pricelistassignment_changelist",
                "storefront.view_pricelistassignment",
            ),
            Entry(_("Products"), "storefront_product_changelist", "storefront.view_product"),
            Entry(_("Price sheets"), "storefront_pricesheetimport_changelist", "storefront.view_pricesheetimport"),
        ),
    ),
    (
        _("Billing"),
        (
            Entry(_("Billing runs"), "invoicing_billingrun_changelist", "invoicing.view_billingrun"),
            Entry(_("Daily runs"), "invoicing_dailyrun_changelist", "invoicing.view_dailyrun"),
            Entry(_("Invoices"), "invoicing_invoice_changelist", "invoicing.view_invoice"),
            Entry(_("Deliveries"), "invoicing_delivery_changelist", "invoicing.view_delivery"),
            Entry(_("Exports"), "exports", "invoicing.view_invoice"),
            Entry(_("Open items"), "open_items", "invoicing.view_invoice"),
            Entry(_("Payments"), "invoicing_payment_changelist", "invoicing.view_payment"),
            Entry(_("Reminders"), "reminders", "invoicing.view_invoice"),
            Entry(_("Disputes"), "invoicing_dispute_changelist", "invoicing.view_dispute"),
            Entry(
                _("Proposals to suspend"),
                "invoicing_suspensionproposal_changelist",
                "invoicing.view_suspensionproposal",
            ),
            Entry(_("Bank files"), "invoicing_bankimport_changelist", "invoicing.view_bankimport"),
            Entry(_("Manual charges"), "invoicing_charge_changelist", "invoicing.view_charge"),
        ),
    ),
    (
        _("Control"),
        (
            Entry(_("Messages"), "accounts_message_changelist", "accounts.view_message"),
            Entry(_("Audit trail"), "accounts_auditevent_changelist", "accounts.view_auditevent"),
            Entry(_("Number series"), "invoicing_numberseries_changelist", "invoicing.view_numberseries"),
        ),
    ),
    (
        _("Set-up"),
        (
            Entry(_("System options"), "system_options", "accounts.change_organisation"),
            Entry(_("Tax rules"), "invoicing_taxrule_changelist", "invoicing.view_taxrule"),
            Entry(_("Users and roles"), "accounts_user_changelist", "accounts.view_user"),
        ),
    ),
)


def navigation(request: HttpRequest, site: AdminSite, *, on: date) -> list[dict[str, Any]]:
    """The groups with the entries this person may use; each entry has label, url, count, tone and current.

    `on` is the day in the distributor's time zone that the counts are of.
    """
    waiting = counts(on=on, keys={entry.counter for _label, entries in GROUPS for entry in entries if entry.counter})
    groups = []
    for label, entries in GROUPS:
        lines = list(_lines(request, site, entries, waiting))
        if lines:
            groups.append({"label": label, "items_list": lines})
    return groups


def _lines(
    request: HttpRequest, site: AdminSite, entries: Iterable[Entry], waiting: dict[str, int]
) -> Iterable[dict[str, Any]]:
    for entry in entries:
        if entry.permission and not request.user.has_perm(entry.permission):
            continue
        try:
            url = reverse(f"{site.name}:{entry.url}")
        except NoReverseMatch:
            continue
        exact = request.get_full_path() == url + entry.query
        inside = not entry.query and entry.url != "index" and request.path.startswith(url) and not request.GET
        yield {
            "label": entry.label,
            "url": url + entry.query,
            "count": waiting.get(entry.counter) or None if entry.counter else None,
            "tone": entry.tone,
            "current": exact or inside,
        }
