"""The words of tax categories on documents, in the active language (EN 16931 BT-118, BT-120; VAT directive Art. 226).

The law's words come from the category, so that they stand in the buyer's language; a rule's own note follows them.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from invoicing.rendering.document import InvoiceDocument, Tax
from invoicing.rendering.paper import plain


def category_word(category: str) -> str:
    """The category in words; a code this version does not know is printed as it is."""
    words = {
        "S": _("Standard rate"),
        "Z": _("Zero rated"),
        "E": _("Exempt"),
        "AE": _("Reverse charge"),
        "K": _("Intra-Community supply"),
        "G": _("Export"),
        "O": _("Outside the scope of VAT"),
    }
    return words.get(category, category)


def legal_note(category: str) -> tuple[str, str]:
    """What an invoice must say about a category: the words to stand out, and the sentence; ("", "") for none."""
    notes = {
        "E": ("", _("Exempt from VAT.")),
        "AE": (
            _("Reverse charge."),
            _("VAT is owed by the customer (Article 196 of Council Directive 2006/112/EC)."),
        ),
        "K": ("", _("Intra-Community supply, exempt from VAT (Article 138 of Council Directive 2006/112/EC).")),
        "G": ("", _("Export, exempt from VAT (Article 146 of Council Directive 2006/112/EC).")),
        "O": ("", _("Outside the scope of VAT.")),
    }
    return notes.get(category, ("", ""))


def tax_notes(taxes: Iterable[Tax]) -> list[tuple[str, str]]:
    """For each category of the VAT table its legal note with the reason that its rule gives, each once."""
    notes: list[tuple[str, str]] = []
    for tax in taxes:
        word, sentence = legal_note(tax.category)
        reason = plain(tax.reason)
        if _bare(reason) in {_bare(word), _bare(sentence), _bare(category_word(tax.category)), "reverse charge"}:
            reason = ""
        text = " ".join(part for part in (sentence, reason) if part)
        if text and (word, text) not in notes:
            notes.append((word, text))
    return notes


def notes_of(document: InvoiceDocument) -> list[tuple[str, str]]:
    """The tax notes, then those of the document that say something else: (words to stand out, text)."""
    notes = tax_notes(document.taxes)
    told = " ".join(f"{word} {text}" for word, text in notes)
    reasons = {plain(tax.reason) for tax in document.taxes}
    others = [plain(note) for note in document.notes]
    return [*notes, *(("", note) for note in others if note and note not in told and note not in reasons)]


def _bare(text: str) -> str:
    return text.strip(" .").casefold()
