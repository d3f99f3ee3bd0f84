"""The words of documents and of the mails that bring them, in other languages: nothing is missing or left out.

After a change of a .po file: `pybabel compile --domain django --directory locale`.
"""

from __future__ import annotations

import ast
import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation
from django.utils.translation.template import templatize

from invoicing.enums import RECURRING, ChargeKind, DisputeState
from resellers.enums import PaymentMethod

LANGUAGES = ("el", "de")
LAYOUTS = (
    *("rendering/layout", "rendering/splitting", "rendering/statement_layout", "rendering/taxation"),
    *("selectors/letters", "einvoice/terms"),
)
ROOT = Path(settings.BASE_DIR)
MAILS = ("payment_reminder", "dispute_opened", "dispute_closed", "documents", "base", "signature")
SPOKEN = [
    *(path for path in sorted((ROOT / "templates/emails").iterdir()) if path.name.split(".")[0] in MAILS),
    ROOT / "templates/invoicing/statement_body.html",
    ROOT / "templates/components/pager.html",
]
GETTEXT = r"""\b(?:gettext|ngettext|_)\s*\(\s*u?((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))"""
PLACES = re.compile(r"%\(\w+\)s")


def catalogue(language: str) -> Catalog:
    with (ROOT / f"locale/{language}/LC_MESSAGES/django.po").open("rb") as file:
        return read_po(file, locale=language)


def words_of_the_paper() -> set[str]:
    """Every constant that the layouts of documents and their templates hand to gettext."""
    trees = [ast.parse((ROOT / f"invoicing/{name}.py").read_text("utf-8")) for name in LAYOUTS]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    first = {"_": 0, "ngettext": 0, "pgettext": 1}
    found = {
        call.args[first[call.func.id]].value
        for call in calls
        if call.func.id in first and isinstance(call.args[first[call.func.id]], ast.Constant)
    }
    templates = [path.read_text("utf-8") for path in sorted((ROOT / "templates/pdf").glob("*.html"))]
    return found | {words for text in templates for words in re.findall(r'{% translate "([^"]+)" %}', text)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_document_is_translated(language):
    told = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue(language)
        if message.string
    }
    labels = {str(kind.label) for kind in ChargeKind if kind not in RECURRING} | {
        str(way.label) for way in PaymentMethod
    }

    assert words_of_the_paper() | labels <= told


def words_of(path: Path) -> set[str]:
    """Everything that a template hands to gettext, in tags and in their arguments."""
    source = templatize(path.read_text("utf-8"), origin=str(path))
    return {ast.literal_eval(words) for words in re.findall(GETTEXT, source)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: path.name)
def test_every_word_of_mails_about_invoices_and_of_the_statement_is_translated(path, language):
    told = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue(language)}

    assert words_of(path) <= told


@pytest.mark.parametrize("language", LANGUAGES)
def test_states_of_disputes_and_distances_of_dates_are_translated(language):
    told = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue(language)}

    assert {str(state.label) for state in DisputeState} | {"today", "%(days)s day late"} <= told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_what_the_original_does(language):
    for message in catalogue(language):
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set(PLACES.findall(originals[-1]))
        assert all(text and set(PLACES.findall(text)) == wanted for text in texts if message.id), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_words_are_those_of_the_source(language):
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))

    assert (ROOT / f"locale/{language}/LC_MESSAGES/django.mo").read_bytes() == compiled.getvalue()


def test_the_words_reach_the_page():
    with translation.override("el"):
        assert translation.gettext("Amount due") == "Ποσό πληρωμής"
    with translation.override("de"):
        assert translation.ngettext("%(count)s day", "%(count)s days", 2) == "%(count)s Tage"
