"""Contacts of all accounts, and the distributor's own people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.forms.texts import CleanTexts
from accounts.models import Contact, User
from accounts.services import contacts, emails, second_factor, staff
from bss import columns
from bss.admin.base import ServiceModelAdmin
from bss.admin_site import site
from bss.filters import named
from config.kernel.components import text as ui
from config.kernel.errors import DomainError


class ContactForm(forms.ModelForm):
    """A person at an account; the tick makes a Storefront user of a reseller's contact."""

    storefront_user = forms.BooleanField(
        label=_("Storefront user"), required=False, help_text=_("Sends the invitation; the person becomes an admin.")
    )

    class Meta:
        model = Contact
        fields = (
            *("account", "first_name", "last_name", "email", "phone", "mobile", "job_title", "is_primary"),
            "is_bill_to",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["account"].disabled = True
            if self.instance.user_id:
                self.fields["email"].disabled = True
                self.fields["storefront_user"].disabled = True
                self.initial["storefront_user"] = True

    def clean_email(self) -> str:
        """Compared without regard to case."""
        email: str = self.cleaned_data["email"].strip().lower()
        others = Contact.objects.filter(email__iexact=email).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(emails.EmailTaken.user_message)
        return email


@admin.register(Contact, site=site)
class ContactAdmin(ServiceModelAdmin):
    """Contacts of all accounts; invitations are sent and sent again here."""

    form = ContactForm
    change_form_template = "bss/contacts/change_form.html"
    list_display = (
        columns.text("full_name", _("Name"), order="last_name"),
        columns.code("email", _("E-mail")),
        columns.text("account__name", _("Account")),
        columns.either("is_primary", _("Primary contact"), no="–"),
        columns.either("is_bill_to", _("Bill To contact"), no="–"),
        "signs_in",
    )
    list_filter = ("is_primary", "is_bill_to")
    facts = {"storefront_user": None}
    list_select_related = ("account", "user")
    search_fields = ("first_name", "last_name", "email", "account__name", "account__code")
    autocomplete_fields = ("account",)
    ordering = ("last_name", "first_name", "pk")
    actions = None

    @admin.display(description=_("Storefront"))
    def signs_in(self, obj: Contact) -> SafeString | str:
        """Whether the person can sign in, was invited, or neither."""
        if obj.user is None:
            return "–"
        if not obj.user.is_active:
            return ui.tag(str(_("Switched off")), icon_name="circle-minus")
        if obj.user.activated_at:
            return ui.tag(str(_("Active")), tone="ok", icon_name="circle-check")
        return ui.tag(str(_("Invited")), tone="info", icon_name="mail")

    def get_fieldsets(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        """The form's fields; a reader's page as facts."""
        sets = [(None, {"fields": (*ContactForm.Meta.fields, "storefront_user")})]
        return self.for_reader(sets) if self.only_reads(request, obj) else sets

    def get_urls(self) -> list[URLPattern]:
        """With the act of inviting again."""
        own = path("<int:pk>/invite/", self.admin_site.admin_view(self.invite_view), name="accounts_contact_invite")
        return [own, *super().get_urls()]

    def invite_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the invitation, or a new one that replaces the first."""
        contact = get_object_or_404(Contact.objects.select_related("account", "user"), pk=pk)
        if not self.has_change_permission(request, contact):
            raise PermissionDenied
        if request.method == "POST":
            try:
                contacts.invite(contact=contact, by=request.user, at=timezone.now())  # type: ignore[arg-type]  # signed in
                messages.success(request, _("An invitation was sent to %(email)s.") % {"email": contact.email})
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return redirect("bss:accounts_contact_change", pk)

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        """Through the services."""
        by: Any = request.user
        now = timezone.now()
        data = {key: value for key, value in form.cleaned_data.items() if key != "storefront_user"}
        if change:
            data.pop("account")
            contact = contacts.update(contact=obj, by=by, at=now, **data)
        else:
            contact = contacts.add(by=by, at=now, **data)
            obj.pk = contact.pk
        if form.cleaned_data["storefront_user"] and contact.user_id is None:
            contacts.invite(contact=contact, by=by, at=now)
            messages.info(request, _("An invitation was sent to %(email)s.") % {"email": contact.email})


class StaffForm(CleanTexts, forms.ModelForm):
    """A person of the distributor: e-mail, name, groups."""

    groups = forms.ModelMultipleChoiceField(
        label=_("Groups"), queryset=Group.objects.order_by("name"), widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = User
        fields = ("email", "name", "is_active", "groups")


@admin.register(User, site=site)
class UserAdmin(ServiceModelAdmin):
    """Users and roles of the distributor's staff. Storefront users belong to their contact."""

    form = StaffForm
    change_form_template = "bss/users/change_form.html"
    list_display = (
        columns.code("email", _("E-mail")),
        columns.text("name", _("Name")),
        columns.text("account__name", _("Account")),
        columns.either("is_staff", _("Works in"), yes=_("BSS"), no=_("Storefront")),
        "is_on",
        columns.moment("last_login", _("Last sign-in")),
    )
    list_filter = (
        ("is_staff", named(_("Works in BSS"), admin.BooleanFieldListFilter)),
        "is_active",
        ("groups", named(_("Group"), admin.RelatedFieldListFilter)),
    )
    list_select_related = ("account",)
    search_fields = ("email", "name", "account__name")
    ordering = ("email", "pk")
    actions = None

    @admin.display(description=_("Sign-in"), ordering="is_active")
    def is_on(self, obj: User) -> SafeString:
        """Whether the person may sign in."""
        if obj.is_active:
            return ui.tag(str(_("Active")), tone="ok", icon_name="circle-check")
        return ui.tag(str(_("Switched off")), icon_name="circle-minus")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Who it is and what the person may do; a Storefront user is only read."""
        if self.only_reads(request, obj):
            return self.for_reader([(None, {"fields": ("email", "name", "account", "is_active", "last_login")})])
        return [(None, {"fields": StaffForm.Meta.fields})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Storefront users are changed by their company or through their contact."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_staff)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Through the service."""
        data = form.cleaned_data
        stored = User.objects.get(pk=obj.pk) if change else None
        made = staff.save(
            user=stored,
            email=data["email"],
            name=data["name"],
            is_active=data["is_active"],
            groups=list(data["groups"]),
            by=request.user,  # type: ignore[arg-type]  # signed in
            at=timezone.now(),
        )
        obj.pk = made.pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The service wrote the groups."""

    def get_urls(self) -> list[URLPattern]:
        """With the act for those who lost their phone."""
        act = self.admin_site.admin_view(self.reset_view)
        return [path("<int:pk>/second-factor/", act, name="accounts_user_second_factor"), *super().get_urls()]

    def reset_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a second factor away, with the reason; also of Storefront users."""
        user = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            by: Any = request.user
            try:
                second_factor.reset(user=user, reason=request.POST.get("reason", ""), by=by, at=timezone.now())
                messages.success(request, _("%(name)s signs in without a second factor now.") % {"name": user})
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return redirect("bss:accounts_user_change", pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With whether the person has a second factor."""
        person = User.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        facts = {
            "has_second_factor": person is not None and second_factor.is_set_up(person),
            "may_reset": self.has_change_permission(request),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **facts})
