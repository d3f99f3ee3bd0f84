"""The reseller's own company: its data, its MPN ID, its users."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.selectors import users_of
from accounts.services import accounts, contacts
from config.kernel.errors import DomainError
from resellers.access import ResellerView, role_of
from storefront.forms.company import ADDRESS, AddressForm, EditAccessForm, InviteForm, MpnForm
from storefront.services import partners


class CompanyView(ResellerView):
    """Shows the page with whatever form was refused."""

    nav = "company"

    def show(self, *, status: int = 200, **bound: forms.Form) -> HttpResponse:
        """The page; `bound` replaces a form by the one that was typed into."""
        stored = {name: getattr(self.account, name) for name in ADDRESS}
        facts: dict[str, Any] = {
            "reseller": self.reseller,
            "invite_form": None,
            "address_form": AddressForm(initial=stored) if self.may(Permission.COMPANY_EDIT) else None,
            "mpn_form": MpnForm(initial={"mpn_id": self.reseller.mpn_id or ""})
            if self.may(Permission.VENDOR_EDIT)
            else None,
        }
        if self.may(Permission.USERS_MANAGE):
            facts |= {"invite_form": InviteForm(), "users": self._users()}
        return self.page("storefront/company.html", facts | bound, status=status)

    def _users(self) -> list[dict[str, Any]]:
        return [{"user": user, "role": role_of(user)} for user in users_of(self.account)]

    def person(self, public_id: str) -> User:
        """A user of the own company, else 404."""
        return get_object_or_404(users_of(self.account), public_id=public_id)


def refuse(form: forms.Form, refusal: DomainError) -> None:
    """Put the reason beside its field."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


class CompanyPage(CompanyView):
    """Read by every user; each part is a form for those who may change it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        return self.show()


class SaveAddress(CompanyView):
    """Change the address; issued invoices keep what they say."""

    permission = Permission.COMPANY_EDIT

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save it."""
        form = AddressForm(request.POST)
        if form.is_valid():
            try:
                accounts.update(
                    account=self.account, company=form.company(self.account), by=self.user, at=timezone.now()
                )
                messages.success(request, _("Your company's data is saved."))
                return redirect("company")
            except DomainError as refusal:
                refuse(form, refusal)
        return self.show(status=422, address_form=form)


class SaveMpn(CompanyView):
    """Store the MPN ID; Microsoft is asked soon after."""

    permission = Permission.VENDOR_EDIT

    def post(self, request: HttpRequest) -> HttpResponse:
        """Store it."""
        form = MpnForm(request.POST)
        if form.is_valid():
            try:
                partners.store(
                    reseller=self.reseller, mpn_id=form.cleaned_data["mpn_id"], by=self.user, at=timezone.now()
                )
                messages.success(request, _("The MPN ID is stored. Microsoft is being asked about it."))
                return redirect("company")
            except DomainError as refusal:
                refuse(form, refusal)
        return self.show(status=422, mpn_form=form)


class InviteUser(CompanyView):
    """Invite a colleague: contact, user and mail, or nothing."""

    permission = Permission.USERS_MANAGE

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send the invitation."""
        form = InviteForm(request.POST)
        if form.is_valid():
            data, now = form.cleaned_data, timezone.now()
            try:
                with transaction.atomic():
                    contact = contacts.add(
                        account=self.account,
                        first_name=data["first_name"],
                        last_name=data["last_name"],
                        email=data["email"],
                        by=self.user,
                        at=now,
                    )
                    contacts.invite(
                        contact=contact, is_admin=data["is_admin"], roles=data["roles"], by=self.user, at=now
                    )
                messages.success(request, _("An invitation was sent to %(email)s.") % {"email": contact.email})
                return redirect("company")
            except DomainError as refusal:
                refuse(form, refusal)
        return self.show(status=422, invite_form=form)


class InviteAgain(CompanyView):
    """Send a new link; the earlier one stops working."""

    permission = Permission.USERS_MANAGE

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Send it."""
        user = self.person(public_id)
        contacts.invite_again(user=user, by=self.user, at=timezone.now())
        messages.success(request, _("An invitation was sent to %(email)s.") % {"email": user.email})
        return redirect("company")


class UserAccess(CompanyView):
    """What one user may do, and whether it may sign in."""

    permission = Permission.USERS_MANAGE

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The form as it is stored."""
        user = self.person(public_id)
        stored = {"is_admin": user.is_account_admin, "roles": user.roles, "is_active": user.is_active}
        return self._page(user, EditAccessForm(initial=stored))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Save it; the last active admin stays one."""
        user = self.person(public_id)
        form = EditAccessForm(request.POST)
        if form.is_valid():
            try:
                contacts.set_access(user=user, by=self.user, at=timezone.now(), **form.cleaned_data)
                messages.success(request, _("Saved what %(name)s may do.") % {"name": user.name})
                return redirect("company")
            except DomainError as refusal:
                refuse(form, refusal)
        return self._page(user, form, status=422)

    def _page(self, user: User, form: forms.Form, *, status: int = 200) -> HttpResponse:
        facts = {"person": user, "form": form, "crumbs": [(_("Company"), reverse("company"))]}
        return self.page("storefront/company_user.html", facts, status=status)
