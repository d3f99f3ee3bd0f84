"""Figures: stat, ledger, progress, split bar, bar chart."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.kernel import charts
from config.kernel.components.text import shown

register = template.Library()


@register.simple_tag
def stat(
    label: str, value: Any, note: str = "", *, tone: str = "", note_tone: str = "", big: bool = False
) -> SafeString:
    """Label, figure, comparison. At most five in a `<div class="stats">`; `big` for the one figure of the page."""
    facts = {"label": label, "value": shown(value), "note": note, "tone": tone, "note_tone": note_tone, "big": big}
    return SafeString(render_to_string("components/stat.html", facts))


@register.simple_block_tag
def ledger(content: str, *, text: bool = False) -> SafeString:
    """Name left, amount right; the block holds `entry`. `text` for facts in words (wraps, left-aligned)."""
    return format_html('<dl class="ledger{}">{}</dl>', " is-text" if text else "", SafeString(content))


@register.simple_tag
def entry(name: str, value: Any, *, sum: bool = False, tone: str = "") -> SafeString:  # noqa: A002 -- as in a ledger
    """One line of a ledger; `sum` draws the rule above it. Money, dates and counts are written by language."""
    kind = SafeString(' class="sum"') if sum else SafeString("")
    told = format_html('<span class="tone-{}">{}</span>', tone, shown(value)) if tone else shown(value)
    return format_html("<dt{}>{}</dt><dd{}>{}</dd>", kind, name, kind, told)


@register.simple_tag
def progress(done: int, total: int, *, label: str = "", tone: str = "accent", note: str = "") -> SafeString:
    """ "868 of 1,302" with a bar as ornament; `note` is rate and time left. tone: accent, ok, hold, bad."""
    parts = charts.shares([(done, tone)], max(total, 1))
    facts = {"done": done, "total": total, "label": label, "parts": parts, "note": note}
    return SafeString(render_to_string("components/progress.html", facts))


@register.simple_tag
def split_bar(
    parts: Sequence[tuple[Decimal | int, str]], label: str, *, whole: Decimal | int | None = None
) -> SafeString:
    """A bar of parts (value, fill: own, affiliate, customer, accent, used, hold, bad, rest); `label` in words."""
    rects = charts.shares(parts, whole)
    return SafeString(render_to_string("components/bar.html", {"parts": rects, "label": label}))


@register.simple_tag
def bar_chart(
    columns: Sequence[charts.Column],
    *,
    title: str,
    description: str,
    id: str = "chart",  # noqa: A002 -- the HTML attribute
    wide: bool = True,
) -> SafeString:
    """Stacked bars, oldest first, series own, affiliate, customer; the last six alone on narrow screens when `wide`.

    Give a link to the same figures as a table beside it.
    """
    facts: dict[str, Any] = {"title": title, "description": description, "id": id, "chart": charts.bar_chart(columns)}
    if wide and len(columns) > 6:
        facts["narrow"] = charts.bar_chart(columns[-6:])
    return SafeString(render_to_string("components/bar_chart.html", facts))


@register.simple_tag
def legend(items: Sequence[tuple[str, str]]) -> SafeString:
    """The key of a chart: (series, words with figures)."""
    return SafeString(render_to_string("components/legend.html", {"items": items}))
