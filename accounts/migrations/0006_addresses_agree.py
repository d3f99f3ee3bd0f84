import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

GUARD = """
    CREATE FUNCTION check_sign_in_address(checked bigint) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM accounts_user u
            WHERE u.id = checked AND (
                NOT EXISTS (
                    SELECT FROM account_emailaddress a
                    WHERE a.user_id = u.id AND a.email = lower(u.email) AND a.verified AND a."primary"
                )
                OR EXISTS (SELECT FROM account_emailaddress a WHERE a.user_id = u.id AND a.email <> lower(u.email))
                OR EXISTS (
                    SELECT FROM accounts_contact c WHERE c.user_id = u.id AND lower(c.email) <> lower(u.email)
                )
            )
        ) THEN
            RAISE EXCEPTION 'user %, its contact and its sign-in do not have the same verified address', checked
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END $$;
    CREATE FUNCTION sign_in_address_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM check_sign_in_address(coalesce(NEW.user_id, OLD.user_id));
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER sign_in_address_agrees AFTER INSERT OR UPDATE OR DELETE ON account_emailaddress
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sign_in_address_agrees();
"""
UNGUARD = """
    DROP TRIGGER sign_in_address_agrees ON account_emailaddress;
    DROP FUNCTION sign_in_address_agrees();
    DROP FUNCTION check_sign_in_address(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_every_user_has_an_address")]

    operations = [
        migrations.RunSQL(GUARD, UNGUARD),
        pgtrigger.migrations.AddTrigger(
            model_name="contact",
            trigger=pgtrigger.compiler.Trigger(
                name="contact_has_its_users_address",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n                    IF NEW.user_id IS NOT NULL THEN PERFORM check_sign_in_address(NEW.user_id); END IF;\n                    RETURN NULL;\n                ",
                    hash="f1f30347595b420f2b7fbff52c0ba426624fdf06",
                    operation='INSERT OR UPDATE OF "email", "user_id"',
                    pgid="pgtrigger_contact_has_its_users_address_6946a",
                    table="accounts_contact",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="user_has_its_address",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="PERFORM check_sign_in_address(NEW.id); RETURN NULL;",
                    hash="2ba2c6c8b9c3bff0528858f3ea134e8a1d03587e",
                    operation='INSERT OR UPDATE OF "email"',
                    pgid="pgtrigger_user_has_its_address_4d4c5",
                    table="accounts_user",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
    ]
