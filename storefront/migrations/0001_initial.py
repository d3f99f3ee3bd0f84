"""Every table of storefront, with its checks, keys and indexes."""

import django.contrib.postgres.constraints
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import config.kernel.public_ids
from config.kernel.migrations_together import Together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("invoicing", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name="Basket",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=True,
                            ),
                        ),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("created_at", models.DateTimeField()),
                        ("checked_out_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="baskets",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="baskets",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("checked_out_at", None)), fields=("user",), name="basket_one_open"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Checkout",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=True,
                            ),
                        ),
                        ("placed_at", models.DateTimeField()),
                        ("terms_accepted_at", models.DateTimeField()),
                        ("ip_address", models.GenericIPAddressField(blank=True, null=True)),
                        ("user_agent", models.CharField(blank=True, max_length=300)),
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="checkouts",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "basket",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="checkout",
                                to="storefront.basket",
                            ),
                        ),
                        (
                            "placed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="checkouts",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="CheckoutDetails",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("domain_prefix", models.CharField(blank=True, max_length=63, verbose_name="tenant name")),
                        (
                            "signer_first_name",
                            models.CharField(blank=True, max_length=50, verbose_name="signer's first name"),
                        ),
                        (
                            "signer_last_name",
                            models.CharField(blank=True, max_length=50, verbose_name="signer's last name"),
                        ),
                        ("signer_email", models.EmailField(blank=True, max_length=254, verbose_name="signer's e-mail")),
                        ("signer_phone", models.CharField(blank=True, max_length=30, verbose_name="signer's phone")),
                        ("po_number", models.CharField(blank=True, max_length=60, verbose_name="your PO number")),
                        ("partner_of_record_attested", models.BooleanField(default=False)),
                        ("is_complete", models.BooleanField(default=False)),
                        (
                            "basket",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="details",
                                to="storefront.basket",
                            ),
                        ),
                        (
                            "beneficiary",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("basket", "beneficiary"), name="checkout_details_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Order",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=True,
                            ),
                        ),
                        ("number", models.CharField(max_length=20, unique=True, verbose_name="number")),
                        ("position", models.PositiveSmallIntegerField(default=1)),
                        (
                            "mode",
                            models.CharField(
                                choices=[
                                    ("personal", "Personal usage"),
                                    ("affiliate", "Affiliate account"),
                                    ("end_customer", "End customer"),
                                ],
                                max_length=12,
                                verbose_name="purchase mode",
                            ),
                        ),
                        ("mpn_id", models.CharField(blank=True, max_length=10, null=True, verbose_name="MPN ID")),
                        ("currency", models.CharField(max_length=3)),
                        ("po_number", models.CharField(blank=True, max_length=60, verbose_name="PO number")),
                        (
                            "status",
                            models.CharField(
                                choices=[("submitted", "Held"), ("executed", "Executed"), ("canceled", "Canceled")],
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        (
                            "hold_reason",
                            models.CharField(
                                blank=True,
                                choices=[("", "Not held"), ("credit", "Above available credit")],
                                default="",
                                max_length=10,
                            ),
                        ),
                        ("exceeds_by", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                        ("first_period_net", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("first_period_gross", models.DecimalField(decimal_places=2, max_digits=14)),
                        (
                            "available_at_execution",
                            models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True),
                        ),
                        ("was_unlimited", models.BooleanField(default=False)),
                        ("override_reason", models.CharField(blank=True, max_length=300)),
                        ("placed_at", models.DateTimeField(verbose_name="placed")),
                        ("attested_at", models.DateTimeField(blank=True, null=True)),
                        ("executed_at", models.DateTimeField(blank=True, null=True)),
                        ("canceled_at", models.DateTimeField(blank=True, null=True)),
                        ("cancel_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "attested_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "beneficiary",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="orders",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "bill_to",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="orders_to_pay",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "canceled_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "checkout",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="orders",
                                to="storefront.checkout",
                            ),
                        ),
                        (
                            "executed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "placed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="orders_placed",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "order",
                        "verbose_name_plural": "orders",
                        "indexes": [models.Index(fields=["bill_to", "-placed_at", "-id"], name="order_newest")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["canceled", "executed", "submitted"])),
                                name="order_status_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("mode__in", ["affiliate", "end_customer", "personal"])),
                                name="order_mode_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("canceled_at__isnull", True), ("canceled_by__isnull", True)),
                                    models.Q(("canceled_at__isnull", False), ("canceled_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="order_canceled_pair",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("attested_at__isnull", True), ("attested_by__isnull", True)),
                                    models.Q(("attested_at__isnull", False), ("attested_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="order_attested_pair",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("mpn_id", None), ("mode", "end_customer"), _connector="OR"),
                                name="order_mpn_only_for_end_customers",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("executed_at__isnull", False), ("status", "executed")),
                                    models.Q(models.Q(("status", "executed"), _negated=True), ("executed_at", None)),
                                    _connector="OR",
                                ),
                                name="order_executed_evidence",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "executed"), _negated=True),
                                    ("was_unlimited", True),
                                    ("first_period_gross__lte", models.F("available_at_execution")),
                                    models.Q(("override_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="order_fitted_or_overridden",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "submitted"), _negated=True),
                                    models.Q(("hold_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="order_held_has_reason",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "canceled"), _negated=True),
                                    models.Q(("cancel_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="order_canceled_has_reason",
                            ),
                            models.UniqueConstraint(fields=("checkout", "beneficiary"), name="order_once_per_checkout"),
                        ],
                        "permissions": [("override_credit", "Can execute orders above the credit limit")],
                    },
                ),
                migrations.CreateModel(
                    name="PriceList",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=True,
                            ),
                        ),
                        ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                        ("currency", models.CharField(default="EUR", max_length=3, verbose_name="currency")),
                        (
                            "rule",
                            models.CharField(
                                choices=[
                                    ("listed_only", "Only listed offers"),
                                    ("margin", "Margin on cost"),
                                    ("discount", "Discount on retail"),
                                    ("fixed", "Fixed price"),
                                ],
                                max_length=12,
                                verbose_name="price of offers without a line",
                            ),
                        ),
                        (
                            "percent",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="Margin on cost, or discount on retail.",
                                max_digits=7,
                                validators=[
                                    django.core.validators.MinValueValidator(0),
                                    django.core.validators.MaxValueValidator(999),
                                ],
                                verbose_name="per cent",
                            ),
                        ),
                        ("valid_from", models.DateField(verbose_name="valid from")),
                        (
                            "valid_until",
                            models.DateField(blank=True, null=True, verbose_name="valid until (exclusive)"),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        "verbose_name": "price list",
                        "verbose_name_plural": "price lists",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("rule__in", ["discount", "fixed", "listed_only", "margin"])),
                                name="price_list_rule_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("rule", "fixed"), _negated=True), name="price_list_rule_not_fixed"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("percent__gte", 0), ("percent__lt", 1000)),
                                name="price_list_percent_range",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("rule", "discount"), _negated=True),
                                    ("percent__lte", 100),
                                    _connector="OR",
                                ),
                                name="price_list_discount_below_100",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_until", None), ("valid_until__gt", models.F("valid_from")), _connector="OR"
                                ),
                                name="price_list_period",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PriceListAssignment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("assigned_at", models.DateTimeField()),
                        ("removed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="price_list_assignments",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "assigned_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "price_list",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="assignments",
                                to="storefront.pricelist",
                            ),
                        ),
                        (
                            "removed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "price list assignment",
                        "verbose_name_plural": "price list assignments",
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("removed_at", None)),
                                fields=("account", "price_list"),
                                name="price_list_assigned_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PriceListEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=False,
                            ),
                        ),
                        ("name", models.CharField(max_length=100, verbose_name="name")),
                        ("currency", models.CharField(default="EUR", max_length=3, verbose_name="currency")),
                        (
                            "rule",
                            models.CharField(
                                choices=[
                                    ("listed_only", "Only listed offers"),
                                    ("margin", "Margin on cost"),
                                    ("discount", "Discount on retail"),
                                    ("fixed", "Fixed price"),
                                ],
                                max_length=12,
                                verbose_name="price of offers without a line",
                            ),
                        ),
                        (
                            "percent",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="Margin on cost, or discount on retail.",
                                max_digits=7,
                                validators=[
                                    django.core.validators.MinValueValidator(0),
                                    django.core.validators.MaxValueValidator(999),
                                ],
                                verbose_name="per cent",
                            ),
                        ),
                        ("valid_from", models.DateField(verbose_name="valid from")),
                        (
                            "valid_until",
                            models.DateField(blank=True, null=True, verbose_name="valid until (exclusive)"),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="storefront.pricelist",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="PriceSheetImport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=True,
                            ),
                        ),
                        ("file_name", models.CharField(max_length=200, verbose_name="file")),
                        ("sha256", models.CharField(max_length=64)),
                        ("content", models.BinaryField(blank=True, null=True)),
                        ("month", models.DateField(blank=True, null=True, verbose_name="month")),
                        (
                            "status",
                            models.CharField(
                                choices=[("checked", "Checked"), ("applied", "Applied"), ("refused", "Refused")],
                                max_length=8,
                                verbose_name="status",
                            ),
                        ),
                        ("rows", models.PositiveIntegerField(default=0)),
                        ("report", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField(verbose_name="uploaded")),
                        ("applied_at", models.DateTimeField(blank=True, null=True, verbose_name="applied")),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "price sheet",
                        "verbose_name_plural": "price sheets",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["applied", "checked", "refused"])),
                                name="price_sheet_status_known",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Product",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=True,
                            ),
                        ),
                        (
                            "vendor",
                            models.CharField(
                                choices=[("microsoft", "Microsoft"), ("own", "Own product")],
                                max_length=10,
                                verbose_name="vendor",
                            ),
                        ),
                        ("vendor_product_id", models.CharField(max_length=40, verbose_name="product id")),
                        ("sku_id", models.CharField(blank=True, max_length=20, verbose_name="SKU id")),
                        ("title", models.CharField(max_length=250, verbose_name="name")),
                        ("family", models.CharField(blank=True, max_length=250, verbose_name="family")),
                        ("publisher", models.CharField(blank=True, max_length=120, verbose_name="publisher")),
                        ("description", models.TextField(blank=True, verbose_name="description")),
                        ("is_trial", models.BooleanField(default=False)),
                        ("is_active", models.BooleanField(default=True, verbose_name="on sale")),
                        (
                            "product_type",
                            models.CharField(
                                choices=[("licence", "Licence"), ("service", "Service")],
                                default="licence",
                                max_length=10,
                                verbose_name="type",
                            ),
                        ),
                        (
                            "delivery",
                            models.CharField(
                                choices=[("microsoft", "By Microsoft"), ("at_once", "At once"), ("by_hand", "By hand")],
                                default="microsoft",
                                max_length=10,
                                verbose_name="executed",
                            ),
                        ),
                        ("is_proratable", models.BooleanField(default=False, verbose_name="proratable")),
                        (
                            "refund_policy",
                            models.CharField(
                                choices=[
                                    ("none", "No refund"),
                                    ("day", "By day"),
                                    ("hour", "By hour, within 168 hours"),
                                ],
                                default="none",
                                max_length=8,
                                verbose_name="refund policy",
                            ),
                        ),
                        (
                            "setup_fee",
                            models.DecimalField(
                                decimal_places=2,
                                default=0,
                                max_digits=14,
                                validators=[django.core.validators.MinValueValidator(0)],
                                verbose_name="set-up fee per unit",
                            ),
                        ),
                        (
                            "min_quantity",
                            models.PositiveIntegerField(
                                default=1,
                                validators=[django.core.validators.MinValueValidator(1)],
                                verbose_name="least quantity",
                            ),
                        ),
                        (
                            "max_quantity",
                            models.PositiveIntegerField(
                                default=10000,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(1000000),
                                ],
                                verbose_name="largest quantity",
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "verbose_name": "product",
                        "verbose_name_plural": "products",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("vendor__in", ["microsoft", "own"])), name="product_vendor_known"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("delivery__in", ["at_once", "by_hand", "microsoft"])),
                                name="product_delivery_known",
                            ),
                            models.UniqueConstraint(
                                fields=("vendor", "vendor_product_id", "sku_id"), name="product_sku_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("vendor", "own"),
                                    models.Q(("delivery", "microsoft"), ("is_proratable", False)),
                                    _connector="OR",
                                ),
                                name="product_microsoft_never_prorates",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("vendor", "microsoft"),
                                    models.Q(("delivery", "microsoft"), _negated=True),
                                    _connector="OR",
                                ),
                                name="product_own_is_not_delivered_by_microsoft",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("max_quantity__gte", models.F("min_quantity"))),
                                name="product_quantity_range",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Offer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=True,
                            ),
                        ),
                        (
                            "term",
                            models.CharField(
                                choices=[
                                    ("P1M", "1 month"),
                                    ("P1Y", "1 year"),
                                    ("P3Y", "3 years"),
                                    ("none", "No term"),
                                ],
                                max_length=4,
                                verbose_name="term",
                            ),
                        ),
                        (
                            "billing_plan",
                            models.CharField(
                                choices=[
                                    ("monthly", "Monthly"),
                                    ("annual", "Annual"),
                                    ("triennial", "Every 3 years"),
                                    ("one_time", "Once"),
                                    ("none", "Free trial"),
                                ],
                                max_length=10,
                                verbose_name="billing",
                            ),
                        ),
                        (
                            "segment",
                            models.CharField(
                                choices=[
                                    ("Commercial", "Commercial"),
                                    ("Education", "Education"),
                                    ("Charity", "Charity"),
                                ],
                                default="Commercial",
                                max_length=12,
                                verbose_name="segment",
                            ),
                        ),
                        ("market", models.CharField(blank=True, max_length=2, verbose_name="market")),
                        (
                            "product",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="offers",
                                to="storefront.product",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "offer",
                        "verbose_name_plural": "offers",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("term__in", ["P1M", "P1Y", "P3Y", "none"])), name="offer_term_known"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("billing_plan__in", ["annual", "monthly", "none", "one_time", "triennial"])
                                ),
                                name="offer_billing_plan_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("segment__in", ["Charity", "Commercial", "Education"])),
                                name="offer_segment_known",
                            ),
                            models.UniqueConstraint(
                                fields=("product", "term", "billing_plan", "segment", "market"), name="offer_once"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BasketLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=True,
                            ),
                        ),
                        ("quantity", models.PositiveIntegerField()),
                        ("quoted_price", models.DecimalField(decimal_places=6, max_digits=16)),
                        ("currency", models.CharField(max_length=3)),
                        ("created_at", models.DateTimeField()),
                        (
                            "basket",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="storefront.basket",
                            ),
                        ),
                        (
                            "beneficiary",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "offer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="storefront.offer"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gte", 1)), name="basket_line_quantity"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OfferPrice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("currency", models.CharField(max_length=3, verbose_name="currency")),
                        (
                            "cost",
                            models.DecimalField(
                                blank=True, decimal_places=6, max_digits=16, null=True, verbose_name="cost"
                            ),
                        ),
                        (
                            "retail",
                            models.DecimalField(
                                decimal_places=6,
                                max_digits=16,
                                validators=[django.core.validators.MinValueValidator(0)],
                                verbose_name="retail price",
                            ),
                        ),
                        ("valid_from", models.DateTimeField(verbose_name="valid from")),
                        (
                            "valid_until",
                            models.DateTimeField(blank=True, null=True, verbose_name="valid until (exclusive)"),
                        ),
                        (
                            "offer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="prices",
                                to="storefront.offer",
                            ),
                        ),
                        (
                            "sheet",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="prices",
                                to="storefront.pricesheetimport",
                            ),
                        ),
                        ("replaced_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        (
                            "replaced_by",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="storefront.pricesheetimport",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "price",
                        "verbose_name_plural": "prices",
                        "indexes": [
                            models.Index(fields=["offer", "currency", "valid_from"], name="offer_price_by_offer")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("retail__isnull", True), ("retail__gte", 0), _connector="OR"),
                                name="offer_price_retail_not_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("cost__isnull", True), ("cost__gte", 0), _connector="OR"),
                                name="offer_price_cost_not_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_until", None), ("valid_until__gt", models.F("valid_from")), _connector="OR"
                                ),
                                name="offer_price_period",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                condition=models.Q(("replaced_at", None)),
                                expressions=[
                                    (
                                        models.Func(
                                            models.F("offer_id"),
                                            models.F("offer_id"),
                                            models.Value("[]"),
                                            function="int8range",
                                        ),
                                        "=",
                                    ),
                                    (
                                        models.Func(
                                            models.Func(models.F("currency"), function="hashtext"),
                                            models.Func(models.F("currency"), function="hashtext"),
                                            models.Value("[]"),
                                            function="int8range",
                                        ),
                                        "=",
                                    ),
                                    (
                                        models.Func(
                                            models.F("valid_from"), models.F("valid_until"), function="tstzrange"
                                        ),
                                        "&&",
                                    ),
                                ],
                                name="offer_price_one_at_a_time",
                                violation_error_message="The offer has another price in this time.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrderItem",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=True,
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField()),
                        ("product_name", models.CharField(max_length=250)),
                        ("sku", models.CharField(max_length=80)),
                        ("quantity", models.PositiveIntegerField()),
                        ("unit_price", models.DecimalField(decimal_places=6, max_digits=16)),
                        ("price_parts", models.PositiveSmallIntegerField(default=1)),
                        ("cycle_months", models.PositiveSmallIntegerField()),
                        ("term_months", models.PositiveSmallIntegerField(default=0)),
                        ("setup_fee", models.DecimalField(decimal_places=6, default=0, max_digits=16)),
                        ("price_source", models.CharField(max_length=200)),
                        ("first_period_net", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("first_period_gross", models.DecimalField(decimal_places=2, max_digits=14)),
                        (
                            "delivery",
                            models.CharField(
                                choices=[("microsoft", "By Microsoft"), ("at_once", "At once"), ("by_hand", "By hand")],
                                max_length=10,
                            ),
                        ),
                        (
                            "delivery_status",
                            models.CharField(
                                choices=[
                                    ("pending", "Pending"),
                                    ("in_progress", "In progress"),
                                    ("delivered", "Delivered"),
                                    ("failed", "Failed"),
                                ],
                                default="pending",
                                max_length=12,
                            ),
                        ),
                        (
                            "offer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="order_items",
                                to="storefront.offer",
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="items",
                                to="storefront.order",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "order item",
                        "verbose_name_plural": "order items",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("delivery__in", ["at_once", "by_hand", "microsoft"])),
                                name="order_item_delivery_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("delivery_status__in", ["delivered", "failed", "in_progress", "pending"])
                                ),
                                name="order_item_delivery_status_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gte", 1)), name="order_item_quantity"
                            ),
                            models.UniqueConstraint(fields=("order", "position"), name="order_item_position"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PriceListItem",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "rule",
                            models.CharField(
                                choices=[
                                    ("listed_only", "Only listed offers"),
                                    ("margin", "Margin on cost"),
                                    ("discount", "Discount on retail"),
                                    ("fixed", "Fixed price"),
                                ],
                                default="fixed",
                                max_length=12,
                                verbose_name="rule",
                            ),
                        ),
                        (
                            "percent",
                            models.DecimalField(
                                blank=True, decimal_places=4, max_digits=7, null=True, verbose_name="per cent"
                            ),
                        ),
                        (
                            "price",
                            models.DecimalField(
                                blank=True,
                                decimal_places=6,
                                max_digits=16,
                                null=True,
                                verbose_name="price per unit and term",
                            ),
                        ),
                        (
                            "offer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="price_list_items",
                                to="storefront.offer",
                            ),
                        ),
                        (
                            "price_list",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="items",
                                to="storefront.pricelist",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "price list line",
                        "verbose_name_plural": "price list lines",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("rule__in", ["discount", "fixed", "listed_only", "margin"])),
                                name="price_list_item_rule_known",
                            ),
                            models.UniqueConstraint(fields=("price_list", "offer"), name="price_list_item_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("percent", None), ("price__gte", 0), ("rule", "fixed")),
                                    models.Q(
                                        ("percent__gte", 0), ("price", None), ("rule__in", ["margin", "discount"])
                                    ),
                                    _connector="OR",
                                ),
                                name="price_list_item_value_by_rule",
                                violation_error_message="A fixed price needs a price; margin and discount need a percentage.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PriceListItemEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        (
                            "rule",
                            models.CharField(
                                choices=[
                                    ("listed_only", "Only listed offers"),
                                    ("margin", "Margin on cost"),
                                    ("discount", "Discount on retail"),
                                    ("fixed", "Fixed price"),
                                ],
                                default="fixed",
                                max_length=12,
                                verbose_name="rule",
                            ),
                        ),
                        (
                            "percent",
                            models.DecimalField(
                                blank=True, decimal_places=4, max_digits=7, null=True, verbose_name="per cent"
                            ),
                        ),
                        (
                            "price",
                            models.DecimalField(
                                blank=True,
                                decimal_places=6,
                                max_digits=16,
                                null=True,
                                verbose_name="price per unit and term",
                            ),
                        ),
                        (
                            "offer",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="storefront.offer",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="storefront.pricelistitem",
                            ),
                        ),
                        (
                            "price_list",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="storefront.pricelist",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="ProductTitleIsActiveDeliveryIsProratableRefundPolicySetupFeeMaxQuantityEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("title", models.CharField(max_length=250, verbose_name="name")),
                        ("is_active", models.BooleanField(default=True, verbose_name="on sale")),
                        (
                            "delivery",
                            models.CharField(
                                choices=[("microsoft", "By Microsoft"), ("at_once", "At once"), ("by_hand", "By hand")],
                                default="microsoft",
                                max_length=10,
                                verbose_name="executed",
                            ),
                        ),
                        ("is_proratable", models.BooleanField(default=False, verbose_name="proratable")),
                        (
                            "refund_policy",
                            models.CharField(
                                choices=[
                                    ("none", "No refund"),
                                    ("day", "By day"),
                                    ("hour", "By hour, within 168 hours"),
                                ],
                                default="none",
                                max_length=8,
                                verbose_name="refund policy",
                            ),
                        ),
                        (
                            "setup_fee",
                            models.DecimalField(
                                decimal_places=2,
                                default=0,
                                max_digits=14,
                                validators=[django.core.validators.MinValueValidator(0)],
                                verbose_name="set-up fee per unit",
                            ),
                        ),
                        (
                            "max_quantity",
                            models.PositiveIntegerField(
                                default=10000,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(1000000),
                                ],
                                verbose_name="largest quantity",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="title_is_active_delivery_is_proratable_refund_policy_setup_fee_max_quantity_events",
                                to="storefront.product",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Tenant",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=True,
                            ),
                        ),
                        ("domain_prefix", models.CharField(max_length=27, verbose_name="tenant name")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "None"),
                                    ("creating", "Checking"),
                                    ("created", "Checking"),
                                    ("ready", "Linked"),
                                    ("rejected", "Failed"),
                                ],
                                default="draft",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("ms_tenant_id", models.UUIDField(blank=True, null=True, unique=True)),
                        ("reason_code", models.CharField(blank=True, max_length=40)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("lease_until", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField()),
                        ("ready_at", models.DateTimeField(blank=True, null=True)),
                        ("touched_at", models.DateTimeField(auto_now=True)),
                        (
                            "account",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tenant",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "tenant",
                        "verbose_name_plural": "tenants",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ["created", "creating", "draft", "ready", "rejected"])
                                ),
                                name="tenant_state_known",
                            ),
                            models.UniqueConstraint(
                                django.db.models.functions.text.Lower("domain_prefix"), name="tenant_prefix_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("domain_prefix__regex", "^[a-z0-9]{1,27}$")),
                                name="tenant_prefix_form",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "ready"), _negated=True),
                                    ("ms_tenant_id__isnull", False),
                                    _connector="OR",
                                ),
                                name="tenant_ready_has_id",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Agreement",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("signer_first_name", models.CharField(max_length=50)),
                        ("signer_last_name", models.CharField(max_length=50)),
                        ("signer_email", models.EmailField(max_length=254)),
                        ("signer_phone", models.CharField(max_length=30)),
                        ("agreed_at", models.DateTimeField()),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="agreements",
                                to="storefront.tenant",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "agreement",
                        "verbose_name_plural": "agreements",
                    },
                ),
                migrations.CreateModel(
                    name="FulfilmentUnit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=True,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("planned", "Planned"),
                                    ("waiting_tenant", "Waiting for the tenant"),
                                    ("cart_pending", "Building the cart"),
                                    ("cart_ready", "Cart ready"),
                                    ("checkout_pending", "Ordering"),
                                    ("checkout_unknown", "Outcome unknown"),
                                    ("accepted", "Accepted"),
                                    ("provisioning", "Being set up"),
                                    ("active", "Active"),
                                    ("rejected", "Rejected"),
                                    ("needs_person", "Needs a person"),
                                ],
                                default="planned",
                                max_length=16,
                                verbose_name="state",
                            ),
                        ),
                        ("series", models.PositiveSmallIntegerField(default=1)),
                        ("ms_cart_id", models.CharField(blank=True, max_length=64)),
                        ("ms_order_id", models.CharField(blank=True, max_length=64)),
                        ("reason_code", models.CharField(blank=True, max_length=40)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("next_try_at", models.DateTimeField(blank=True, null=True)),
                        ("lease_until", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField()),
                        ("checkout_sent_at", models.DateTimeField(blank=True, null=True)),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        ("touched_at", models.DateTimeField(auto_now=True)),
                        (
                            "order_item",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="unit",
                                to="storefront.orderitem",
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="units",
                                to="storefront.tenant",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "fulfilment",
                        "verbose_name_plural": "fulfilments",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "state__in",
                                        [
                                            "accepted",
                                            "active",
                                            "cart_pending",
                                            "cart_ready",
                                            "checkout_pending",
                                            "checkout_unknown",
                                            "needs_person",
                                            "planned",
                                            "provisioning",
                                            "rejected",
                                            "waiting_tenant",
                                        ],
                                    )
                                ),
                                name="unit_state_known",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("ms_cart_id", ""), _negated=True),
                                fields=("ms_cart_id",),
                                name="unit_cart_once",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("ms_order_id", ""), _negated=True),
                                fields=("ms_order_id",),
                                name="unit_ms_order_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PartnerCall",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("step", models.CharField(max_length=24, verbose_name="step")),
                        ("series", models.PositiveSmallIntegerField(default=1)),
                        ("method", models.CharField(max_length=6)),
                        ("path", models.CharField(max_length=300)),
                        ("body", models.JSONField(blank=True, null=True)),
                        ("body_hash", models.CharField(max_length=64)),
                        ("ms_request_id", models.UUIDField(unique=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("planned", "Planned"),
                                    ("sent", "Sent"),
                                    ("unknown", "Unknown"),
                                    ("ok", "Done"),
                                    ("refused", "Refused"),
                                ],
                                default="planned",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        ("attempts", models.JSONField(default=list)),
                        ("answer_status", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("answer", models.JSONField(blank=True, null=True)),
                        ("created_at", models.DateTimeField()),
                        ("sent_at", models.DateTimeField(blank=True, null=True)),
                        ("answered_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "unit",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="calls",
                                to="storefront.fulfilmentunit",
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="calls",
                                to="storefront.tenant",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "call to Microsoft",
                        "verbose_name_plural": "calls to Microsoft",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["ok", "planned", "refused", "sent", "unknown"])),
                                name="partner_call_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("tenant", None), ("unit__isnull", False)),
                                    models.Q(("tenant__isnull", False), ("unit", None)),
                                    _connector="OR",
                                ),
                                name="partner_call_has_one_subject",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("unit__isnull", False)),
                                fields=("unit", "step", "series"),
                                name="partner_call_unit_once",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("tenant__isnull", False)),
                                fields=("tenant", "step", "series"),
                                name="partner_call_tenant_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Subscription",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "public_id",
                            config.kernel.public_ids.PublicIdField(
                                default=config.kernel.public_ids.new_public_id,
                                editable=False,
                                max_length=20,
                                unique=True,
                            ),
                        ),
                        ("number", models.CharField(max_length=20, unique=True, verbose_name="number")),
                        ("name", models.CharField(max_length=250, verbose_name="name")),
                        (
                            "mode",
                            models.CharField(
                                choices=[
                                    ("personal", "Personal usage"),
                                    ("affiliate", "Affiliate account"),
                                    ("end_customer", "End customer"),
                                ],
                                max_length=12,
                                verbose_name="purchase mode",
                            ),
                        ),
                        ("mpn_id", models.CharField(blank=True, max_length=10, null=True, verbose_name="MPN ID")),
                        ("currency", models.CharField(max_length=3)),
                        ("quantity", models.PositiveIntegerField(verbose_name="seats")),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("pending", "Pending"),
                                    ("active", "Active"),
                                    ("pending_cancel", "Ending"),
                                    ("suspended", "Suspended"),
                                    ("failed", "Failed"),
                                    ("expired", "Expired"),
                                    ("canceled", "Canceled"),
                                ],
                                default="pending",
                                max_length=16,
                                verbose_name="status",
                            ),
                        ),
                        ("auto_renew", models.BooleanField(default=True, verbose_name="renews")),
                        ("start_on", models.DateField(blank=True, null=True, verbose_name="start")),
                        ("term_end_on", models.DateField(blank=True, null=True, verbose_name="term ends")),
                        ("cancellable_until", models.DateTimeField(blank=True, null=True)),
                        ("ms_subscription_id", models.UUIDField(blank=True, null=True, unique=True)),
                        ("ms_order_id", models.CharField(blank=True, max_length=64)),
                        ("failure_reason", models.CharField(blank=True, max_length=300)),
                        ("created_at", models.DateTimeField()),
                        ("activated_at", models.DateTimeField(blank=True, null=True)),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        ("synced_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "beneficiary",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="subscriptions",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "bill_to",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="subscriptions_to_pay",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "offer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="subscriptions",
                                to="storefront.offer",
                            ),
                        ),
                        (
                            "order_item",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="subscription",
                                to="storefront.orderitem",
                            ),
                        ),
                        (
                            "schedule",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="subscription",
                                to="invoicing.billingschedule",
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="subscriptions",
                                to="storefront.tenant",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "subscription",
                        "verbose_name_plural": "subscriptions",
                        "indexes": [models.Index(fields=["bill_to", "-created_at", "-id"], name="subscription_newest")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        [
                                            "active",
                                            "canceled",
                                            "expired",
                                            "failed",
                                            "pending",
                                            "pending_cancel",
                                            "suspended",
                                        ],
                                    )
                                ),
                                name="subscription_status_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("mode__in", ["affiliate", "end_customer", "personal"])),
                                name="subscription_mode_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("mpn_id", None), ("mode", "end_customer"), _connector="OR"),
                                name="subscription_mpn_only_for_end_customers",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status__in", ["active", "pending_cancel", "suspended"]), _negated=True),
                                    models.Q(("activated_at__isnull", False), ("start_on__isnull", False)),
                                    _connector="OR",
                                ),
                                name="subscription_active_has_start",
                            ),
                        ],
                    },
                ),
            ],
        ),
    ]
