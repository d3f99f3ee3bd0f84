from django.db import migrations

SQL = """
    DELETE FROM account_emailconfirmation c USING account_emailaddress a, accounts_user u
        WHERE c.email_address_id = a.id AND a.user_id = u.id AND a.email <> lower(u.email);
    DELETE FROM account_emailaddress a USING accounts_user u WHERE a.user_id = u.id AND a.email <> lower(u.email);
    INSERT INTO account_emailaddress (user_id, email, verified, "primary")
        SELECT id, lower(email), true, true FROM accounts_user
        ON CONFLICT (user_id, email) DO UPDATE SET verified = true, "primary" = true;
"""


class Migration(migrations.Migration):
    """Users made without an invitation had no address at the sign-in; others could have one that was not theirs."""

    dependencies = [
        ("accounts", "0004_second_factor_and_addresses"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
