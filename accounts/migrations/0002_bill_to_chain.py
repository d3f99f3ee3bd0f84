"""A bill-to is a reseller of the same currency: a generated column and a composite foreign key.

Django has neither. `bill_to_kind` is read by nobody; it only makes the key possible.
"""

from django.db import migrations

FORWARD = """
ALTER TABLE accounts_account ADD COLUMN bill_to_kind varchar(12)
    GENERATED ALWAYS AS (CASE WHEN bill_to_id IS NOT NULL THEN 'reseller' END) STORED;
ALTER TABLE accounts_account ADD CONSTRAINT account_bill_to_is_reseller_of_same_currency
    FOREIGN KEY (bill_to_id, bill_to_kind, currency) REFERENCES accounts_account (id, kind, currency);
CREATE SEQUENCE accounts_reseller_code;
CREATE SEQUENCE accounts_customer_code;
CREATE SEQUENCE accounts_affiliate_code;
"""
BACKWARD = """
DROP SEQUENCE accounts_affiliate_code, accounts_customer_code, accounts_reseller_code;
ALTER TABLE accounts_account DROP CONSTRAINT account_bill_to_is_reseller_of_same_currency;
ALTER TABLE accounts_account DROP COLUMN bill_to_kind;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
