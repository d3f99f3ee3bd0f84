"""Accounts, contacts, affiliates, people, messages and the audit trail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import Via
from accounts.models import Account, AuditEvent, Contact, Message, User
from accounts.services import accounts, contacts, emails, second_factor, staff
from accounts.services import messages as mail
from affiliates.models import Affiliate
from affiliates.services import create as create_affiliate
from bss.admin.base import ReadOnlyAdmin, ServiceModelAdmin
from bss.admin_site import site
from bss.forms.sub_customers import AffiliateForm, EndCustomerForm, SubCustomerForm
from config.kernel.errors import DomainError
from resellers.services import end_customers

SUB_CUSTOMER = (
    (
        _("Company"),
        {
            "fields": (
                ("name", "vat_number"),
                ("email", "phone"),
                ("address_line1", "address_line2"),
                ("postcode", "city"),
                ("region", "country"),
                ("segment", "language"),
            )
        },
    ),
    (
        _("Ordering"),
        {
            "fields": ("bill_to", "separate_invoices"),
            "description": _("The Bill To account receives and owes the invoices, separate or aggregated."),
        },
    ),
)


@admin.register(Account, site=site)
class AccountAdmin(ServiceModelAdmin):
    """All accounts; added here are end customers. Resellers have a page of their own."""

    list_display = ("name", "code", "kind", "bill_to", "separate_invoices", "country", "vat_number")
    list_filter = ("kind", "separate_invoices", "segment", "country")
    list_select_related = ("bill_to",)
    search_fields = ("name", "name_key", "code", "vat_number", "email", "bill_to__code")
    ordering = ("name_key", "pk")
    actions = None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A new account is an end customer; the others are corrected."""
        self.form = EndCustomerForm if obj is None else SubCustomerForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Account | None = None) -> Any:
        """Company and ordering."""
        return SUB_CUSTOMER

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> Any:
        """Who pays is settled when the account is created."""
        return ("bill_to",) if obj is not None else ()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A reseller's account opens the reseller."""
        found = Account.objects.filter(pk=object_id, reseller__isnull=False).values_list("reseller__pk").first()
        if found and request.method == "GET" and "plain" not in request.GET:
            return redirect("bss:resellers_reseller_change", found[0])
        return super().change_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """Through the services."""
        by: Any = request.user
        now = timezone.now()
        flag = form.cleaned_data["separate_invoices"]
        if not change:
            payer = form.cleaned_data["bill_to"]
            made = end_customers.create(
                reseller=payer.reseller, company=form.company(), via=Via.BSS, separate_invoices=flag, by=by, at=now
            )
            obj.pk = made.pk
            return
        save_sub_customer(form, obj.pk, by=by, now=now)


def save_sub_customer(form: SubCustomerForm | AffiliateForm, pk: int, *, by: Any, now: Any) -> None:
    """Correct an account and its invoicing flag by the services."""
    stored = Account.objects.get(pk=pk)
    flag = form.cleaned_data["separate_invoices"]
    accounts.update(account=stored, company=form.company(), by=by, at=now)
    if flag != stored.separate_invoices:
        accounts.set_separate_invoices(account=stored, on=flag, by=by, at=now)


@admin.register(Affiliate, site=site)
class AffiliateAdmin(ServiceModelAdmin):
    """Affiliates under their Bill To, with what they are for."""

    form = AffiliateForm
    list_display = ("name", "code", "bill_to", "purpose", "cost_centre", "separate")
    list_filter = ("purpose", "account__separate_invoices")
    list_select_related = ("account", "account__bill_to")
    search_fields = ("account__name", "account__name_key", "account__code", "account__bill_to__name")
    ordering = ("account__name_key", "pk")
    actions = None

    @admin.display(description=_("Company"), ordering="account__name_key")
    def name(self, obj: Affiliate) -> str:
        """The company's name."""
        return obj.account.name

    @admin.display(description=_("Code"))
    def code(self, obj: Affiliate) -> str:
        """The account's code."""
        return obj.account.code

    @admin.display(description=_("Bill To account"))
    def bill_to(self, obj: Affiliate) -> str:
        """Who pays."""
        return str(obj.account.bill_to)

    @admin.display(description=_("Separate invoices"), boolean=True)
    def separate(self, obj: Affiliate) -> bool:
        """Whether it is invoiced on its own."""
        return obj.account.separate_invoices

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """All declared fields; the fieldsets choose."""
        kwargs["fields"] = None
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Affiliate | None = None) -> Any:
        """Company, what it is for, ordering."""
        company, ordering = SUB_CUSTOMER
        return (company, (_("What it is for"), {"fields": ("purpose", "cost_centre")}), ordering)

    def save_model(self, request: HttpRequest, obj: Affiliate, form: Any, change: bool) -> None:
        """Through the services."""
        by: Any = request.user
        now = timezone.now()
        if change:
            save_sub_customer(form, obj.account_id, by=by, now=now)
            Affiliate.objects.filter(pk=obj.pk).update(
                purpose=form.cleaned_data["purpose"], cost_centre=form.cleaned_data["cost_centre"]
            )
            return
        made = create_affiliate(
            reseller=form.cleaned_data["bill_to"].reseller,
            company=form.company(),
            purpose=form.cleaned_data["purpose"],
            cost_centre=form.cleaned_data["cost_centre"],
            separate_invoices=form.cleaned_data["separate_invoices"],
            via=Via.BSS,
            by=by,
            at=now,
        )
        obj.pk, obj.account = made.pk, made.account


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
    list_display = ("full_name", "email", "account", "is_primary", "is_bill_to", "signs_in")
    list_filter = ("is_primary", "is_bill_to")
    list_select_related = ("account", "user")
    search_fields = ("first_name", "last_name", "email", "account__name", "account__code")
    autocomplete_fields = ("account",)
    ordering = ("last_name", "first_name", "pk")
    actions = None

    @admin.display(description=_("Name"), ordering="last_name")
    def full_name(self, obj: Contact) -> str:
        """First and last name."""
        return obj.full_name

    @admin.display(description=_("Storefront"))
    def signs_in(self, obj: Contact) -> str:
        """Whether the person can sign in, was invited, or neither."""
        if obj.user is None:
            return "–"
        if not obj.user.is_active:
            return str(_("Switched off"))
        return str(_("Active") if obj.user.activated_at else _("Invited"))

    def get_urls(self) -> list[URLPattern]:
        """With the act of inviting again."""
        own = path("<int:pk>/invite/", self.admin_site.admin_view(self.invite_view), name="accounts_contact_invite")
        return [own, *super().get_urls()]

    def invite_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the invitation, or a new one that replaces the first."""
        contact = get_object_or_404(Contact.objects.select_related("account", "user"), pk=pk)
        if request.method == "POST" and self.has_change_permission(request, contact):
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


class StaffForm(forms.ModelForm):
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
    list_display = ("email", "name", "account", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active", "groups")
    list_select_related = ("account",)
    search_fields = ("email", "name", "account__name")
    ordering = ("email", "pk")
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Staff are changed here, Storefront users are listed."""
        return super().get_queryset(request)

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


@admin.register(Message, site=site)
class MessageAdmin(ReadOnlyAdmin):
    """Every e-mail as it was written. Messages with a link that lets in are shown without their body."""

    list_display = ("created_at", "subject", "to", "account", "status", "sent_at")
    list_filter = ("status", "template")
    list_select_related = ("account",)
    search_fields = ("subject", "recipients", "account__name", "account__code")
    ordering = ("-created_at", "-pk")
    fields = (
        "subject",
        "to",
        "account",
        "template",
        "status",
        "created_at",
        "sent_at",
        "attempts",
        "last_error",
        "body",
    )
    readonly_fields = fields
    actions = ("send_again",)

    @admin.display(description=_("To"))
    def to(self, obj: Message) -> str:
        """The recipients."""
        return ", ".join(obj.recipients)

    @admin.display(description=_("Text"))
    def body(self, obj: Message) -> str:
        """The text, unless it holds a secret."""
        return str(_("Hidden: it holds a link that lets its reader in.")) if obj.is_secret else obj.text_body

    @admin.action(description=_("Send again what failed"), permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Try failed messages once more."""
        for message in queryset:
            mail.resend(message=message, by=request.user, at=timezone.now())  # type: ignore[arg-type]  # signed in


@admin.register(AuditEvent, site=site)
class AuditAdmin(ReadOnlyAdmin):
    """Who did what, when and why."""

    list_display = ("at", "action", "target_label", "account", "by", "reason")
    list_filter = ("action",)
    list_select_related = ("account", "by")
    search_fields = ("target_label", "action", "account__name", "account__code", "by__email")
    ordering = ("-at", "-pk")
    date_hierarchy = "at"
