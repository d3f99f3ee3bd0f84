"""Fields, buttons, the error summary, mode cards and the price matrix."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput, ClearableFileInput
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from config.kernel.components.text import icon, mode_facts

register = template.Library()


@register.simple_tag
def field(
    bound: BoundField, *, label: str = "", hint: str = "", unit: str = "", size: str = "", optional: bool = True
) -> SafeString:
    """A form field: label, hint, error above the input. `size`: "", "short" or "qty"; `unit` stands behind the input.

    Optional fields say so unless `optional` is False (filter bars).
    """
    widget = bound.field.widget
    widget.attrs.pop("placeholder", None)  # allauth repeats the label inside the field
    return SafeString(
        render_to_string(
            "components/field.html",
            {
                "field": bound,
                "label": label or bound.label,
                "hint": hint or bound.help_text,
                "unit": unit,
                "size": size,
                "is_check": isinstance(widget, CheckboxInput),
                "is_file": isinstance(widget, ClearableFileInput),
                "says_optional": optional and not bound.field.required and not isinstance(widget, CheckboxInput),
            },
        )
    )


def _target(form: BaseForm, name: str) -> str:
    bound = form[name]
    return bound.id_for_label or (f"{bound.auto_id}_0" if bound.auto_id else "")


@register.simple_tag
def error_summary(*forms: BaseForm | list[BaseForm] | None) -> SafeString:
    """First thing in main when a form was refused: one line per error, linked to its field; nothing without errors.

    Takes forms and lists of forms.
    """
    items: list[tuple[str, str]] = []
    lists = (given if isinstance(given, list) else [given] for given in forms)
    for form in itertools.chain.from_iterable(lists):
        if form is None or not form.is_bound:
            continue
        for name, errors in form.errors.items():
            target = "" if name == "__all__" else _target(form, name)
            items.extend((target, str(error)) for error in errors)
    if not items:
        return SafeString("")
    return SafeString(render_to_string("components/error_summary.html", {"items": items}))


@register.simple_tag
def button(
    text: str,
    href: str = "",
    *,
    main: bool = False,
    bad: bool = False,
    small: bool = False,
    wide: bool = False,
    icon_name: str = "",
    name: str = "",
    value: str = "",
    form: str = "",
    formaction: str = "",
    novalidate: bool = False,
) -> SafeString:
    """Verb and object. With `href` it is a link, else it submits its form. One `main` a page, `bad` for what destroys.

    There is no disabled button: write the reason as text with `{% refused %}`.
    """
    classes = ["btn"]
    classes += [f"btn-{kind}" for kind, on in {"main": main, "bad": bad, "sm": small, "wide": wide}.items() if on]
    mark = icon(icon_name) if icon_name else ""
    if href:
        return format_html('<a class="{}" href="{}">{}{}</a>', " ".join(classes), href, mark, text)
    attributes = {"name": name, "value": value, "form": form, "formaction": formaction}
    extra = SafeString("".join(format_html(' {}="{}"', key, given) for key, given in attributes.items() if given))
    if novalidate:
        extra = SafeString(extra + " formnovalidate")
    return format_html('<button type="submit" class="{}"{}>{}{}</button>', " ".join(classes), extra, mark, text)


@register.simple_tag
def copy_button(source: str, what: str) -> SafeString:
    """Copies the text of the element with the id `source`; shown by the script where the browser can do it.

    `what` is read to those who do not see what stands beside it.
    """
    label = format_html('{}<span class="vh"> {}</span>', gettext("Copy"), what)
    return format_html(
        '<button type="button" class="btn-link" data-copy="{}" data-done="{}" hidden>{}</button>',
        source,
        gettext("Copied"),
        label,
    )


@register.simple_tag
def refused(text: str, reason: str) -> SafeString:
    """An act that is not possible now, as words with its reason beside it."""
    return format_html(
        '<span class="row"><span class="btn btn-off">{}</span> <span class="note">{}</span></span>', text, reason
    )


@register.inclusion_tag("components/mode_card.html")
def mode_card(
    value: Any,
    *,
    name: str,
    used_by: str,
    tenant: str,
    incentive: str,
    invoice: str,
    title: str = "",
    formal: str = "",
    checked: bool = False,
    id: str = "",  # noqa: A002 -- the HTML attribute
    reason: str = "",
) -> dict[str, Any]:
    """One of the three purchase modes as a radio card with its four consequences; `reason` says why it is off.

    Stand in a `<div class="modes">` inside a fieldset. The title is "Personal usage: my company" and the like.
    """
    kind, icon_name, word = mode_facts(value)
    stored = str(getattr(value, "value", value))
    return {
        "kind": kind,
        "icon_name": icon_name,
        "title": title or word,
        "formal": formal,
        "name": name,
        "value": stored,
        "id": id or f"id_{name}_{stored}",
        "checked": checked,
        "reason": reason,
        "used_by": used_by,
        "tenant": tenant,
        "incentive": incentive,
        "invoice": invoice,
    }


@register.inclusion_tag("components/matrix.html")
def matrix(
    *, columns: Sequence[str], rows: Sequence[Any], name: str, caption: str, selected: str = ""
) -> dict[str, Any]:
    """Term × billing as radio cells.

    `columns`: heads ("Billed monthly"). `rows`: objects or dicts with label, note and cells; a cell is None (not offered)
    or has value, price, unit ("a month"), yearly ("€207.49 over a year"), remark and tone ("ok" for the cheapest).
    """
    return {"columns": columns, "rows": rows, "name": name, "caption": caption, "selected": str(selected)}
