"""What a person is about to order. Nothing typed is lost."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.kernel.public_ids import PublicIdField


class Basket(models.Model):
    """The open basket of one Storefront user. `version` grows with every edit; a submit names the version it saw.

    `draft` holds, by step of the checkout, what was typed and could not be taken yet: it comes back with its errors.
    """

    public_id = PublicIdField()
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="baskets")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="baskets")
    version = models.PositiveIntegerField(default=1)
    draft = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    checked_out_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(checked_out_at=None), name="basket_one_open"),
        ]

    def __str__(self) -> str:
        return self.public_id


class BasketLine(models.Model):
    """An offer, a quantity, for whom, and the price that was shown."""

    public_id = PublicIdField()
    basket = models.ForeignKey("storefront.Basket", models.CASCADE, related_name="lines")
    offer = models.ForeignKey("storefront.Offer", models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    beneficiary = models.ForeignKey("accounts.Account", models.PROTECT, null=True, blank=True, related_name="+")
    quoted_price = models.DecimalField(max_digits=16, decimal_places=6)
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="basket_line_quantity", condition=Q(quantity__gte=1))]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.offer}"


class CheckoutDetails(models.Model):
    """What the checkout asked for one beneficiary: tenant prefix, agreement signer, PO number."""

    basket = models.ForeignKey("storefront.Basket", models.CASCADE, related_name="details")
    beneficiary = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    domain_prefix = models.CharField(_("tenant name"), max_length=63, blank=True)
    signer_first_name = models.CharField(_("signer's first name"), max_length=50, blank=True)
    signer_last_name = models.CharField(_("signer's last name"), max_length=50, blank=True)
    signer_email = models.EmailField(_("signer's e-mail"), blank=True)
    signer_phone = models.CharField(_("signer's phone"), max_length=30, blank=True)
    po_number = models.CharField(_("your PO number"), max_length=60, blank=True)
    partner_of_record_attested = models.BooleanField(default=False)
    is_complete = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["basket", "beneficiary"], name="checkout_details_once"),
        ]

    def __str__(self) -> str:
        return f"{self.basket_id} {self.beneficiary}"


class Checkout(models.Model):
    """One submit of one basket: the key that makes a second click find the same orders."""

    public_id = PublicIdField()
    basket = models.OneToOneField("storefront.Basket", models.PROTECT, related_name="checkout")
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="checkouts")
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="checkouts")
    terms_accepted_at = models.DateTimeField()
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.public_id
