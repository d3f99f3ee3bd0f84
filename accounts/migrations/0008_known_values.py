"""Columns of choices hold a known value."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_users_have_public_ids"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("separate_invoices_source__in", ["", "bulk", "default", "operator"])),
                name="account_flag_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("created_via__in", ["bss", "import", "storefront"])),
                name="account_created_via_known",
            ),
        ),
    ]
