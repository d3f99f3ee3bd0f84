"""Composite foreign keys: what hangs on a document belongs to its bill-to, its beneficiary and its currency.

Django has no composite foreign key. Each line: table, its columns, the table pointed at, its columns. The names of the
unique constraints they need stand in the models.
"""

from django.db import migrations

CHAIN = [
    ("schedule_pays_in_own_currency", "billingschedule", "bill_to_id, currency", "accounts_account", "id, currency"),
    (
        "charge_of_schedule",
        "charge",
        "schedule_id, bill_to_id, beneficiary_id, currency",
        "invoicing_billingschedule",
        "id, bill_to_id, beneficiary_id, currency",
    ),
    ("charge_of_change", "charge", "change_id, schedule_id", "invoicing_schedulechange", "id, schedule_id"),
    ("invoice_in_own_currency", "invoice", "bill_to_id, currency", "accounts_account", "id, currency"),
    ("invoice_of_run_item", "invoice", "run_item_id, bill_to_id", "invoicing_runitem", "id, bill_to_id"),
    (
        "invoice_corrects_same_payer",
        "invoice",
        "corrects_id, bill_to_id, currency",
        "invoicing_invoice",
        "id, bill_to_id, currency",
    ),
    (
        "item_of_invoice",
        "invoiceitem",
        "invoice_id, bill_to_id, currency",
        "invoicing_invoice",
        "id, bill_to_id, currency",
    ),
    (
        "item_of_charge",
        "invoiceitem",
        "charge_id, bill_to_id, beneficiary_id, currency",
        "invoicing_charge",
        "id, bill_to_id, beneficiary_id, currency",
    ),
    (
        "balance_of_invoice",
        "invoicebalance",
        "invoice_id, bill_to_id, currency",
        "invoicing_invoice",
        "id, bill_to_id, currency",
    ),
    ("payment_in_own_currency", "payment", "bill_to_id, currency", "accounts_account", "id, currency"),
    (
        "allocation_of_invoice",
        "paymentallocation",
        "invoice_id, bill_to_id, currency",
        "invoicing_invoice",
        "id, bill_to_id, currency",
    ),
    (
        "allocation_of_payment",
        "paymentallocation",
        "payment_id, bill_to_id, currency",
        "invoicing_payment",
        "id, bill_to_id, currency",
    ),
    (
        "allocation_of_credit",
        "paymentallocation",
        "credit_id, bill_to_id, currency",
        "invoicing_invoice",
        "id, bill_to_id, currency",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=f"ALTER TABLE invoicing_{table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) "
            f"REFERENCES {target} ({target_columns}) DEFERRABLE INITIALLY IMMEDIATE",
            reverse_sql=f"ALTER TABLE invoicing_{table} DROP CONSTRAINT {name}",
        )
        for name, table, columns, target, target_columns in CHAIN
    ]
