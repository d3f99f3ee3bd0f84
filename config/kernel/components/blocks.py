"""Blocks of a page: card, page head, banner, tabs, filters, table, pager, queue, steps, timeline, explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm
from django.http import QueryDict
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from config.kernel.components.cells import labelled
from config.kernel.components.text import icon, shown

register = template.Library()


def _render(name: str, **facts: Any) -> SafeString:
    return SafeString(render_to_string(f"components/{name}.html", facts))


def _query(context: Context) -> QueryDict:
    request = context.get("request")
    return request.GET.copy() if request is not None else QueryDict(mutable=True)


def _url(query: QueryDict, **changes: str | None) -> str:
    """The same page with these parameters; None takes one away, "page" always goes."""
    changed = query.copy()
    changed.pop("page", None)
    for key, value in changes.items():
        if value is None:
            changed.pop(key, None)
        else:
            changed[key] = value
    return f"?{changed.urlencode()}"


@register.simple_block_tag
def card(
    content: str,
    title: str = "",
    *,
    note: str = "",
    link: str = "",
    href: str = "",
    id: str = "",  # noqa: A002 -- the HTML attribute
    flush: bool = False,
    stack: bool = False,
) -> SafeString:
    """A card. `flush` for tables and queues that reach its edges; `stack` puts 16 px between the parts.

    `note` or a `link` with its `href` stands right of the title; `id` becomes the anchor of the section.
    """
    facts = {"title": title, "note": note, "link": link, "href": href, "id": id, "flush": flush, "stack": stack}
    return _render("card", content=content, **facts)


@register.simple_block_tag
def page_head(
    content: str, title: str, *, lead: str = "", crumbs: Sequence[tuple[str, str]] = (), badge: str = ""
) -> SafeString:
    """The h1 with a lead line; the block holds the buttons.

    `crumbs` are (label, url) of the pages above; `badge` is ready HTML.
    """
    return _render("page_head", content=SafeString(content.strip()), title=title, lead=lead, crumbs=crumbs, badge=badge)


@register.simple_block_tag
def banner(content: str, tone: str, title: str, *, link: str = "", href: str = "", icon_name: str = "") -> SafeString:
    """info, warn, bad or ok: a bold sentence, detail in the block, one link. Never more than two on a page."""
    marks = {"info": "info", "warn": "triangle-alert", "bad": "circle-alert", "ok": "circle-check", "quiet": "info"}
    facts = {"tone": tone, "title": title, "link": link, "href": href, "icon_name": icon_name or marks[tone]}
    return _render("banner", content=SafeString(content.strip()), **facts)


@register.simple_tag
def empty_state(text: str, *, button: str = "", href: str = "") -> SafeString:
    """Why there is nothing, and the next step. "Nothing yet" and "nothing found" are different sentences."""
    return _render("empty_state", text=text, button=button, href=href)


@register.simple_tag
def tabs(items: Sequence[Mapping[str, Any]], label: str) -> SafeString:
    """Saved views: each item has label, url, count (or None) and current."""
    return _render("tabs", items=items, label=label)


@register.simple_tag(takes_context=True)
def filter_bar(context: Context, form: BaseForm, *, sorted_by: str = "") -> SafeString:
    """A GET form of all fields of `form` with chips of what is on; `sorted_by` is said in words."""
    query = _query(context)
    chips = []
    for bound in form.visible_fields():
        value = query.get(bound.html_name, "")
        if value:
            choices = dict(getattr(bound.field, "choices", ()) or ())
            word = next((text for key, text in choices.items() if str(key) == value), value)
            label = bound.label if choices else gettext("Search")
            chips.append({"label": label, "value": word, "url": _url(query, **{bound.html_name: None})})
    names = {bound.html_name for bound in form}
    kept = [(key, value) for key in query if key not in names and key != "page" for value in query.getlist(key)]
    clear = _url(query, **dict.fromkeys(names, None))
    return _render("filter_bar", form=form, chips=chips, kept=kept, clear=clear, sorted_by=sorted_by)


@register.simple_block_tag
def table(content: str, caption: str, *, cards: bool = False, visible_caption: bool = False) -> SafeString:
    """A table with its caption in a scroll box a keyboard reaches; the block holds thead, tbody, tfoot.

    `cards`: rows become cards on narrow screens: the first cell is the title, a badge stands beside it, a name below
    it, and every other cell behind the head of its column.
    """
    content = labelled(content) if cards else content
    return _render("table", content=content, caption=caption, cards=cards, visible_caption=visible_caption)


@register.simple_tag(takes_context=True)
def th(
    context: Context, text: str, *, sort: str = "", current: str = "", num: bool = False, hidden: bool = False
) -> SafeString:
    """A column head. `sort` is the key of the sort link (?sort=key, ?sort=-key);

    `current` the sort in force when the URL has none.
    """
    classes = SafeString(' class="num"') if num else SafeString("")
    if hidden:
        return format_html('<th scope="col"{}><span class="vh">{}</span></th>', classes, text)
    if not sort:
        return format_html('<th scope="col"{}>{}</th>', classes, text)
    query = _query(context)
    active = query.get("sort") or current
    on = active.lstrip("-") == sort
    falling = on and active.startswith("-")
    target = sort if not on or falling else f"-{sort}"
    state = format_html(' aria-sort="{}"', "descending" if falling else "ascending") if on else SafeString("")
    mark = icon("arrow-down" if falling else "arrow-up") if on else SafeString("")
    return format_html(
        '<th scope="col"{}{}><a href="{}">{}{}</a></th>', classes, state, _url(query, sort=target), text, mark
    )


@register.simple_tag(takes_context=True)
def pager(context: Context, page: Page[Any], *, sizes: Sequence[int] = ()) -> SafeString:
    """ "1 to 50 of 213", previous and next; `sizes` offers page lengths (?rows=)."""
    query = _query(context)
    facts: dict[str, Any] = {"page": page, "total": page.paginator.count}
    if page.has_previous():
        facts["previous"] = _url(query) + f"&page={page.previous_page_number()}"
    if page.has_next():
        facts["next"] = _url(query) + f"&page={page.next_page_number()}"
    facts["sizes"] = [(size, _url(query, rows=str(size)), size == page.paginator.per_page) for size in sizes]
    return _render("pager", **facts)


@register.simple_block_tag
def queue(content: str, *, narrow: bool = False) -> SafeString:
    """A list of work; the block holds `queue_item`. `narrow` in a third of the page."""
    return format_html('<ul class="queue{}">{}</ul>', " queue-2" if narrow else "", SafeString(content))


@register.inclusion_tag("components/queue_item.html")
def queue_item(
    title: str,
    text: str = "",
    *,
    tone: str = "info",
    icon_name: str = "info",
    due: Any = "",
    due_note: str = "",
    due_tone: str = "",
    href: str = "",
    action: str = "",
) -> dict[str, Any]:
    """One thing somebody must do: icon tile, sentence, second line, deadline or amount, one button."""
    return {
        "title": title,
        "text": text,
        "tone": tone,
        "icon_name": icon_name,
        "due": shown(due) if due != "" else "",
        "due_note": due_note,
        "due_tone": due_tone,
        "href": href,
        "action": action,
    }


@register.simple_tag
def steps(items: Sequence[Any], current: int, label: str = "", *, form: str = "") -> SafeString:
    """Steps of a process, `current` counted from 1. An item is a word, or (word, url, name) of a step to go back to.

    With `form`, the id of the step's form, going back submits it with `go` = name, so that nothing typed is lost; a
    first button that nobody sees stays the one that Enter presses.
    """
    triples = [(*item, "")[:3] if isinstance(item, tuple) else (item, "", "") for item in items]
    return _render("steps", items=triples, current=current, label=label, form=form)


@register.simple_block_tag
def timeline(content: str) -> SafeString:
    """A process (newest last) or a history (newest first); the block holds `event`."""
    return format_html('<ol class="timeline">{}</ol>', SafeString(content))


@register.simple_tag
def event(word: str, *, icon_name: str = "circle-check", at: datetime | None = None, text: str = "") -> SafeString:
    """One event: icon, word, moment, and what or who."""
    return _render("event", word=word, icon_name=icon_name, at=at, text=text)


@register.simple_block_tag
def why(content: str, formula: str, *, note: str = "", text: str = "") -> SafeString:
    """Why this amount? Formula, rounding note, and in the block a ledger of reasons. A details element."""
    return _render("why", content=content, formula=formula, note=note, text=text)


@register.simple_block_tag
def because(content: str, title: str, formula: str, *, note: str = "") -> SafeString:
    """The same explanation laid open, e.g. in a table row below the line."""
    return _render("because", content=content, title=title, formula=formula, note=note)
