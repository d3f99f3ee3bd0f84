"""What every page of BSS shares: writes go through services, refusals stand beside the field, nothing is deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.forms import ModelForm, modelform_factory
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from bss import columns
from bss.columns import Column
from bss.forms.lookup import Lookup
from bss.selectors.history import events_of, row_of
from config.kernel.errors import DomainError

REFUSAL = "_bss_refusal"


class FrameAdmin(admin.ModelAdmin):
    """Lists titled by their plain name; pages that a person may only read, written in our formats.

    `facts` says how a reader sees a field: a column, or None to leave it out. Switches, dates and numbers of the model
    need no entry.
    """

    facts: ClassVar[Mapping[str, Column | str | None]] = {}
    list_per_page = 50
    show_full_result_count = False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, headed by what it lists."""
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Fields that are searched can be typed into where JavaScript is off."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Lookup(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nothing with money or a vendor id hanging on it is deleted."""
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was done to it, by whom and why: the audit trail's view of one object."""
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        page = Paginator(events_of(found), self.list_per_page).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(name)s") % {"name": found},
            "object": found,
            "opts": self.opts,
            "page": page,
            "rows": [row_of(event) for event in page],
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/object_history.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the way to the history of an existing row, and the name of the row as its title."""
        obj = kwargs.get("obj")
        if obj is not None:
            name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_history"
            context.update(history_url=reverse(name, args=[quote(obj.pk)]), title=str(obj))
        return super().render_change_form(request, context, *args, **kwargs)

    def only_reads(self, request: HttpRequest, obj: models.Model | None) -> bool:
        """Whether the page of this row is for reading."""
        return obj is not None and not self.has_change_permission(request, obj)

    def for_reader(self, fieldsets: Iterable[tuple[Any, Mapping[str, Any]]]) -> list[tuple[Any, dict[str, Any]]]:
        """The fieldsets with every field as a reader sees it."""
        return [(title, {**options, "fields": self._facts_of(options["fields"])}) for title, options in fieldsets]

    def _facts_of(self, names: Iterable[Any]) -> list[Any]:
        found = [self._facts_of(name) if isinstance(name, (list, tuple)) else self._fact_of(name) for name in names]
        return [fact for fact in found if fact]

    def _fact_of(self, name: str) -> Column | str | None:
        if name in self.facts:
            return self.facts[name]
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            return name
        label = getattr(field, "verbose_name", name)
        for kind, write in (
            (models.BooleanField, columns.either),
            (models.DateTimeField, columns.moment),
            (models.DateField, columns.day),
            (models.DecimalField, columns.count),
        ):
            if isinstance(field, kind):
                return write(name, label)
        return name


class ReadOnlyAdmin(FrameAdmin):
    """Rows that only processes write: listed and shown, never typed into."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds one here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody changes one here."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything as facts."""
        return self.for_reader(super().get_fieldsets(request, obj))


class ServiceModelAdmin(FrameAdmin):
    """A form whose `save_model` calls a service.

    A DomainError rolls the save back and is shown beside the field that it names (else above the form) with everything
    that was typed: the page is built a second time with the refusal kept on the request.
    """

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[ModelForm]:
        """The form, with the refusal of the first attempt among its errors; empty on a reader's page."""
        if self.only_reads(request, obj):
            return modelform_factory(self.model, form=ModelForm, fields=[])
        form: type[ModelForm] = super().get_form(request, obj, change=change, **kwargs)
        refusal: DomainError | None = getattr(request, REFUSAL, None)
        if refusal is None:
            return form

        field, reason = refusal.field, str(refusal)

        class Refused(form):  # type: ignore[misc, valid-type]  # the class is made at run time
            def _post_clean(self) -> None:
                super()._post_clean()
                self.add_error(field if field in self.fields else None, ValidationError(reason))

        return Refused

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Save through the service; when it refuses, show the form again with the reason."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            setattr(request, REFUSAL, refusal)
            return super().changeform_view(request, object_id, form_url, extra_context)
