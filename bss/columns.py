"""Columns of lists and facts of read-only pages: money, dates, states and codes as every other page writes them.

Each function makes a display for `list_display` or `fields`. `path` leads from the row to the value (`account__name`);
`order` is the column to sort by, the path when it is left out and "" when it cannot be sorted. The style sheet aligns
a cell by the end of its name: `_money` and `_count` to the right, `_code`, `_day` and `_moment` unbroken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config.kernel import formats
from config.kernel.components import text as ui

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

Column: TypeAlias = Callable[[Any], SafeString | str]
Writer: TypeAlias = Callable[[Any, Any], SafeString | str]
YES, NO = _("Yes"), _("No")


def value_of(row: Any, path: str) -> Any:
    """The value at the end of the path; None as soon as one of its steps is empty."""
    for name in path.split("__"):
        row = getattr(row, name, None)
        if row is None:
            return None
    return row


def column(path: str, label: _StrOrPromise, write: Writer, *, kind: str, order: str | None = None) -> Column:
    """A column that writes the value at `path` with `write(value, row)`; an empty one is a dash."""

    def shown(row: Any) -> SafeString | str:
        value = value_of(row, path)
        return formats.UNKNOWN if value is None or value == "" else write(value, row)

    shown.__name__ = f"{path}_{kind}"
    ordering = path if order is None else order or None
    return admin.display(description=label, ordering=ordering)(shown)


def text(path: str, label: _StrOrPromise, *, order: str | None = None) -> Column:
    """Words as they are; a name keeps its own direction of writing."""
    return column(path, label, lambda value, _row: format_html("<bdi>{}</bdi>", value), kind="text", order=order)


def code(path: str, label: _StrOrPromise, *, order: str | None = None) -> Column:
    """A number or code that never breaks."""
    return column(
        path, label, lambda value, _row: format_html('<span class="nowrap">{}</span>', value), kind="code", order=order
    )


def money(path: str, label: _StrOrPromise, *, currency: str = "currency", order: str | None = None) -> Column:
    """An amount in the currency found at the path `currency`."""
    return column(path, label, lambda value, row: ui.money(value, value_of(row, currency)), kind="money", order=order)


def limit(path: str, label: _StrOrPromise, *, currency: str) -> Column:
    """An amount of which nothing means no limit."""
    inner = money(path, label, currency=currency)

    def shown(row: Any) -> SafeString | str:
        return str(_("No limit")) if value_of(row, path) is None else inner(row)

    shown.__name__ = f"{path}_money"
    return admin.display(description=label, ordering=path)(shown)


def count(path: str, label: _StrOrPromise, *, order: str | None = None) -> Column:
    """A number of things, with the groups of the language."""
    return column(path, label, lambda value, _row: ui.number(value), kind="count", order=order)


def percent(path: str, label: _StrOrPromise) -> Column:
    """A per cent value: 24 is 24 %."""
    return column(path, label, lambda value, _row: ui.percent(value), kind="count")


def day(path: str, label: _StrOrPromise) -> Column:
    """A date: 23 Nov 2026."""
    return column(path, label, lambda value, _row: ui.day(value), kind="day")


def moment(path: str, label: _StrOrPromise) -> Column:
    """A moment in the reader's zone: 23 Nov 2026, 09:42."""
    return column(path, label, lambda value, _row: ui.moment(value), kind="moment")


def badge(path: str, label: _StrOrPromise, *, of: str, order: str | None = None) -> Column:
    """A state of the enum `of`, with its icon and tone."""
    return column(path, label, lambda value, _row: ui.badge(value, of), kind="badge", order=order)


def mode(path: str, label: _StrOrPromise) -> Column:
    """A purchase mode with its icon."""
    return column(path, label, lambda value, _row: ui.mode(value), kind="mode")


def choice(path: str, label: _StrOrPromise) -> Column:
    """The word of a choice that is no state."""
    owner, _dot, name = path.rpartition("__")

    def label_of(_value: Any, row: Any) -> str:
        holder = value_of(row, owner) if owner else row
        return str(getattr(holder, f"get_{name}_display")())

    return column(path, label, label_of, kind="choice")


def word(path: str, label: _StrOrPromise, words: Mapping[str, _StrOrPromise]) -> Column:
    """The word for a stored value that has no choices of its own."""
    return column(path, label, lambda value, _row: str(words.get(value, value)), kind="word")


def either(
    path: str, label: _StrOrPromise, *, yes: _StrOrPromise = YES, no: _StrOrPromise = NO, tone: str = "quiet"
) -> Column:
    """A switch in words: the word of what is on carries an icon, the other one is plain."""

    def told(value: Any, _row: Any) -> SafeString | str:
        return ui.tag(str(yes), tone=tone, icon_name="check") if value else str(no)

    return column(path, label, told, kind="either")


def joined(path: str, label: _StrOrPromise) -> Column:
    """A list of texts, comma separated."""

    def words(value: Any, _row: Any) -> SafeString:
        return format_html_join(", ", "<bdi>{}</bdi>", ((item,) for item in value))

    return column(path, label, words, kind="joined", order="")
