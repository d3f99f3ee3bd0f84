"""Every text of the corpus in every field of every form: no error page, no poisoned row, nothing lost, nothing half."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin
from django.db import models, transaction
from django.forms import BaseForm
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.html import escape

from accounts.models import User
from bss.admin_site import site
from storefront.models import CheckoutDetails
from storefront.services import tenants
from tests import corpus
from tests.integration.storefront.partner_cast import Cast
from tests.security.forms import bss, corrections, money, storefront
from tests.security.forms.filled import Filled

pytestmark = pytest.mark.django_db

FORMS = {**storefront.FORMS, **bss.FORMS, **corrections.FORMS, **money.FORMS}
WITHOUT_TEXTS = {**storefront.WITHOUT_TEXTS, **bss.WITHOUT_TEXTS, **money.WITHOUT_TEXTS}
STOCK = re.compile(
    "bss:(index|login|logout|password_.*|autocomplete|jsi18n|view_on_site|app_list|None|.*_(changelist|history|delete))$"
)
POISON = re.compile("[\x00\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
HOT = {"script": "<script>alert(1)", "image": "<img src=x"}
CHOICE = re.compile(
    "^(line|mode|affiliate|customer|account|bill_to|reseller|groups|orders|go|before|all_lines|initial-.*"
    "|.*(country|segment|purpose|language|enabled|currency|_type|rule|plan|delivery|policy|is_active|_FORMS|_user"
    "|prorate_billing|partial_charges|method|default|contact_bill_to|time_zone|partner_of_record_attested|terms"
    "|by_supply_month|document_mail|auto_issue|is_primary|is_bill_to|separate_invoices.*|require_.*|second_factor|is_proratable"
    "|-id|-offer|-price_list|price_list|-DELETE|beneficiary|act|seen))$"
)
NUMBER = re.compile(
    "price$|fee|surcharge|quantity|credit_limit|billing_day$|payment_days|percent|amount|rate$|number_width|version|units_"
)
DATE = re.compile("_on$|^on$|through|valid_from|valid_until|valid_to|first_\\d|last_\\d")
ONE_KIND = re.compile(
    f"{'|'.join(corpus.STRICT)}|{NUMBER.pattern}|{DATE.pattern}|bic|password|code$|terms|other_prices"
)
EVERYWHERE = ("empty", "spaces", "nul", "long", "lone surrogate")
"""What is tried in all fields at once; the other texts in those that take more than one kind of text."""


def patterns(resolver: URLResolver, *namespaces: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield ":".join((*namespaces, str(entry.name))), entry
        else:
            yield from patterns(entry, *namespaces, *filter(None, [entry.namespace]))


def takes_post(name: str, entry: URLPattern) -> bool:
    """Whether something may be sent there: a view with `post`, a page of BSS that is none of the stock ones."""
    if STOCK.match(name):
        return False
    view = getattr(entry.callback, "view_class", None)
    return hasattr(view, "post") if view else name.startswith("bss:")


def closed() -> set[str]:
    """The stock pages of BSS that nobody may use: add and change of what only processes write."""
    request = RequestFactory().get("/")
    request.user = User(is_staff=True, is_superuser=True)
    found = set()
    for model, admin in site._registry.items():
        name = f"bss:{model._meta.app_label}_{model._meta.model_name}"
        if not admin.has_add_permission(request):
            found.add(f"{name}_add")
        if not admin.has_change_permission(request, model()) and is_stock(admin):
            found.add(f"{name}_change")
    return found


def is_stock(admin: ModelAdmin) -> bool:
    """Whether the change page is a form of the admin's; ours may take what is sent there."""
    return type(admin).change_view is ModelAdmin.change_view


def test_every_form_has_an_example_here():
    wanted = {name for name, entry in patterns(get_resolver()) if takes_post(name, entry)} - closed()
    known = {name.partition(" ")[0] for name in FORMS} | set(WITHOUT_TEXTS)

    assert wanted - known == set(), "give each an example in tests/security/forms, or a reason in WITHOUT_TEXTS"
    assert known - wanted == set(), "there is no such form any more"


def forms_in(answer: Any) -> Iterator[BaseForm]:
    for layer in answer.context or ():
        for facts in getattr(layer, "dicts", [layer]):
            for value in facts.values() if isinstance(facts, dict) else ():
                for one in value if isinstance(value, (list, tuple)) else [value]:
                    for form in one if isinstance(one, tuple) else [one]:
                        inner = getattr(form, "form", form)
                        if isinstance(inner, BaseForm):
                            yield inner


def stored(rows: tuple[type[models.Model], ...]) -> dict[str, list[dict[str, Any]]]:
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in rows}


def poisoned(now: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str, str]]:
    return [
        (model, name, value)
        for model, rows in now.items()
        for row in rows
        for name, value in row.items()
        if isinstance(value, str) and POISON.search(value)
    ]


class Tried:
    """One form, tried again and again from the same state."""

    def __init__(self, client: Any, form: Filled) -> None:
        client.raise_request_exception = False
        self.client, self.form, self.wrong = client, form, list[str]()
        self.rows = tuple(model for model in form.rows if model is not CheckoutDetails)  # drafts are kept on purpose
        self.before = stored(self.rows)
        self.fields = list(form.fields) or [name for name in form.typed if not CHOICE.search(name)]

    def send(self, label: str, text: str, *fields: str) -> None:
        with transaction.atomic():
            if said := self.complaint(label, text, fields):
                self.wrong.append(f"{label} in {', '.join(fields)}: {said}")
            transaction.set_rollback(True)

    def complaint(self, label: str, text: str, fields: tuple[str, ...]) -> str:
        """What is wrong with the answer to this text in these fields; empty when nothing is."""
        form = self.form
        body = corpus.encoded({**form.typed, **dict.fromkeys(fields, text)})
        answer = self.client.post(form.page, body, content_type="application/x-www-form-urlencoded")
        if answer.status_code >= 500:
            return f"status {answer.status_code}: {answer.exc_info[1]!r}"
        now = stored(form.rows)
        if found := poisoned(now):
            return f"stored {found[0]!r}"
        if label in HOT and HOT[label] in self.page_after(answer):
            return "the page shows it as a tag"
        if answer.status_code == 302 or form.says_by_message:
            return ""
        if form.secret and any(shown.errors for shown in forms_in(answer)):
            return ""
        if {name: now[name] for name in self.before} != self.before:
            return "it was refused, and something was stored all the same"
        errors = {name for shown in forms_in(answer) for name in shown.errors}
        if not errors & {name.rpartition("-")[2] for name in fields} and not (errors and form.as_a_whole):
            return f"status {answer.status_code} without an error beside one of the fields, but beside {errors}"
        shown = escape(corpus.arrives(text)).replace("\r\n", "\n")
        kept = answer.content.decode().replace("\r\n", "\n")
        return "" if not shown.strip() or shown in kept else "what was typed is gone"

    def page_after(self, answer: Any) -> str:
        if answer.status_code != 302:
            return str(answer.content.decode())
        return str(self.client.get(answer["Location"]).content.decode())


def special(field: str) -> tuple[str, ...]:
    """What is tried in this field alone."""
    for words, pattern in ((corpus.NUMBERS, NUMBER), (corpus.DATES, DATE)):
        if pattern.search(field):
            return words
    return next((words for part, words in corpus.STRICT.items() if re.search(part, field)), ())


@pytest.mark.parametrize("name", list(FORMS))
def test_no_text_breaks_a_form(client, name, monkeypatch, settings):
    monkeypatch.setattr(tenants, "check_prefix", lambda *_args, **_more: tenants.PrefixAnswer.FREE)
    settings.ACCOUNT_RATE_LIMITS = False
    form = FORMS[name](Cast())
    if form.user is not None:
        client.force_login(form.user)
    form.ready(client)
    tried = Tried(client, form)

    labels = EVERYWHERE if name.replace("_change", "_add") in {*FORMS} - {name} else tuple(corpus.TEXTS)
    free = [field for field in tried.fields if not ONE_KIND.search(field)]
    for label in EVERYWHERE:
        tried.send(label, corpus.TEXTS[label], *tried.fields)
    for label in labels if free else ():
        tried.send(label, corpus.TEXTS[label], *free)
    for field in sorted({*tried.fields} - {*free}):
        for text in (*special(field), corpus.TEXTS["nul"], corpus.TEXTS["script"]):
            tried.send(repr(text[:40]), text, field)

    assert tried.fields, "no field takes a text: say so in WITHOUT_TEXTS"
    assert not tried.wrong, "\n".join(tried.wrong)
