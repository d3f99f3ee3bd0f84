"""Text as it may be stored: forms whose rows no service cleans take this."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from accounts import names


class CleanTexts:
    """Texts lose invisible and direction signs before they are checked, so a text of nothing else counts as empty."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.CharField) and field.strip:
                lines = isinstance(field.widget, forms.Textarea)
                field.to_python = _cleaned(field.to_python, lines=lines)  # type: ignore[assignment,method-assign]  # of this form


def _cleaned(read: Callable[[Any], Any], *, lines: bool) -> Callable[[Any], Any]:
    clean = names.clean_lines if lines else names.clean_text

    def to_python(value: Any) -> Any:
        text = read(value)
        return (clean(text) or read("")) if isinstance(text, str) else text

    return to_python
