"""Every table of accounts, with its checks, keys and indexes."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django_countries.fields
from django.conf import settings
from django.db import migrations, models

import config.kernel.public_ids
from config.kernel.migrations_together import Together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name="Organisation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("legal_name", models.CharField(max_length=200, verbose_name="legal name")),
                        ("trade_name", models.CharField(max_length=100, verbose_name="trade name")),
                        ("address_line1", models.CharField(max_length=200, verbose_name="street and number")),
                        (
                            "address_line2",
                            models.CharField(blank=True, max_length=200, verbose_name="address, second line"),
                        ),
                        ("city", models.CharField(max_length=100, verbose_name="city")),
                        ("region", models.CharField(blank=True, max_length=100, verbose_name="region")),
                        ("postcode", models.CharField(max_length=20, verbose_name="postcode")),
                        ("country", django_countries.fields.CountryField(max_length=2, verbose_name="country")),
                        ("vat_number", models.CharField(max_length=20, verbose_name="VAT number")),
                        ("register_entry", models.CharField(max_length=200, verbose_name="register entry")),
                        ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                        ("phone", models.CharField(max_length=30, verbose_name="phone")),
                        ("bank_name", models.CharField(blank=True, max_length=100, verbose_name="bank")),
                        ("iban", models.CharField(max_length=34, verbose_name="IBAN")),
                        ("bic", models.CharField(blank=True, max_length=11, verbose_name="BIC")),
                        ("currency", models.CharField(default="EUR", max_length=3, verbose_name="currency")),
                        (
                            "time_zone",
                            models.CharField(default="Europe/Athens", max_length=50, verbose_name="time zone"),
                        ),
                        ("language", models.CharField(default="en", max_length=5, verbose_name="language")),
                        (
                            "separate_invoices",
                            models.BooleanField(
                                default=False,
                                help_text="End customers that resellers create in the Storefront from now on get invoices of their own.",
                                verbose_name="Separate invoices per sub customer",
                            ),
                        ),
                        (
                            "separate_invoices_for_affiliates",
                            models.BooleanField(
                                default=True,
                                help_text="Applies the same setting to new affiliates.",
                                verbose_name="also for affiliates",
                            ),
                        ),
                        (
                            "require_sub_customer_address",
                            models.BooleanField(
                                default=False,
                                help_text="Makes the address compulsory for new end customers and affiliates.",
                                verbose_name="Sub customers billing address",
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "verbose_name": "organisation",
                        "verbose_name_plural": "organisation",
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("pk", 1)), name="organisation_single_row")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrganisationEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("legal_name", models.CharField(max_length=200, verbose_name="legal name")),
                        ("trade_name", models.CharField(max_length=100, verbose_name="trade name")),
                        ("address_line1", models.CharField(max_length=200, verbose_name="street and number")),
                        (
                            "address_line2",
                            models.CharField(blank=True, max_length=200, verbose_name="address, second line"),
                        ),
                        ("city", models.CharField(max_length=100, verbose_name="city")),
                        ("region", models.CharField(blank=True, max_length=100, verbose_name="region")),
                        ("postcode", models.CharField(max_length=20, verbose_name="postcode")),
                        ("country", django_countries.fields.CountryField(max_length=2, verbose_name="country")),
                        ("vat_number", models.CharField(max_length=20, verbose_name="VAT number")),
                        ("register_entry", models.CharField(max_length=200, verbose_name="register entry")),
                        ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                        ("phone", models.CharField(max_length=30, verbose_name="phone")),
                        ("bank_name", models.CharField(blank=True, max_length=100, verbose_name="bank")),
                        ("iban", models.CharField(max_length=34, verbose_name="IBAN")),
                        ("bic", models.CharField(blank=True, max_length=11, verbose_name="BIC")),
                        ("currency", models.CharField(default="EUR", max_length=3, verbose_name="currency")),
                        (
                            "time_zone",
                            models.CharField(default="Europe/Athens", max_length=50, verbose_name="time zone"),
                        ),
                        ("language", models.CharField(default="en", max_length=5, verbose_name="language")),
                        (
                            "separate_invoices",
                            models.BooleanField(
                                default=False,
                                help_text="End customers that resellers create in the Storefront from now on get invoices of their own.",
                                verbose_name="Separate invoices per sub customer",
                            ),
                        ),
                        (
                            "separate_invoices_for_affiliates",
                            models.BooleanField(
                                default=True,
                                help_text="Applies the same setting to new affiliates.",
                                verbose_name="also for affiliates",
                            ),
                        ),
                        (
                            "require_sub_customer_address",
                            models.BooleanField(
                                default=False,
                                help_text="Makes the address compulsory for new end customers and affiliates.",
                                verbose_name="Sub customers billing address",
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
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
                                to="accounts.organisation",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="User",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("password", models.CharField(max_length=128, verbose_name="password")),
                        ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                        (
                            "is_superuser",
                            models.BooleanField(
                                default=False,
                                help_text="Designates that this user has all permissions without explicitly assigning them.",
                                verbose_name="superuser status",
                            ),
                        ),
                        ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                        ("name", models.CharField(max_length=101, verbose_name="name")),
                        ("is_staff", models.BooleanField(default=False, verbose_name="staff of the distributor")),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
                        ("is_account_admin", models.BooleanField(default=False, verbose_name="Storefront admin")),
                        (
                            "roles",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    choices=[
                                        ("billing_agent", "Billing Agent"),
                                        ("subscriptions_manager", "Subscriptions Manager"),
                                        ("buyer", "Buyer"),
                                        ("cloud_administrator", "Cloud Administrator"),
                                    ],
                                    max_length=24,
                                ),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        ("activated_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "groups",
                            models.ManyToManyField(
                                blank=True,
                                help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.group",
                                verbose_name="groups",
                            ),
                        ),
                        (
                            "user_permissions",
                            models.ManyToManyField(
                                blank=True,
                                help_text="Specific permissions for this user.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.permission",
                                verbose_name="user permissions",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "user",
                        "verbose_name_plural": "users",
                        "constraints": [
                            models.UniqueConstraint(
                                django.db.models.functions.text.Lower("email"), name="user_email_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "roles__contained_by",
                                        ["billing_agent", "buyer", "cloud_administrator", "subscriptions_manager"],
                                    )
                                ),
                                name="user_roles_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Account",
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
                        ("code", models.CharField(max_length=20, unique=True, verbose_name="code")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("reseller", "Reseller"),
                                    ("end_customer", "End customer"),
                                    ("affiliate", "Affiliate"),
                                ],
                                max_length=12,
                                verbose_name="kind",
                            ),
                        ),
                        ("name", models.CharField(max_length=200, verbose_name="company name")),
                        ("name_key", models.CharField(editable=False, max_length=200)),
                        ("email", models.EmailField(blank=True, max_length=254, verbose_name="corporate e-mail")),
                        ("phone", models.CharField(blank=True, max_length=30, verbose_name="phone")),
                        (
                            "address_line1",
                            models.CharField(blank=True, max_length=200, verbose_name="street and number"),
                        ),
                        (
                            "address_line2",
                            models.CharField(blank=True, max_length=200, verbose_name="address, second line"),
                        ),
                        ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                        ("region", models.CharField(blank=True, max_length=100, verbose_name="region")),
                        ("postcode", models.CharField(blank=True, max_length=20, verbose_name="postcode")),
                        ("country", django_countries.fields.CountryField(max_length=2, verbose_name="country")),
                        ("vat_number", models.CharField(blank=True, max_length=20, verbose_name="VAT number")),
                        ("tax_exempt", models.BooleanField(default=False, verbose_name="tax exempt")),
                        ("currency", models.CharField(max_length=3, verbose_name="currency")),
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
                        ("language", models.CharField(default="en", max_length=5, verbose_name="language")),
                        ("ordering_enabled", models.BooleanField(default=True, verbose_name="Ordering")),
                        (
                            "separate_invoices",
                            models.BooleanField(default=False, verbose_name="Separate invoices per sub customer"),
                        ),
                        (
                            "separate_invoices_source",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "Not set"),
                                    ("default", "Default when it was created"),
                                    ("operator", "An operator"),
                                    ("bulk", "Bulk change"),
                                ],
                                default="",
                                max_length=8,
                            ),
                        ),
                        ("separate_invoices_at", models.DateTimeField(blank=True, null=True)),
                        ("in_use_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        (
                            "created_via",
                            models.CharField(
                                choices=[("bss", "BSS"), ("storefront", "Storefront"), ("import", "Import")],
                                default="bss",
                                editable=False,
                                max_length=10,
                            ),
                        ),
                        ("created_at", models.DateTimeField(editable=False)),
                        (
                            "bill_to",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sub_customers",
                                to="accounts.account",
                                verbose_name="Bill To account",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="accounts_created",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "responsible_user",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="accounts_cared_for",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="account manager",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "account",
                        "verbose_name_plural": "accounts",
                        "indexes": [
                            models.Index(django.db.models.functions.text.Lower("name"), name="account_by_name")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["affiliate", "end_customer", "reseller"])),
                                name="account_kind_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("segment__in", ["Charity", "Commercial", "Education"])),
                                name="account_segment_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("bill_to", None), ("kind", "reseller")),
                                    models.Q(models.Q(("kind", "reseller"), _negated=True), ("bill_to__isnull", False)),
                                    _connector="OR",
                                ),
                                name="account_bill_to_by_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("bill_to", None),
                                    models.Q(("bill_to", models.F("id")), _negated=True),
                                    _connector="OR",
                                ),
                                name="account_not_its_own_bill_to",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("separate_invoices", False), ("bill_to__isnull", False), _connector="OR"
                                ),
                                name="account_separate_invoices_needs_bill_to",
                                violation_error_message="Separate invoices need a Bill To account: choose one first.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="account_currency_is_iso"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("name", ""), _negated=True), models.Q(("name_key", ""), _negated=True)
                                ),
                                name="account_name_not_blank",
                            ),
                            models.UniqueConstraint(
                                fields=("id", "kind", "currency"), name="account_kind_currency_key"
                            ),
                            models.UniqueConstraint(fields=("id", "kind"), name="account_kind_key"),
                            models.UniqueConstraint(fields=("id", "currency"), name="account_currency_key"),
                            models.UniqueConstraint(
                                condition=models.Q(("kind", "affiliate")),
                                fields=("bill_to", "name_key"),
                                name="account_affiliate_name_once",
                                violation_error_message="You have an affiliate of this name already.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AccountEvent",
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
                        ("code", models.CharField(max_length=20, verbose_name="code")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("reseller", "Reseller"),
                                    ("end_customer", "End customer"),
                                    ("affiliate", "Affiliate"),
                                ],
                                max_length=12,
                                verbose_name="kind",
                            ),
                        ),
                        ("name", models.CharField(max_length=200, verbose_name="company name")),
                        ("email", models.EmailField(blank=True, max_length=254, verbose_name="corporate e-mail")),
                        ("phone", models.CharField(blank=True, max_length=30, verbose_name="phone")),
                        (
                            "address_line1",
                            models.CharField(blank=True, max_length=200, verbose_name="street and number"),
                        ),
                        (
                            "address_line2",
                            models.CharField(blank=True, max_length=200, verbose_name="address, second line"),
                        ),
                        ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                        ("region", models.CharField(blank=True, max_length=100, verbose_name="region")),
                        ("postcode", models.CharField(blank=True, max_length=20, verbose_name="postcode")),
                        ("country", django_countries.fields.CountryField(max_length=2, verbose_name="country")),
                        ("vat_number", models.CharField(blank=True, max_length=20, verbose_name="VAT number")),
                        ("tax_exempt", models.BooleanField(default=False, verbose_name="tax exempt")),
                        ("currency", models.CharField(max_length=3, verbose_name="currency")),
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
                        ("language", models.CharField(default="en", max_length=5, verbose_name="language")),
                        ("ordering_enabled", models.BooleanField(default=True, verbose_name="Ordering")),
                        (
                            "separate_invoices",
                            models.BooleanField(default=False, verbose_name="Separate invoices per sub customer"),
                        ),
                        (
                            "separate_invoices_source",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "Not set"),
                                    ("default", "Default when it was created"),
                                    ("operator", "An operator"),
                                    ("bulk", "Bulk change"),
                                ],
                                default="",
                                max_length=8,
                            ),
                        ),
                        ("separate_invoices_at", models.DateTimeField(blank=True, null=True)),
                        ("in_use_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        (
                            "created_via",
                            models.CharField(
                                choices=[("bss", "BSS"), ("storefront", "Storefront"), ("import", "Import")],
                                default="bss",
                                editable=False,
                                max_length=10,
                            ),
                        ),
                        ("created_at", models.DateTimeField(editable=False)),
                        (
                            "bill_to",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="accounts.account",
                                verbose_name="Bill To account",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
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
                                to="accounts.account",
                            ),
                        ),
                        (
                            "responsible_user",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="account manager",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="AuditEvent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("action", models.CharField(max_length=60, verbose_name="act")),
                        ("target_type", models.CharField(max_length=60)),
                        ("target_id", models.CharField(max_length=40)),
                        ("target_label", models.CharField(max_length=250, verbose_name="object")),
                        ("at", models.DateTimeField(verbose_name="when")),
                        ("reason", models.TextField(blank=True, verbose_name="reason")),
                        ("before", models.JSONField(blank=True, null=True)),
                        ("after", models.JSONField(blank=True, null=True)),
                        ("previous_hash", models.CharField(blank=True, editable=False, max_length=64)),
                        ("hash", models.CharField(blank=True, editable=False, max_length=64)),
                        (
                            "account",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="audit_events",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="acts",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "audit event",
                        "verbose_name_plural": "audit trail",
                        "indexes": [models.Index(fields=["target_type", "target_id"], name="audit_by_target")],
                    },
                ),
                migrations.CreateModel(
                    name="Contact",
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
                        ("first_name", models.CharField(max_length=50, verbose_name="first name")),
                        ("last_name", models.CharField(max_length=50, verbose_name="last name")),
                        ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                        ("phone", models.CharField(blank=True, max_length=30, verbose_name="phone")),
                        ("mobile", models.CharField(blank=True, max_length=30, verbose_name="mobile")),
                        ("job_title", models.CharField(blank=True, max_length=100, verbose_name="company role")),
                        ("is_primary", models.BooleanField(default=False, verbose_name="primary contact")),
                        (
                            "is_bill_to",
                            models.BooleanField(
                                default=False, help_text="Receives the invoices.", verbose_name="Bill To contact"
                            ),
                        ),
                        ("created_at", models.DateTimeField(editable=False)),
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contacts",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contacts_created",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "user",
                            models.OneToOneField(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contact",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "contact",
                        "verbose_name_plural": "contacts",
                        "constraints": [
                            models.UniqueConstraint(
                                django.db.models.functions.text.Lower("email"),
                                name="contact_email_once",
                                violation_error_message="Another contact has this e-mail address; it is the user name, so it is unique.",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("is_primary", True)),
                                fields=("account",),
                                name="contact_one_primary",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ContactEvent",
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
                        ("first_name", models.CharField(max_length=50, verbose_name="first name")),
                        ("last_name", models.CharField(max_length=50, verbose_name="last name")),
                        ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                        ("phone", models.CharField(blank=True, max_length=30, verbose_name="phone")),
                        ("mobile", models.CharField(blank=True, max_length=30, verbose_name="mobile")),
                        ("job_title", models.CharField(blank=True, max_length=100, verbose_name="company role")),
                        ("is_primary", models.BooleanField(default=False, verbose_name="primary contact")),
                        (
                            "is_bill_to",
                            models.BooleanField(
                                default=False, help_text="Receives the invoices.", verbose_name="Bill To contact"
                            ),
                        ),
                        ("created_at", models.DateTimeField(editable=False)),
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
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
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
                                to="accounts.contact",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Invitation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("token_hash", models.CharField(max_length=64, unique=True)),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("used_at", models.DateTimeField(blank=True, null=True)),
                        ("revoked_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invitations_sent",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invitations",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("revoked_at", None), ("used_at", None)),
                                fields=("user",),
                                name="invitation_one_open",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Message",
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
                        ("template", models.CharField(max_length=60, verbose_name="event")),
                        (
                            "recipients",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.EmailField(max_length=254), size=None
                            ),
                        ),
                        ("subject", models.CharField(max_length=250, verbose_name="subject")),
                        ("text_body", models.TextField()),
                        ("html_body", models.TextField()),
                        ("attachments", models.JSONField(blank=True, default=list)),
                        ("is_secret", models.BooleanField(default=False)),
                        (
                            "status",
                            models.CharField(
                                choices=[("pending", "Waiting"), ("sent", "Sent"), ("failed", "Failed")],
                                default="pending",
                                max_length=8,
                                verbose_name="status",
                            ),
                        ),
                        ("created_at", models.DateTimeField(verbose_name="written")),
                        ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("last_error", models.TextField(blank=True)),
                        (
                            "account",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="messages",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="messages_caused",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "message",
                        "verbose_name_plural": "messages",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["failed", "pending", "sent"])),
                                name="message_status_known",
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.AddField(
            model_name="user",
            name="account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="users",
                to="accounts.account",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("account", None), ("is_staff", True)),
                    models.Q(("is_staff", False), ("is_superuser", False)),
                    _connector="OR",
                ),
                name="user_is_staff_or_of_an_account",
            ),
        ),
    ]
