"""The cells of a table learn the head of their column, so that a row reads well as a card on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Final

from django.utils.html import strip_tags
from django.utils.safestring import SafeString

HEAD: Final = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
HIDDEN: Final = re.compile(r'<span class="vh">.*?</span>', re.DOTALL)
OPENING: Final = re.compile(r"<(tr|td|th)\b([^>]*)>")
BLANK: Final = re.compile(r"(<td\b[^>]*>)\s+(?=</td>)")
SPAN: Final = re.compile(r'colspan="(\d+)"')


def _words(head: str) -> str:
    """The text of a head as the value of an attribute; it is escaped already."""
    return " ".join(strip_tags(HIDDEN.sub("", head)).split()).replace('"', "&quot;")


def labelled(markup: str) -> SafeString:
    """The same table with `data-label` on every cell but the first of its row; `markup` has one thead, then rows.

    A cell of nothing but space, as a condition in a template leaves it, is empty: cards leave it out.
    A head that only a screen reader sees, such as that of a column of buttons, labels nothing: the button says it.
    """
    end = markup.find("</thead>")
    if end < 0:
        return SafeString(markup)
    heads = [_words(head) for head in HEAD.findall(markup[:end])]
    column: Iterator[int] = count()

    def label(found: re.Match[str]) -> str:
        nonlocal column
        name, attributes = found.groups()
        if name == "tr":
            column = count()
            return found.group()
        place = next(column)
        for _ in range(int(span.group(1)) - 1 if (span := SPAN.search(attributes)) else 0):
            next(column)
        words = heads[place] if 0 < place < len(heads) else ""
        return f'<{name}{attributes} data-label="{words}">' if words else found.group()

    return SafeString(markup[:end] + BLANK.sub(r"\1", OPENING.sub(label, markup[end:])))
