"""Words and figures inside a line: icon, badge, mode, money, numbers, dates. Written without templates: lists print many."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from config.kernel import formats
from config.kernel.money import Money
from config.kernel.status import look_of

register = template.Library()

# stored value -> (class, icon, formal name); "my company" is the beneficiary, not the mode
MODES: Final = {
    "personal": ("own", "building", _("Personal usage")),
    "affiliate": ("affiliate", "split", _("Affiliate account")),
    "end_customer": ("customer", "users", _("End customer")),
}


def language() -> str:
    """The reader's language."""
    return get_language() or formats.FALLBACK


def zone() -> ZoneInfo:
    """The reader's time zone (the active one)."""
    current = timezone.get_current_timezone()
    return current if isinstance(current, ZoneInfo) else ZoneInfo(timezone.get_current_timezone_name())


def mode_facts(value: Any) -> tuple[str, str, Any]:
    """Class, icon and formal name of a purchase mode, given as enum member or stored value."""
    plain = str(getattr(value, "value", value))
    try:
        return MODES[plain]
    except KeyError:
        msg = f"not a purchase mode: {plain!r}"
        raise template.TemplateSyntaxError(msg) from None


def shown(value: Any) -> Any:
    """A value as a reader sees it: money, dates and counts by language, None as a dash, everything else untouched."""
    if value is None or value == "":
        return formats.UNKNOWN
    if isinstance(value, Money):
        return formats.money(value.amount, value.currency, language())
    if isinstance(value, datetime):
        return formats.moment(value, zone(), language())
    if isinstance(value, date):
        return formats.day(value, language())
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return formats.number(value, language())
    return value


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A Lucide icon of static/icons.svg; an ornament unless it has a label."""
    href = f"{static('icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"/></svg>', href)


@register.simple_tag
def badge(value: Any, of: str = "", *, text: str = "", tone: str = "", icon_name: str = "") -> SafeString:
    """A state: icon and word. `of` names the enum when `value` is a stored value; `text`, `tone`, `icon_name` overrule."""
    look = look_of(value, of)
    return format_html(
        '<span class="badge {}">{}{}</span>', tone or look.tone, icon(icon_name or look.icon), text or look.word
    )


@register.simple_tag
def tag(text: str, tone: str = "quiet", icon_name: str = "") -> SafeString:
    """A free badge that is no state of an enum: a flag on a row, a remark in a price cell."""
    return format_html('<span class="badge {}">{}{}</span>', tone, icon(icon_name) if icon_name else "", text)


@register.simple_tag
def mode(value: Any, text: str = "") -> SafeString:
    """A purchase mode: its icon and its formal name (or `text`, e.g. the beneficiary) in its colour."""
    kind, icon_name, word = mode_facts(value)
    return format_html('<span class="mode mode-{}">{}{}</span>', kind, icon(icon_name), text or word)


@register.simple_tag
def money(amount: Money | Decimal | None, currency: str = "", *, signed: bool = False) -> SafeString:
    """An amount with its currency. `amount` is Money, or a Decimal with `currency`; None prints "–"."""
    if isinstance(amount, Money):
        text = formats.money(amount.amount, amount.currency, language(), signed=signed)
    elif amount is not None and not currency:
        msg = "money needs a currency"
        raise template.TemplateSyntaxError(msg)
    else:
        text = formats.money(amount, currency, language(), signed=signed)
    return format_html('<span class="num">{}</span>', text)


@register.simple_tag
def number(value: Decimal | int | None, *, signed: bool = False) -> str:
    """A count: 1,302. None prints "–"."""
    return formats.number(value, language(), signed=signed)


@register.simple_tag
def percent(value: Decimal | int | None, *, signed: bool = False) -> str:
    """A per cent value: 24 prints 24 %."""
    return formats.percent(value, language(), signed=signed)


@register.simple_tag
def day(value: date | None) -> SafeString | str:
    """A date: 23 Nov 2026. A datetime is first brought into the reader's zone."""
    if value is None:
        return formats.UNKNOWN
    if isinstance(value, datetime):
        value = value.astimezone(zone()).date()
    return format_html(
        '<time class="nowrap" datetime="{}">{}</time>', value.isoformat(), formats.day(value, language())
    )


@register.simple_tag
def due_in(value: date | None, today: date) -> str:
    """How far a date is away, beside the date itself: today, in 21 days, 3 days late. `today` is the page's date."""
    if value is None:
        return ""
    days = (value - today).days
    if days == 0:
        return gettext("today")
    many = {"days": formats.number(abs(days), language())}
    if days > 0:
        return ngettext("in %(days)s day", "in %(days)s days", days) % many
    return ngettext("%(days)s day late", "%(days)s days late", -days) % many


@register.simple_tag
def month_name(value: date) -> str:
    """A month in full: November 2026."""
    return formats.month(value, language(), year=True)


@register.simple_tag
def moment(value: datetime | None) -> SafeString | str:
    """A moment in the reader's zone: 23 Nov 2026, 09:42."""
    if value is None:
        return formats.UNKNOWN
    text = formats.moment(value, zone(), language())
    return format_html('<time class="nowrap" datetime="{}">{}</time>', value.isoformat(), text)


@register.simple_tag
def deadline(value: datetime | None) -> SafeString | str:
    """A moment after which it is too late, with weekday and zone: Mon 30 Nov 2026, 09:42 (Athens)."""
    if value is None:
        return formats.UNKNOWN
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.deadline(value, zone(), language()))


@register.simple_tag
def period(start: date, end: date | None) -> SafeString:
    """A half-open period by its first and last day: 1 Nov – 30 Nov 2026."""
    return format_html('<span class="nowrap">{}</span>', formats.period(start, end, language()))
