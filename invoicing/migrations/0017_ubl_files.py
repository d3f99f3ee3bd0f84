"""Invoices have a third kind of file: UBL for Peppol."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0016_suspensions_and_parts_of_lines"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="invoicefile",
            name="invoice_file_kind_known",
        ),
        migrations.AlterField(
            model_name="invoicefile",
            name="kind",
            field=models.CharField(
                choices=[("pdf", "PDF"), ("xml", "E-invoice (XML)"), ("ubl", "E-invoice for Peppol (UBL)")],
                max_length=4,
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicefile",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["pdf", "ubl", "xml"])), name="invoice_file_kind_known"
            ),
        ),
    ]
