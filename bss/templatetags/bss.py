"""Links between the pages of BSS: `{% account_link account %}`, `{% order_link order %}`."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Account
from storefront.models import Order

register = template.Library()


@register.simple_tag
def account_link(account: Account) -> SafeString:
    """The account's name, leading to its page."""
    url = reverse("bss:accounts_account_change", args=[account.pk])
    return format_html('<a href="{}"><bdi>{}</bdi></a>', url, account.name)


@register.simple_tag
def order_link(order: Order) -> SafeString:
    """The order's number, leading to its page."""
    return format_html('<a href="{}">{}</a>', reverse("bss:storefront_order_change", args=[order.pk]), order.number)
