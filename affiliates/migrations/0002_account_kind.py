"""The account of an affiliate is of kind affiliate: a generated column and a composite foreign key."""

from django.db import migrations

FORWARD = """
ALTER TABLE affiliates_affiliate ADD COLUMN account_kind varchar(12) GENERATED ALWAYS AS ('affiliate'::varchar) STORED;
ALTER TABLE affiliates_affiliate ADD CONSTRAINT affiliate_account_kind
    FOREIGN KEY (account_id, account_kind) REFERENCES accounts_account (id, kind);
"""
BACKWARD = """
ALTER TABLE affiliates_affiliate DROP CONSTRAINT affiliate_account_kind;
ALTER TABLE affiliates_affiliate DROP COLUMN account_kind;
"""


class Migration(migrations.Migration):
    dependencies = [("affiliates", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
