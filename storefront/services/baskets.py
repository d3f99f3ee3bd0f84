"""The open basket of a Storefront user. Every edit grows its version; a submit names the version it saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import Account, User
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from storefront.models import Basket, BasketLine, CheckoutDetails
from storefront.selectors import catalogue

MOST_LINES = 200
LONGEST_DRAFT = 2_000
MOST_DRAFTS = 400


class NotOrderable(DomainError):
    """The offer cannot be bought by this account, or for this beneficiary."""

    user_message = _("%(product)s cannot be ordered: %(reason)s")


class BadQuantity(DomainError):
    """A whole number within the limits of the product."""

    user_message = _("Enter a whole number from %(least)s to %(most)s.")
    field = "quantity"


class BasketFull(DomainError):
    """More lines than a person can review."""

    user_message = _("A basket holds 200 lines. Order these first.")


class BasketGone(DomainError):
    """Another tab has ordered this basket while this one changed it."""

    user_message = _("This basket was ordered in the meantime. Nothing was changed; what you see now is what is left.")


@dataclass(frozen=True, kw_only=True)
class Details:
    """What the checkout asked for one beneficiary, as typed."""

    domain_prefix: str = ""
    signer_first_name: str = ""
    signer_last_name: str = ""
    signer_email: str = ""
    signer_phone: str = ""
    po_number: str = ""
    partner_of_record_attested: bool = False


def open_basket(*, user: User, account: Account, at: datetime) -> Basket:
    """The user's open basket; made when there is none."""
    try:
        with transaction.atomic():
            basket, _made = Basket.objects.get_or_create(
                user=user, checked_out_at=None, defaults={"account": account, "created_at": at}
            )
    except IntegrityError:
        basket = Basket.objects.get(user=user, checked_out_at=None)
    return basket


@transaction.atomic
def add_line(
    *, basket: Basket, offer_id: str, quantity: int, at: datetime, beneficiary: Account | None = None
) -> BasketLine:
    """Put an offer (public id) into the basket at today's price; the same offer for the same company grows its line.

    Raises OfferUnknown, NotOrderable, BadQuantity, BasketFull.
    """
    priced = catalogue.offer_for(basket.account, offer_id, at, beneficiary=beneficiary)
    if not priced.orderable:
        raise NotOrderable(product=priced.product.title, reason=priced.reason)
    same = basket.lines.select_for_update().filter(offer=priced.offer, beneficiary=beneficiary).first()
    wanted = quantity + (same.quantity if same else 0)
    check_quantity(wanted, least=priced.product.min_quantity, most=priced.product.max_quantity)
    if same is None and basket.lines.count() >= MOST_LINES:
        raise BasketFull
    line = same or BasketLine(basket=basket, offer=priced.offer, beneficiary=beneficiary, created_at=at)
    line.quantity, line.quoted_price, line.currency = wanted, priced.unit_price, priced.currency
    line.save()
    touch(basket)
    return line


def check_quantity(quantity: int, *, least: int, most: int) -> None:
    """Raise BadQuantity outside the limits."""
    if not least <= quantity <= most:
        raise BadQuantity(least=least, most=most)


@transaction.atomic
def set_quantity(*, line: BasketLine, quantity: int) -> BasketLine:
    """Change how many. Raises BadQuantity."""
    product = line.offer.product
    check_quantity(quantity, least=product.min_quantity, most=product.max_quantity)
    line.quantity = quantity
    line.save(update_fields=["quantity"])
    touch(line.basket)
    return line


@transaction.atomic
def remove_line(*, line: BasketLine) -> None:
    """Take a line out."""
    basket = line.basket
    line.delete()
    touch(basket)


@transaction.atomic
def set_beneficiary(*, line: BasketLine, beneficiary: Account, at: datetime) -> BasketLine:
    """Say for whom a line is; price and market follow the beneficiary. Raises NotOrderable."""
    [priced] = catalogue.offers_for(line.basket.account, [(line.offer, beneficiary)], at)
    if not priced.orderable:
        raise NotOrderable(product=priced.product.title, reason=priced.reason, field="beneficiary")
    line.beneficiary, line.offer = beneficiary, priced.offer
    line.quoted_price, line.currency = priced.unit_price, priced.currency
    line.save()
    touch(line.basket)
    return line


@transaction.atomic
def save_details(*, basket: Basket, beneficiary: Account, details: Details, is_complete: bool) -> CheckoutDetails:
    """Keep what was typed for one beneficiary, complete or not: the checkout can be left and resumed."""
    kept = {name: names.clean_text(value) if isinstance(value, str) else value for name, value in vars(details).items()}
    row, _made = CheckoutDetails.objects.update_or_create(
        basket=basket, beneficiary=beneficiary, defaults={**kept, "is_complete": is_complete}
    )
    touch(basket)
    return row


@transaction.atomic
def requote(*, basket: Basket, at: datetime) -> list[BasketLine]:
    """Take today's prices into the basket; return the lines whose price changed."""
    changed = []
    lines = list(basket.lines.select_related("offer__product", "beneficiary").order_by("pk"))
    offers = catalogue.offers_for(basket.account, [(line.offer, line.beneficiary) for line in lines], at)
    for line, priced in zip(lines, offers, strict=True):
        if priced.orderable and priced.unit_price != line.quoted_price:
            line.quoted_price = priced.unit_price
            line.save(update_fields=["quoted_price"])
            changed.append(line)
    if changed:
        touch(basket)
    return changed


@transaction.atomic
def keep_draft(*, basket: Basket, step: str, typed: Mapping[str, str]) -> None:
    """Keep what was typed in a step and could not be taken, exactly as typed; nothing typed forgets the step's draft.

    The draft is for the eyes of the one who typed it: nothing is ordered from it, so the version stays.
    """
    basket = lock(basket)
    draft = {name: texts for name, texts in basket.draft.items() if name != step}
    if any(typed.values()):
        draft[step] = {name: _storable(text) for name, text in list(typed.items())[:MOST_DRAFTS]}
    if draft != basket.draft:
        basket.draft = draft
        basket.save(update_fields=["draft"])


def _storable(text: str) -> str:
    """PostgreSQL stores neither NUL nor half a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()[:LONGEST_DRAFT]


def touch(basket: Basket) -> None:
    """Count an edit: whoever looks at an older version has to confirm again (reliability.md R04).

    Raises BasketGone, which takes the edit back, when the basket was ordered in the meantime.
    """
    if not Basket.objects.filter(pk=basket.pk, checked_out_at=None).update(version=F("version") + 1):
        raise BasketGone
    basket.refresh_from_db(fields=["version"])
