"""Steps 2 and 3: billing and references, then tenant, agreement signer and MPN ID."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from config.kernel.errors import DomainError
from storefront.forms.checkout import MpnId, PoNumber, ServiceDetails
from storefront.forms.drafts import part_of, typed_in, without_errors_of_blanks
from storefront.selectors.baskets import Group
from storefront.services import baskets, partners
from storefront.services.baskets import Details
from storefront.views.checkout.frame import CheckoutView, details_of

MPN = "reseller"


class DetailsView(CheckoutView):
    """A step with one form per beneficiary, named by its public id: another tab may have changed their order."""

    def save(self, group: Group, details: Details, *, is_complete: bool) -> None:
        """Keep what a form says, when it says something new."""
        row = group.details
        if group.beneficiary is None or (
            row is not None and details_of(group) == details and row.is_complete == is_complete
        ):
            return
        baskets.save_details(
            basket=self.its_basket, beneficiary=group.beneficiary, details=details, is_complete=is_complete
        )


class Billing(DetailsView):
    """Step 2: who is billed, how the invoices will look, and PO numbers."""

    step = 2

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        self.load()
        return self.missing_step() or self._show(self._forms(None))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the PO numbers."""
        self.load()
        missing = self.missing_step()
        if missing is not None:
            return missing
        forms = self._forms(request.POST)
        typed, refused = typed_in(request.POST), {}
        for group, form in forms:
            if form.is_valid():
                is_complete = bool(group.details and group.details.is_complete)
                self.save(group, details_of(group, po_number=form.cleaned_data["po_number"]), is_complete=is_complete)
            else:
                refused.update(part_of(typed, str(form.prefix)))
        self.keep(refused)
        if refused and self.leaving() is None:
            return self._show(forms, status=422)
        return self.leaving() or redirect("checkout_services")

    def _forms(self, data: Mapping[str, Any] | None) -> list[tuple[Group, PoNumber]]:
        forms = []
        for group in self.groups:
            prefix = group.beneficiary.public_id if group.beneficiary else ""
            initial = {"po_number": group.details.po_number if group.details else ""}
            typed = data if data is not None else part_of(self.draft, prefix) or None
            forms.append((group, PoNumber(typed, prefix=prefix, initial=initial)))
        return forms

    def _show(self, forms: list[tuple[Group, PoNumber]], *, status: int = 200) -> HttpResponse:
        facts = {"forms": forms, "all_forms": [form for _group, form in forms]}
        return self.show("storefront/checkout_billing.html", facts, status=status)


class Services(DetailsView):
    """Step 3: tenant, agreement signer, MPN ID; asked only where it is needed."""

    step = 3

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page, or on when nothing is asked."""
        self.load()
        missing = self.missing_step()
        if missing is not None:
            return missing
        forms = self._drafts()
        if not forms and self.mpn_is_fine:
            return redirect("checkout_confirm")
        return self._show(forms, self._mpn_draft())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep what was typed; go on when everything is complete, or where the button leads."""
        self.load()
        missing = self.missing_step()
        if missing is not None:
            return missing
        forms = self._forms(request.POST)
        mpn_form = None if self.mpn_is_fine else MpnId(request.POST, prefix=MPN)
        typed, refused = typed_in(request.POST), {}
        for group, form in forms:
            if not form.is_valid():
                refused.update(part_of(typed, str(form.prefix)))
            po_number = group.details.po_number if group.details else ""
            self.save(group, form.details(po_number), is_complete=form.is_valid())
        way = self.leaving()
        if way is not None or not self._store_mpn(mpn_form):
            refused.update(part_of(typed, MPN))
        self.keep(refused)
        if way is not None:
            return way
        if all(form.is_valid() for _group, form in forms) and (mpn_form is None or mpn_form.is_valid()):
            return redirect("checkout_confirm")
        self.load()
        return self._show(forms, mpn_form, status=422)

    def _store_mpn(self, form: MpnId | None) -> bool:
        if form is None:
            return True
        if not form.is_valid():
            return False
        try:
            self.reseller = partners.store(
                reseller=self.reseller, mpn_id=form.cleaned_data["mpn_id"], by=self.user, at=self.now
            )
        except DomainError as refusal:
            form.add_error("mpn_id", str(refusal))
            return False
        return True

    def _mpn_draft(self) -> MpnId | None:
        if self.mpn_is_fine:
            return None
        typed = part_of(self.draft, MPN)
        if typed:
            return without_errors_of_blanks(MpnId(typed, prefix=MPN))
        return MpnId(prefix=MPN, initial={"mpn_id": self.reseller.mpn_id or ""})

    def _asked(self) -> list[Group]:
        return [group for group in self.groups if group.needs_tenant or group.needs_mpn_id]

    def _form(self, group: Group, typed: Mapping[str, Any] | None) -> ServiceDetails:
        prefix = group.beneficiary.public_id if group.beneficiary else ""
        return ServiceDetails(typed, group=group, prefix=prefix, initial=vars(details_of(group)))

    def _forms(self, posted: Mapping[str, Any]) -> list[tuple[Group, ServiceDetails]]:
        forms: list[tuple[Group, ServiceDetails]] = []
        for group in self._asked():
            form = self._form(group, posted)
            if form.is_valid():
                for _group, other in forms:
                    form.refuse_twin_of(other)
            forms.append((group, form))
        return forms

    def _drafts(self) -> list[tuple[Group, ServiceDetails]]:
        forms = []
        for group in self._asked():
            typed = part_of(self.draft, group.beneficiary.public_id if group.beneficiary else "")
            form = self._form(group, typed or None)
            forms.append((group, without_errors_of_blanks(form) if typed else form))
        return forms

    def _show(
        self, forms: list[tuple[Group, ServiceDetails]], mpn_form: MpnId | None, *, status: int = 200
    ) -> HttpResponse:
        facts = {
            "forms": forms,
            "mpn_form": mpn_form,
            "all_forms": [*([mpn_form] if mpn_form else []), *(form for _group, form in forms)],
            "ready": self.ready() if self.waiting() else [],
        }
        return self.show("storefront/checkout_services.html", facts, status=status)
