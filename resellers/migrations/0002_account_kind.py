"""The account of a reseller is of kind reseller: a generated column and a composite foreign key."""

from django.db import migrations

FORWARD = """
ALTER TABLE resellers_reseller ADD COLUMN account_kind varchar(12) GENERATED ALWAYS AS ('reseller'::varchar) STORED;
ALTER TABLE resellers_reseller ADD CONSTRAINT reseller_account_kind
    FOREIGN KEY (account_id, account_kind) REFERENCES accounts_account (id, kind);
"""
BACKWARD = """
ALTER TABLE resellers_reseller DROP CONSTRAINT reseller_account_kind;
ALTER TABLE resellers_reseller DROP COLUMN account_kind;
"""


class Migration(migrations.Migration):
    dependencies = [("resellers", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
