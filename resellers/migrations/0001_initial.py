"""Every table of resellers, with its checks, keys and indexes."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from config.kernel.migrations_together import Together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name="Reseller",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "reselling_enabled",
                            models.BooleanField(
                                default=False,
                                help_text="Without it the account buys for itself only.",
                                verbose_name="Enable Reselling",
                            ),
                        ),
                        (
                            "credit_limit",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                help_text="Empty means no limit; 0 means prepayment only.",
                                max_digits=14,
                                null=True,
                                validators=[django.core.validators.MinValueValidator(0)],
                                verbose_name="Credit Limit",
                            ),
                        ),
                        ("prorate_billing", models.BooleanField(default=True, verbose_name="Enable Prorate Billing")),
                        (
                            "billing_day_rule",
                            models.CharField(
                                choices=[
                                    ("first", "First of the month"),
                                    ("last", "Last of the month"),
                                    ("first_order", "Day of the first order"),
                                    ("fixed", "Fixed day"),
                                ],
                                default="first",
                                max_length=12,
                                verbose_name="billing day",
                            ),
                        ),
                        (
                            "billing_day",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(31),
                                ],
                                verbose_name="fixed day",
                            ),
                        ),
                        ("first_order_day", models.PositiveSmallIntegerField(blank=True, editable=False, null=True)),
                        (
                            "partial_charges",
                            models.CharField(
                                choices=[("order_day", "On order day"), ("billing_day", "On billing day")],
                                default="billing_day",
                                max_length=12,
                                verbose_name="Partial Charges Invoicing",
                            ),
                        ),
                        (
                            "payment_method",
                            models.CharField(
                                choices=[
                                    ("bank_transfer", "Bank transfer"),
                                    ("direct_debit", "Direct debit"),
                                    ("prepayment", "Prepayment"),
                                ],
                                default="bank_transfer",
                                max_length=16,
                                verbose_name="payment method",
                            ),
                        ),
                        (
                            "payment_days",
                            models.PositiveSmallIntegerField(
                                default=30,
                                validators=[django.core.validators.MaxValueValidator(365)],
                                verbose_name="payment days",
                            ),
                        ),
                        (
                            "mpn_id",
                            models.CharField(blank=True, max_length=10, null=True, unique=True, verbose_name="MPN ID"),
                        ),
                        (
                            "mpn_status",
                            models.CharField(
                                choices=[
                                    ("none", "None"),
                                    ("unchecked", "Unchecked"),
                                    ("valid", "Valid"),
                                    ("invalid", "Invalid"),
                                ],
                                default="none",
                                editable=False,
                                max_length=10,
                            ),
                        ),
                        ("mpn_checked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("mpn_error", models.CharField(blank=True, editable=False, max_length=250)),
                        (
                            "csp_tenant_id",
                            models.UUIDField(
                                blank=True,
                                help_text="Found by itself when Microsoft knows the MPN ID.",
                                null=True,
                                unique=True,
                                verbose_name="Microsoft tenant id of the partner",
                            ),
                        ),
                        (
                            "separate_invoices_default",
                            models.CharField(
                                choices=[
                                    ("follow", "Follow the Storefront setting"),
                                    ("separate", "Separate invoices"),
                                    ("aggregated", "One aggregated invoice"),
                                ],
                                default="follow",
                                max_length=10,
                                verbose_name="invoices for new sub-customers",
                            ),
                        ),
                        (
                            "account",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reseller",
                                to="accounts.account",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "reseller",
                        "verbose_name_plural": "resellers",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("billing_day_rule__in", ["first", "first_order", "fixed", "last"])),
                                name="reseller_billing_day_rule_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("partial_charges__in", ["billing_day", "order_day"])),
                                name="reseller_partial_charges_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("payment_method__in", ["bank_transfer", "direct_debit", "prepayment"])
                                ),
                                name="reseller_payment_method_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("mpn_status__in", ["invalid", "none", "unchecked", "valid"])),
                                name="reseller_mpn_status_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("separate_invoices_default__in", ["aggregated", "follow", "separate"])
                                ),
                                name="reseller_separate_default_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("credit_limit__isnull", True), ("credit_limit__gte", 0), _connector="OR"
                                ),
                                name="reseller_credit_limit_not_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("billing_day__range", (1, 31)), ("billing_day_rule", "fixed")),
                                    models.Q(
                                        models.Q(("billing_day_rule", "fixed"), _negated=True), ("billing_day", None)
                                    ),
                                    _connector="OR",
                                ),
                                name="reseller_fixed_day_by_rule",
                                violation_error_message="Give the day for “Fixed day”, and leave it empty otherwise.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("mpn_id", None), ("mpn_id__regex", "^[1-9][0-9]{3,9}$"), _connector="OR"
                                ),
                                name="reseller_mpn_id_is_digits",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("mpn_id", None), ("mpn_status", "none")),
                                    models.Q(
                                        ("mpn_id__isnull", False), models.Q(("mpn_status", "none"), _negated=True)
                                    ),
                                    _connector="OR",
                                ),
                                name="reseller_mpn_status_pair",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ResellerEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        (
                            "reselling_enabled",
                            models.BooleanField(
                                default=False,
                                help_text="Without it the account buys for itself only.",
                                verbose_name="Enable Reselling",
                            ),
                        ),
                        (
                            "credit_limit",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                help_text="Empty means no limit; 0 means prepayment only.",
                                max_digits=14,
                                null=True,
                                validators=[django.core.validators.MinValueValidator(0)],
                                verbose_name="Credit Limit",
                            ),
                        ),
                        ("prorate_billing", models.BooleanField(default=True, verbose_name="Enable Prorate Billing")),
                        (
                            "billing_day_rule",
                            models.CharField(
                                choices=[
                                    ("first", "First of the month"),
                                    ("last", "Last of the month"),
                                    ("first_order", "Day of the first order"),
                                    ("fixed", "Fixed day"),
                                ],
                                default="first",
                                max_length=12,
                                verbose_name="billing day",
                            ),
                        ),
                        (
                            "billing_day",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(31),
                                ],
                                verbose_name="fixed day",
                            ),
                        ),
                        ("first_order_day", models.PositiveSmallIntegerField(blank=True, editable=False, null=True)),
                        (
                            "partial_charges",
                            models.CharField(
                                choices=[("order_day", "On order day"), ("billing_day", "On billing day")],
                                default="billing_day",
                                max_length=12,
                                verbose_name="Partial Charges Invoicing",
                            ),
                        ),
                        (
                            "payment_method",
                            models.CharField(
                                choices=[
                                    ("bank_transfer", "Bank transfer"),
                                    ("direct_debit", "Direct debit"),
                                    ("prepayment", "Prepayment"),
                                ],
                                default="bank_transfer",
                                max_length=16,
                                verbose_name="payment method",
                            ),
                        ),
                        (
                            "payment_days",
                            models.PositiveSmallIntegerField(
                                default=30,
                                validators=[django.core.validators.MaxValueValidator(365)],
                                verbose_name="payment days",
                            ),
                        ),
                        ("mpn_id", models.CharField(blank=True, max_length=10, null=True, verbose_name="MPN ID")),
                        (
                            "mpn_status",
                            models.CharField(
                                choices=[
                                    ("none", "None"),
                                    ("unchecked", "Unchecked"),
                                    ("valid", "Valid"),
                                    ("invalid", "Invalid"),
                                ],
                                default="none",
                                editable=False,
                                max_length=10,
                            ),
                        ),
                        ("mpn_checked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("mpn_error", models.CharField(blank=True, editable=False, max_length=250)),
                        (
                            "csp_tenant_id",
                            models.UUIDField(
                                blank=True,
                                help_text="Found by itself when Microsoft knows the MPN ID.",
                                null=True,
                                verbose_name="Microsoft tenant id of the partner",
                            ),
                        ),
                        (
                            "separate_invoices_default",
                            models.CharField(
                                choices=[
                                    ("follow", "Follow the Storefront setting"),
                                    ("separate", "Separate invoices"),
                                    ("aggregated", "One aggregated invoice"),
                                ],
                                default="follow",
                                max_length=10,
                                verbose_name="invoices for new sub-customers",
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="accounts.account",
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
                                to="resellers.reseller",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
            ],
        ),
    ]
