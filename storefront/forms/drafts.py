"""Drafts of the checkout's steps: what was typed comes back as it was, with the errors of what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from django.forms import BaseForm

F = TypeVar("F", bound=BaseForm)
NOT_TYPED = frozenset({"csrfmiddlewaretoken", "go"})


def typed_in(posted: Mapping[str, str]) -> dict[str, str]:
    """All that was posted but the token and the button."""
    return {name: str(posted[name]) for name in posted if name not in NOT_TYPED}


def part_of(typed: Mapping[str, str], prefix: str) -> dict[str, str]:
    """What was typed into the form of that prefix; empty when all of it is blank."""
    part = {name: text for name, text in typed.items() if name.startswith(f"{prefix}-")}
    return part if any(text.strip() for text in part.values()) else {}


def without_errors_of_blanks(form: F) -> F:
    """Validate a form that comes back as a draft: a field not filled in yet is no error before somebody goes on."""
    for name in list(form.errors):
        if name in form.fields and not str(form[name].data or "").strip():
            del form.errors[name]
    return form
