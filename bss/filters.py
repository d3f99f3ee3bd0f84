"""Filters of the lists: only values that occur, and the questions that the work queue asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


class UsedChoices(admin.ChoicesFieldListFilter):
    """The choices of a field that at least one row has: a distributor's countries, not the whole world's."""

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, *, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path=field_path)
        rows = model._default_manager.order_by().values_list(field_path, flat=True).distinct()
        self.used = {str(value) for value in rows}

    def has_output(self) -> bool:
        """Shown when there is something to choose, or something is chosen."""
        return len(self.used) > 1 or self.lookup_val is not None

    def choices(self, changelist: Any) -> Iterator[Any]:
        """All, then each value that occurs."""
        known = [str(value) for value, _label in self.field.flatchoices]
        for position, choice in enumerate(super().choices(changelist)):
            if position == 0 or position > len(known) or known[position - 1] in self.used or choice["selected"]:
                yield choice


def named(title: _StrOrPromise, base: type[admin.FieldListFilter]) -> type[admin.FieldListFilter]:
    """The filter under a title of its own."""

    class Named(base):  # type: ignore[misc, valid-type]  # the class is made at run time
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.title = title

    return Named


class Question(admin.SimpleListFilter):
    """A filter with one answer, or a few: `answers` are (value, word), `pick` chooses the rows."""

    answers: tuple[tuple[str, _StrOrPromise], ...] = (("yes", _("Yes")),)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The answers."""
        return list(self.answers)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen answer, else all."""
        value = self.value()
        return queryset if value not in dict(self.answers) else self.pick(queryset, str(value))

    def pick(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows of that answer."""
        raise NotImplementedError  # every filter answers for itself; Django's own filters are abstract in this way too
