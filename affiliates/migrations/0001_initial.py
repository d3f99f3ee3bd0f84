"""Every table of affiliates, with its checks, keys and indexes."""

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
                    name="Affiliate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "purpose",
                            models.CharField(
                                choices=[("business_unit", "Business unit"), ("hosting_tenant", "Tenant for hosting")],
                                max_length=16,
                                verbose_name="purpose",
                            ),
                        ),
                        ("cost_centre", models.CharField(blank=True, max_length=40, verbose_name="cost centre")),
                        (
                            "account",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="affiliate",
                                to="accounts.account",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "affiliate",
                        "verbose_name_plural": "affiliates",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("purpose__in", ["business_unit", "hosting_tenant"])),
                                name="affiliate_purpose_known",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AffiliateEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        (
                            "purpose",
                            models.CharField(
                                choices=[("business_unit", "Business unit"), ("hosting_tenant", "Tenant for hosting")],
                                max_length=16,
                                verbose_name="purpose",
                            ),
                        ),
                        ("cost_centre", models.CharField(blank=True, max_length=40, verbose_name="cost centre")),
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
                                to="affiliates.affiliate",
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
