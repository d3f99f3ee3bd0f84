"""Every table of invoicing, with its checks, keys and indexes."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django_countries.fields
from django.conf import settings
from django.db import migrations, models

import config.kernel.public_ids
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
                    name="BillingRun",
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
                                    ("scheduled", "Scheduled"),
                                    ("calculating", "Calculating"),
                                    ("previewed", "Previewed"),
                                    ("issuing", "Issuing"),
                                    ("done", "Done"),
                                    ("done_with_errors", "Done, with errors"),
                                    ("discarded", "Discarded"),
                                ],
                                default="scheduled",
                                max_length=16,
                                verbose_name="state",
                            ),
                        ),
                        ("through", models.DateField(verbose_name="bills through")),
                        ("invoice_on", models.DateField(verbose_name="invoice date")),
                        ("order_reference", models.CharField(blank=True, max_length=40, verbose_name="order")),
                        ("auto_issue", models.BooleanField(default=False, verbose_name="issue at once")),
                        ("started_at", models.DateTimeField(verbose_name="started")),
                        ("claimed_at", models.DateTimeField(blank=True, null=True)),
                        ("previewed_at", models.DateTimeField(blank=True, null=True)),
                        ("issue_asked_at", models.DateTimeField(blank=True, null=True)),
                        ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                        (
                            "issue_asked_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "reseller",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="billing_runs",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "started_by",
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
                        "verbose_name": "billing run",
                        "verbose_name_plural": "billing runs",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "state__in",
                                        [
                                            "calculating",
                                            "discarded",
                                            "done",
                                            "done_with_errors",
                                            "issuing",
                                            "previewed",
                                            "scheduled",
                                        ],
                                    )
                                ),
                                name="billing_run_state_known",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state__in", ["scheduled", "calculating", "previewed", "issuing"])),
                                fields=("reseller", "order_reference"),
                                name="billing_run_one_unfinished",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("order_reference", ""), ("reseller__isnull", False), _connector="OR"
                                ),
                                name="billing_run_order_has_reseller",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BillingSchedule",
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
                        ("currency", models.CharField(max_length=3)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("pending", "Waiting for confirmation"),
                                    ("active", "Active"),
                                    ("ended", "Ended"),
                                    ("void", "Void"),
                                ],
                                default="pending",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
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
                        ("product_name", models.CharField(max_length=250, verbose_name="product")),
                        ("product_type", models.CharField(blank=True, max_length=40)),
                        ("sku", models.CharField(blank=True, max_length=80, verbose_name="SKU")),
                        ("service_reference", models.CharField(blank=True, max_length=120, verbose_name="service")),
                        ("order_reference", models.CharField(blank=True, max_length=40, verbose_name="order")),
                        ("tenant_domain", models.CharField(blank=True, max_length=255, verbose_name="tenant")),
                        ("partner_id", models.CharField(blank=True, max_length=20, verbose_name="partner id")),
                        ("price_source", models.CharField(blank=True, max_length=200, verbose_name="price from")),
                        ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                        ("price", models.DecimalField(decimal_places=6, max_digits=16, verbose_name="price")),
                        ("price_parts", models.PositiveSmallIntegerField(default=1)),
                        (
                            "setup_fee",
                            models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name="set-up fee"),
                        ),
                        ("cycle_months", models.PositiveSmallIntegerField(verbose_name="months per billing period")),
                        (
                            "term_months",
                            models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="months per term"),
                        ),
                        ("billing_day", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("partial_on", models.PositiveSmallIntegerField(blank=True, null=True)),
                        (
                            "refund_policy",
                            models.CharField(
                                choices=[
                                    ("none", "No refund"),
                                    ("day", "By day"),
                                    ("hour", "By hour, within 168 hours"),
                                ],
                                default="none",
                                max_length=4,
                            ),
                        ),
                        ("order_on", models.DateField(verbose_name="ordered on")),
                        ("start_on", models.DateField(blank=True, null=True, verbose_name="starts on")),
                        ("term_end_on", models.DateField(blank=True, null=True, verbose_name="term ends on")),
                        ("end_on", models.DateField(blank=True, null=True, verbose_name="ends on")),
                        ("charged_through", models.DateField(blank=True, null=True)),
                        ("next_invoice_on", models.DateField(blank=True, null=True, verbose_name="next invoice on")),
                        ("first_period_net", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("first_period_gross", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("opened_at", models.DateTimeField()),
                        ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=500)),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "beneficiary",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="schedules",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "bill_to",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="schedules_to_pay",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "opened_by",
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
                        "verbose_name": "billing schedule",
                        "verbose_name_plural": "billing schedules",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "active")),
                                fields=["next_invoice_on", "bill_to"],
                                name="schedule_due",
                            ),
                            models.Index(
                                condition=models.Q(("state", "pending")), fields=["bill_to"], name="schedule_pending"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["active", "ended", "pending", "void"])),
                                name="schedule_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("mode__in", ["affiliate", "end_customer", "personal"])),
                                name="schedule_mode_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("refund_policy__in", ["day", "hour", "none"])),
                                name="schedule_refund_policy_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("price__isnull", True), ("price__gte", 0), _connector="OR"),
                                name="schedule_price_not_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("setup_fee__isnull", True), ("setup_fee__gte", 0), _connector="OR"),
                                name="schedule_setup_fee_not_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("confirmed_at__isnull", True), ("start_on__isnull", True)),
                                    models.Q(("confirmed_at__isnull", False), ("start_on__isnull", False)),
                                    _connector="OR",
                                ),
                                name="schedule_confirmed_pair",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("price_parts__gte", 1)), name="schedule_parts_positive"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("billing_day", None), ("billing_day__range", (1, 31)), _connector="OR"
                                ),
                                name="schedule_billing_day_in_month",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("partial_on", None), ("partial_on__range", (1, 31)), _connector="OR"
                                ),
                                name="schedule_partial_day_in_month",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ("pending", "void")), ("start_on__isnull", False), _connector="OR"
                                ),
                                name="schedule_active_has_start",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "void"), ("voided_at__isnull", False)),
                                    models.Q(models.Q(("state", "void"), _negated=True), ("voided_at", None)),
                                    _connector="OR",
                                ),
                                name="schedule_void_has_moment",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("end_on", None), ("end_on__gte", models.F("start_on")), _connector="OR"
                                ),
                                name="schedule_ends_after_start",
                            ),
                            models.UniqueConstraint(fields=("bill_to", "id"), name="schedule_bill_to_key"),
                            models.UniqueConstraint(
                                fields=("id", "bill_to", "beneficiary", "currency"), name="schedule_chain_key"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BillingSettings",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "invoice_prefix",
                            models.CharField(
                                default="INV",
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-Z][A-Z0-9]{0,9}$", "Use up to ten capital letters and digits."
                                    )
                                ],
                                verbose_name="invoice numbers begin with",
                            ),
                        ),
                        (
                            "credit_prefix",
                            models.CharField(
                                default="CRN",
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-Z][A-Z0-9]{0,9}$", "Use up to ten capital letters and digits."
                                    )
                                ],
                                verbose_name="credit numbers begin with",
                            ),
                        ),
                        (
                            "number_width",
                            models.PositiveSmallIntegerField(
                                default=6,
                                validators=[
                                    django.core.validators.MinValueValidator(3),
                                    django.core.validators.MaxValueValidator(9),
                                ],
                                verbose_name="digits of a number",
                            ),
                        ),
                        (
                            "by_supply_month",
                            models.BooleanField(default=False, verbose_name="one invoice per calendar month of supply"),
                        ),
                        ("auto_issue", models.BooleanField(default=False, verbose_name="issue scheduled runs at once")),
                        ("footer", models.TextField(blank=True, verbose_name="text at the foot of invoices")),
                    ],
                    options={
                        "verbose_name": "billing settings",
                        "verbose_name_plural": "billing settings",
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("pk", 1)), name="billing_settings_single_row"),
                            models.CheckConstraint(
                                condition=models.Q(("invoice_prefix", models.F("credit_prefix")), _negated=True),
                                name="billing_settings_two_prefixes",
                                violation_error_message="Invoices and credit invoices need different beginnings.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BillingSettingsEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        (
                            "invoice_prefix",
                            models.CharField(
                                default="INV",
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-Z][A-Z0-9]{0,9}$", "Use up to ten capital letters and digits."
                                    )
                                ],
                                verbose_name="invoice numbers begin with",
                            ),
                        ),
                        (
                            "credit_prefix",
                            models.CharField(
                                default="CRN",
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-Z][A-Z0-9]{0,9}$", "Use up to ten capital letters and digits."
                                    )
                                ],
                                verbose_name="credit numbers begin with",
                            ),
                        ),
                        (
                            "number_width",
                            models.PositiveSmallIntegerField(
                                default=6,
                                validators=[
                                    django.core.validators.MinValueValidator(3),
                                    django.core.validators.MaxValueValidator(9),
                                ],
                                verbose_name="digits of a number",
                            ),
                        ),
                        (
                            "by_supply_month",
                            models.BooleanField(default=False, verbose_name="one invoice per calendar month of supply"),
                        ),
                        ("auto_issue", models.BooleanField(default=False, verbose_name="issue scheduled runs at once")),
                        ("footer", models.TextField(blank=True, verbose_name="text at the foot of invoices")),
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
                                to="invoicing.billingsettings",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="NumberSeries",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("key", models.CharField(max_length=20, unique=True)),
                        (
                            "document_type",
                            models.CharField(
                                choices=[("debit", "Invoice"), ("credit", "Credit invoice")], max_length=6
                            ),
                        ),
                        ("year", models.PositiveSmallIntegerField()),
                        ("prefix", models.CharField(max_length=10)),
                        ("width", models.PositiveSmallIntegerField(default=6)),
                        ("last_number", models.PositiveIntegerField(default=0)),
                        ("last_date", models.DateField()),
                    ],
                    options={
                        "verbose_name": "number series",
                        "verbose_name_plural": "number series",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("document_type__in", ["credit", "debit"])),
                                name="number_series_type_known",
                            ),
                            models.UniqueConstraint(fields=("document_type", "year"), name="number_series_once"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Payment",
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
                        ("currency", models.CharField(max_length=3)),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount")),
                        ("unallocated", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("received_on", models.DateField(verbose_name="received on")),
                        ("reference", models.CharField(blank=True, max_length=140, verbose_name="reference")),
                        (
                            "method",
                            models.CharField(
                                choices=[
                                    ("bank_transfer", "Bank transfer"),
                                    ("direct_debit", "Direct debit"),
                                    ("prepayment", "Prepayment"),
                                ],
                                max_length=16,
                                verbose_name="method",
                            ),
                        ),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "bill_to",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="payments",
                                to="accounts.account",
                            ),
                        ),
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
                    ],
                    options={
                        "verbose_name": "payment",
                        "verbose_name_plural": "payments",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("method__in", ["bank_transfer", "direct_debit", "prepayment"])),
                                name="payment_method_known",
                            ),
                            models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="payment_positive"),
                            models.CheckConstraint(
                                condition=models.Q(("unallocated__gte", 0), ("unallocated__lte", models.F("amount"))),
                                name="payment_rest_in_bounds",
                            ),
                            models.UniqueConstraint(fields=("id", "bill_to", "currency"), name="payment_chain_key"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RunItem",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("pending", "Waiting"),
                                    ("previewed", "Previewed"),
                                    ("changed", "Changed since the preview"),
                                    ("held", "Held"),
                                    ("parked", "Parked"),
                                    ("nothing_due", "Nothing due"),
                                    ("done", "Issued"),
                                ],
                                default="pending",
                                max_length=12,
                                verbose_name="state",
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("documents", models.PositiveIntegerField(default=0, verbose_name="invoices")),
                        ("lines", models.PositiveIntegerField(default=0, verbose_name="lines")),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        ("net", models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name="net")),
                        ("tax", models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name="tax")),
                        (
                            "gross",
                            models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name="gross"),
                        ),
                        ("hash", models.CharField(blank=True, max_length=64)),
                        (
                            "separate",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), blank=True, default=list, size=None
                            ),
                        ),
                        ("held_at", models.DateTimeField(blank=True, null=True)),
                        ("previewed_at", models.DateTimeField(blank=True, null=True)),
                        ("done_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "bill_to",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="run_items",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "held_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="items",
                                to="invoicing.billingrun",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "run item",
                        "verbose_name_plural": "run items",
                        "indexes": [models.Index(fields=["run", "state"], name="run_item_by_state")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "state__in",
                                        ["changed", "done", "held", "nothing_due", "parked", "pending", "previewed"],
                                    )
                                ),
                                name="run_item_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("held_at__isnull", True), ("held_by__isnull", True)),
                                    models.Q(("held_at__isnull", False), ("held_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="run_item_held_pair",
                            ),
                            models.UniqueConstraint(fields=("run", "bill_to"), name="run_item_once"),
                            models.UniqueConstraint(fields=("id", "bill_to"), name="run_item_chain_key"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state__in", ["held", "parked"]), _negated=True),
                                    models.Q(("reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="run_item_reason_when_stopped",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Invoice",
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
                        ("number", models.CharField(max_length=30, unique=True, verbose_name="number")),
                        ("sequence", models.PositiveIntegerField()),
                        (
                            "document_type",
                            models.CharField(
                                choices=[("debit", "Invoice"), ("credit", "Credit invoice")],
                                default="debit",
                                max_length=6,
                                verbose_name="type",
                            ),
                        ),
                        ("order_reference", models.CharField(blank=True, max_length=40, verbose_name="order")),
                        ("issued_on", models.DateField(verbose_name="invoice date")),
                        ("due_on", models.DateField(verbose_name="due date")),
                        ("currency", models.CharField(max_length=3)),
                        ("net", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="net")),
                        ("tax", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="tax")),
                        ("gross", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="gross")),
                        ("seller", models.JSONField()),
                        ("buyer", models.JSONField()),
                        ("payment", models.JSONField(default=dict)),
                        ("language", models.CharField(default="en", max_length=5)),
                        ("notes", models.TextField(blank=True)),
                        ("split_reason", models.CharField(blank=True, max_length=200)),
                        ("calculation_version", models.PositiveSmallIntegerField(default=1)),
                        ("issued_at", models.DateTimeField()),
                        (
                            "beneficiary",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="separate_invoices_about",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "bill_to",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invoices",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "corrects",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="corrections",
                                to="invoicing.invoice",
                            ),
                        ),
                        (
                            "issued_by",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "series",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invoices",
                                to="invoicing.numberseries",
                            ),
                        ),
                        (
                            "run_item",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invoices",
                                to="invoicing.runitem",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "invoice",
                        "verbose_name_plural": "invoices",
                        "indexes": [models.Index(fields=["bill_to", "-issued_on", "-id"], name="invoice_by_bill_to")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("document_type__in", ["credit", "debit"])),
                                name="invoice_type_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("net__isnull", True), ("net__gte", 0), _connector="OR"),
                                name="invoice_net_not_negative",
                            ),
                            models.UniqueConstraint(fields=("series", "sequence"), name="invoice_number_once"),
                            models.UniqueConstraint(fields=("id", "bill_to", "currency"), name="invoice_chain_key"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "gross",
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("net"), "+", models.F("tax")
                                        ),
                                    )
                                ),
                                name="invoice_gross_is_net_and_tax",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("due_on__gte", models.F("issued_on"))),
                                name="invoice_due_not_before_date",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="invoice_currency_is_iso"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("corrects__isnull", False), ("document_type", "credit")),
                                    models.Q(("corrects", None), ("document_type", "debit")),
                                    _connector="OR",
                                ),
                                name="invoice_credit_corrects",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("beneficiary", None),
                                    models.Q(("beneficiary", models.F("bill_to")), _negated=True),
                                    _connector="OR",
                                ),
                                name="invoice_separate_is_about_another",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InvoiceBalance",
                    fields=[
                        (
                            "invoice",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="balance",
                                serialize=False,
                                to="invoicing.invoice",
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "document_type",
                            models.CharField(
                                choices=[("debit", "Invoice"), ("credit", "Credit invoice")], max_length=6
                            ),
                        ),
                        ("due_on", models.DateField()),
                        ("open_amount", models.DecimalField(decimal_places=2, max_digits=14)),
                        (
                            "bill_to",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.account",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "open amount",
                        "verbose_name_plural": "open amounts",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("open_amount__gt", 0)),
                                fields=["bill_to", "due_on"],
                                name="invoice_open",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("open_amount__isnull", True), ("open_amount__gte", 0), _connector="OR"
                                ),
                                name="invoice_balance_not_negative",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InvoiceFile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(choices=[("pdf", "PDF"), ("xml", "XML")], max_length=4)),
                        ("file", models.FileField(max_length=200, upload_to="invoices/")),
                        ("sha256", models.CharField(max_length=64)),
                        ("size", models.PositiveIntegerField()),
                        ("made_at", models.DateTimeField()),
                        (
                            "invoice",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="files",
                                to="invoicing.invoice",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "invoice file",
                        "verbose_name_plural": "invoice files",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["pdf", "xml"])), name="invoice_file_kind_known"
                            ),
                            models.UniqueConstraint(fields=("invoice", "kind"), name="invoice_file_once"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InvoiceRendering",
                    fields=[
                        (
                            "invoice",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="rendering",
                                serialize=False,
                                to="invoicing.invoice",
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("running", "Being made"),
                                    ("done", "Ready"),
                                    ("failed", "Failed"),
                                ],
                                default="waiting",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                        ("claimed_at", models.DateTimeField(blank=True, null=True)),
                        ("due_at", models.DateTimeField(verbose_name="due")),
                        ("last_error", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                        ("renderer", models.CharField(blank=True, max_length=120, verbose_name="renderer")),
                    ],
                    options={
                        "verbose_name": "rendering",
                        "verbose_name_plural": "renderings",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ["waiting", "running"])),
                                fields=["due_at"],
                                name="rendering_unfinished",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["done", "failed", "running", "waiting"])),
                                name="rendering_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("claimed_at__isnull", False), ("state", "running")),
                                    models.Q(models.Q(("state", "running"), _negated=True), ("claimed_at", None)),
                                    _connector="OR",
                                ),
                                name="rendering_running_is_claimed",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "failed"), _negated=True),
                                    models.Q(("last_error", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="rendering_failed_has_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InvoiceTax",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("category", models.CharField(max_length=2)),
                        ("rate", models.DecimalField(decimal_places=4, max_digits=7)),
                        ("base", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("tax", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("note", models.CharField(blank=True, max_length=250)),
                        (
                            "invoice",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="taxes",
                                to="invoicing.invoice",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "tax row",
                        "verbose_name_plural": "tax rows",
                        "constraints": [
                            models.UniqueConstraint(fields=("invoice", "category", "rate"), name="invoice_tax_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PaymentAllocation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("at", models.DateTimeField()),
                        (
                            "bill_to",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "credit",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="settles",
                                to="invoicing.invoice",
                            ),
                        ),
                        (
                            "invoice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="allocations",
                                to="invoicing.invoice",
                            ),
                        ),
                        (
                            "payment",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="allocations",
                                to="invoicing.payment",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "allocation",
                        "verbose_name_plural": "allocations",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("amount", 0), _negated=True), name="allocation_not_zero"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("credit__isnull", False), ("payment", None)),
                                    models.Q(("credit", None), ("payment__isnull", False)),
                                    _connector="OR",
                                ),
                                name="allocation_one_source",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ScheduleChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("seq", models.PositiveIntegerField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("start", "Start"),
                                    ("more", "More units"),
                                    ("fewer", "Fewer units"),
                                    ("price", "New price"),
                                    ("renewal", "Renewal"),
                                    ("end", "End"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("effective_on", models.DateField()),
                        ("quantity", models.PositiveIntegerField()),
                        ("price", models.DecimalField(decimal_places=6, max_digits=16)),
                        ("at", models.DateTimeField()),
                        ("reason", models.CharField(blank=True, max_length=500)),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "schedule",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="changes",
                                to="invoicing.billingschedule",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "schedule change",
                        "verbose_name_plural": "schedule changes",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["end", "fewer", "more", "price", "renewal", "start"])),
                                name="schedule_change_kind_known",
                            ),
                            models.UniqueConstraint(fields=("schedule", "seq"), name="schedule_change_once"),
                            models.UniqueConstraint(fields=("id", "schedule"), name="schedule_change_chain_key"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Charge",
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("setup", "Set-up"),
                                    ("one_off", "One-off"),
                                    ("stub", "Up to the billing day"),
                                    ("cycle", "Billing period"),
                                    ("increase", "Added units"),
                                    ("refund", "Refund"),
                                    ("discount", "Discount"),
                                    ("usage", "Usage"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("period", django.contrib.postgres.fields.ranges.DateRangeField()),
                        ("quantity", models.IntegerField()),
                        ("unit_price", models.DecimalField(decimal_places=6, max_digits=16)),
                        ("factor_numerator", models.IntegerField(default=1)),
                        ("factor_denominator", models.PositiveIntegerField(default=1)),
                        ("net", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("currency", models.CharField(max_length=3)),
                        ("invoice_on", models.DateField()),
                        ("text", models.CharField(blank=True, max_length=250)),
                        ("cut_at", models.DateTimeField()),
                        (
                            "beneficiary",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="charges",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "bill_to",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="charges_to_pay",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "cut_by",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "released_by",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="releases",
                                to="invoicing.charge",
                            ),
                        ),
                        (
                            "schedule",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="charges",
                                to="invoicing.billingschedule",
                            ),
                        ),
                        (
                            "change",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="charges",
                                to="invoicing.schedulechange",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "charge",
                        "verbose_name_plural": "charges",
                        "indexes": [models.Index(fields=["bill_to", "invoice_on"], name="charge_by_bill_to")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
                                            "cycle",
                                            "discount",
                                            "increase",
                                            "one_off",
                                            "refund",
                                            "setup",
                                            "stub",
                                            "usage",
                                        ],
                                    )
                                ),
                                name="charge_kind_known",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                condition=models.Q(("kind__in", ["stub", "cycle"]), ("released_by", None)),
                                expressions=[
                                    (
                                        models.Func(
                                            models.F("schedule_id"),
                                            models.F("schedule_id"),
                                            models.Value("[]"),
                                            function="int8range",
                                        ),
                                        "=",
                                    ),
                                    ("period", "&&"),
                                ],
                                name="charge_no_day_twice",
                            ),
                            models.UniqueConstraint(
                                models.F("schedule"),
                                models.F("change"),
                                models.F("kind"),
                                django.db.models.functions.text.Lower("period"),
                                name="charge_once",
                            ),
                            models.UniqueConstraint(
                                fields=("id", "bill_to", "beneficiary", "currency"), name="charge_chain_key"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("period__isempty", False)), name="charge_period_has_days"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("factor_denominator__gte", 1)), name="charge_factor_is_a_fraction"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("change__isnull", False), ("schedule__isnull", False)),
                                    models.Q(
                                        ("change", None),
                                        ("kind__in", ["one_off", "discount"]),
                                        ("schedule", None),
                                        models.Q(("text", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="charge_has_a_source",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InvoiceItem",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("beneficiary_code", models.CharField(max_length=20)),
                        ("beneficiary_name", models.CharField(max_length=200)),
                        (
                            "mode",
                            models.CharField(
                                choices=[
                                    ("personal", "Personal usage"),
                                    ("affiliate", "Affiliate account"),
                                    ("end_customer", "End customer"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("tenant_domain", models.CharField(blank=True, max_length=255)),
                        ("partner_id", models.CharField(blank=True, max_length=20)),
                        ("product_name", models.CharField(max_length=250)),
                        ("sku", models.CharField(blank=True, max_length=80)),
                        ("service_reference", models.CharField(blank=True, max_length=120)),
                        ("order_reference", models.CharField(blank=True, max_length=40)),
                        ("price_source", models.CharField(blank=True, max_length=200)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("setup", "Set-up"),
                                    ("one_off", "One-off"),
                                    ("stub", "Up to the billing day"),
                                    ("cycle", "Billing period"),
                                    ("increase", "Added units"),
                                    ("refund", "Refund"),
                                    ("discount", "Discount"),
                                    ("usage", "Usage"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("period", django.contrib.postgres.fields.ranges.DateRangeField()),
                        ("quantity", models.IntegerField()),
                        ("unit_price", models.DecimalField(decimal_places=6, max_digits=16)),
                        ("factor_numerator", models.IntegerField(default=1)),
                        ("factor_denominator", models.PositiveIntegerField(default=1)),
                        ("net", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("tax_category", models.CharField(max_length=2)),
                        ("tax_rate", models.DecimalField(decimal_places=4, max_digits=7)),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "beneficiary",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invoice_items",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "bill_to",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "charge",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invoice_item",
                                to="invoicing.charge",
                            ),
                        ),
                        (
                            "credits_item",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="credited_by",
                                to="invoicing.invoiceitem",
                            ),
                        ),
                        (
                            "invoice",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="items",
                                to="invoicing.invoice",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "invoice item",
                        "verbose_name_plural": "invoice items",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
                                            "cycle",
                                            "discount",
                                            "increase",
                                            "one_off",
                                            "refund",
                                            "setup",
                                            "stub",
                                            "usage",
                                        ],
                                    )
                                ),
                                name="invoice_item_kind_known",
                            ),
                            models.UniqueConstraint(fields=("invoice", "position"), name="invoice_item_once"),
                            models.CheckConstraint(
                                condition=models.Q(("period__isempty", False)), name="invoice_item_period_has_days"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TaxRule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("country", django_countries.fields.CountryField(max_length=2, verbose_name="country")),
                        ("region", models.CharField(blank=True, max_length=100, verbose_name="region")),
                        ("product_type", models.CharField(blank=True, max_length=40, verbose_name="product type")),
                        (
                            "category",
                            models.CharField(
                                choices=[
                                    ("S", "Standard rate"),
                                    ("Z", "Zero rated"),
                                    ("E", "Exempt"),
                                    ("AE", "Reverse charge"),
                                    ("K", "Intra-community supply"),
                                    ("G", "Export"),
                                    ("O", "Outside the scope of VAT"),
                                ],
                                default="S",
                                max_length=2,
                                verbose_name="category",
                            ),
                        ),
                        (
                            "rate",
                            models.DecimalField(
                                decimal_places=4,
                                max_digits=7,
                                validators=[django.core.validators.MaxValueValidator(100)],
                                verbose_name="rate in percent",
                            ),
                        ),
                        ("valid_from", models.DateField(blank=True, null=True, verbose_name="valid from")),
                        ("valid_to", models.DateField(blank=True, null=True, verbose_name="valid through")),
                        ("needs_vat_number", models.BooleanField(default=False, verbose_name="only with a VAT number")),
                        ("for_exempt", models.BooleanField(default=False, verbose_name="for exempt accounts")),
                        ("note", models.CharField(blank=True, max_length=250, verbose_name="note on the invoice")),
                    ],
                    options={
                        "verbose_name": "tax rule",
                        "verbose_name_plural": "tax rules",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("rate__isnull", True), ("rate__gte", 0), _connector="OR"),
                                name="tax_rule_rate_not_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("category__in", ("S", "Z", "E", "AE", "K", "G", "O"))),
                                name="tax_rule_category_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("category", "S"), ("rate__gt", 0)),
                                    models.Q(models.Q(("category", "S"), _negated=True), ("rate", 0)),
                                    _connector="OR",
                                ),
                                name="tax_rule_rate_by_category",
                                violation_error_message="The standard category has a rate above zero, every other one has zero.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_from", None),
                                    ("valid_to", None),
                                    ("valid_to__gte", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="tax_rule_validity_ordered",
                                violation_error_message="“Valid through” comes before “valid from”.",
                            ),
                            models.UniqueConstraint(
                                fields=(
                                    "country",
                                    "region",
                                    "product_type",
                                    "needs_vat_number",
                                    "for_exempt",
                                    "valid_from",
                                ),
                                name="tax_rule_once",
                                nulls_distinct=False,
                                violation_error_message="There is a rule for this place and product type from the same day.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TaxRuleEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("country", django_countries.fields.CountryField(max_length=2, verbose_name="country")),
                        ("region", models.CharField(blank=True, max_length=100, verbose_name="region")),
                        ("product_type", models.CharField(blank=True, max_length=40, verbose_name="product type")),
                        (
                            "category",
                            models.CharField(
                                choices=[
                                    ("S", "Standard rate"),
                                    ("Z", "Zero rated"),
                                    ("E", "Exempt"),
                                    ("AE", "Reverse charge"),
                                    ("K", "Intra-community supply"),
                                    ("G", "Export"),
                                    ("O", "Outside the scope of VAT"),
                                ],
                                default="S",
                                max_length=2,
                                verbose_name="category",
                            ),
                        ),
                        (
                            "rate",
                            models.DecimalField(
                                decimal_places=4,
                                max_digits=7,
                                validators=[django.core.validators.MaxValueValidator(100)],
                                verbose_name="rate in percent",
                            ),
                        ),
                        ("valid_from", models.DateField(blank=True, null=True, verbose_name="valid from")),
                        ("valid_to", models.DateField(blank=True, null=True, verbose_name="valid through")),
                        ("needs_vat_number", models.BooleanField(default=False, verbose_name="only with a VAT number")),
                        ("for_exempt", models.BooleanField(default=False, verbose_name="for exempt accounts")),
                        ("note", models.CharField(blank=True, max_length=250, verbose_name="note on the invoice")),
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
                                to="invoicing.taxrule",
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
