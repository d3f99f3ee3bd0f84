"""What every page of BSS shares: writes go through services, refusals stand beside the field, nothing is deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse

from config.kernel.errors import DomainError

REFUSAL = "_bss_refusal"


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only processes write: listed and shown, never typed into."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds one here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes one here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing with money or a vendor id hanging on it is deleted."""
        return False


class ServiceModelAdmin(admin.ModelAdmin):
    """A form whose `save_model` calls a service.

    A DomainError rolls the save back and is shown beside the field that it names (else above the form) with everything
    that was typed: the page is built a second time with the refusal kept on the request.
    """

    list_per_page = 50
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing with money or a vendor id hanging on it is deleted."""
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[ModelForm]:
        """The form, with the refusal of the first attempt among its errors."""
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
