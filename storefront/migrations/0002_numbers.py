"""Sequences of order and subscription numbers (gaps are harmless there)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("storefront", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE storefront_order_number START 1001; CREATE SEQUENCE storefront_subscription_number START 1001;",
            "DROP SEQUENCE storefront_order_number, storefront_subscription_number;",
        )
    ]
