"""VAT numbers are checked and the checks are kept; exempt accounts say why and how long."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_known_values"),
    ]

    operations = [
        migrations.CreateModel(
            name="VatCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, verbose_name="VAT number")),
                ("asked_name", models.CharField(max_length=200, verbose_name="our name for it")),
                (
                    "result",
                    models.CharField(
                        choices=[("valid", "Valid"), ("invalid", "Invalid"), ("unknown", "Unknown")],
                        max_length=8,
                        verbose_name="result",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("vies", "VIES"),
                            ("format", "Form and check digits"),
                            ("person", "A person"),
                        ],
                        max_length=8,
                        verbose_name="said by",
                    ),
                ),
                ("request_number", models.CharField(blank=True, max_length=50, verbose_name="request number")),
                ("answered_name", models.CharField(blank=True, max_length=250, verbose_name="name in the register")),
                (
                    "answered_address",
                    models.CharField(blank=True, max_length=500, verbose_name="address in the register"),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("checked_at", models.DateTimeField(verbose_name="checked")),
            ],
            options={
                "verbose_name": "check of a VAT number",
                "verbose_name_plural": "checks of VAT numbers",
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="account",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="account",
            name="update_update",
        ),
        migrations.AddField(
            model_name="account",
            name="exempt_from",
            field=models.DateField(blank=True, null=True, verbose_name="exempt from"),
        ),
        migrations.AddField(
            model_name="account",
            name="exempt_reason",
            field=models.CharField(blank=True, max_length=200, verbose_name="reason of the exemption"),
        ),
        migrations.AddField(
            model_name="account",
            name="exempt_until",
            field=models.DateField(blank=True, null=True, verbose_name="exempt through"),
        ),
        migrations.AddField(
            model_name="account",
            name="vat_status",
            field=models.CharField(
                blank=True,
                choices=[("valid", "Valid"), ("invalid", "Invalid"), ("unknown", "Unknown")],
                editable=False,
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="accountevent",
            name="exempt_from",
            field=models.DateField(blank=True, null=True, verbose_name="exempt from"),
        ),
        migrations.AddField(
            model_name="accountevent",
            name="exempt_reason",
            field=models.CharField(blank=True, max_length=200, verbose_name="reason of the exemption"),
        ),
        migrations.AddField(
            model_name="accountevent",
            name="exempt_until",
            field=models.DateField(blank=True, null=True, verbose_name="exempt through"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="account",
            trigger=pgtrigger.compiler.Trigger(
                name="account_vat_status",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        NEW.vat_status := CASE WHEN NEW.vat_number = '' THEN '' ELSE coalesce((\n            SELECT result FROM accounts_vatcheck c WHERE c.account_id = NEW.id AND c.number = NEW.vat_number\n            ORDER BY c.result = 'unknown', c.id DESC LIMIT 1), '') END;\n        RETURN NEW;\n    ",
                    hash="8c37ddc35aa85270dcc819b13a8d27a1b3521916",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_account_vat_status_aacb3",
                    table="accounts_account",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="account",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "accounts_accountevent" ("address_line1", "address_line2", "archived_at", "bill_to_id", "city", "code", "country", "created_at", "created_by_id", "created_via", "currency", "email", "exempt_from", "exempt_reason", "exempt_until", "id", "in_use_at", "kind", "language", "name", "ordering_enabled", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postcode", "public_id", "region", "responsible_user_id", "segment", "separate_invoices", "separate_invoices_at", "separate_invoices_source", "tax_exempt", "vat_number") VALUES (NEW."address_line1", NEW."address_line2", NEW."archived_at", NEW."bill_to_id", NEW."city", NEW."code", NEW."country", NEW."created_at", NEW."created_by_id", NEW."created_via", NEW."currency", NEW."email", NEW."exempt_from", NEW."exempt_reason", NEW."exempt_until", NEW."id", NEW."in_use_at", NEW."kind", NEW."language", NEW."name", NEW."ordering_enabled", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."postcode", NEW."public_id", NEW."region", NEW."responsible_user_id", NEW."segment", NEW."separate_invoices", NEW."separate_invoices_at", NEW."separate_invoices_source", NEW."tax_exempt", NEW."vat_number"); RETURN NULL;',
                    hash="bab694b3008967af8254559b3a6ae778cd38026e",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_8b982",
                    table="accounts_account",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="account",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."address_line1" IS DISTINCT FROM (NEW."address_line1") OR OLD."address_line2" IS DISTINCT FROM (NEW."address_line2") OR OLD."archived_at" IS DISTINCT FROM (NEW."archived_at") OR OLD."bill_to_id" IS DISTINCT FROM (NEW."bill_to_id") OR OLD."city" IS DISTINCT FROM (NEW."city") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."created_via" IS DISTINCT FROM (NEW."created_via") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."exempt_from" IS DISTINCT FROM (NEW."exempt_from") OR OLD."exempt_reason" IS DISTINCT FROM (NEW."exempt_reason") OR OLD."exempt_until" IS DISTINCT FROM (NEW."exempt_until") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."in_use_at" IS DISTINCT FROM (NEW."in_use_at") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."ordering_enabled" IS DISTINCT FROM (NEW."ordering_enabled") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."postcode" IS DISTINCT FROM (NEW."postcode") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."region" IS DISTINCT FROM (NEW."region") OR OLD."responsible_user_id" IS DISTINCT FROM (NEW."responsible_user_id") OR OLD."segment" IS DISTINCT FROM (NEW."segment") OR OLD."separate_invoices" IS DISTINCT FROM (NEW."separate_invoices") OR OLD."separate_invoices_at" IS DISTINCT FROM (NEW."separate_invoices_at") OR OLD."separate_invoices_source" IS DISTINCT FROM (NEW."separate_invoices_source") OR OLD."tax_exempt" IS DISTINCT FROM (NEW."tax_exempt") OR OLD."vat_number" IS DISTINCT FROM (NEW."vat_number"))',
                    func='INSERT INTO "accounts_accountevent" ("address_line1", "address_line2", "archived_at", "bill_to_id", "city", "code", "country", "created_at", "created_by_id", "created_via", "currency", "email", "exempt_from", "exempt_reason", "exempt_until", "id", "in_use_at", "kind", "language", "name", "ordering_enabled", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postcode", "public_id", "region", "responsible_user_id", "segment", "separate_invoices", "separate_invoices_at", "separate_invoices_source", "tax_exempt", "vat_number") VALUES (NEW."address_line1", NEW."address_line2", NEW."archived_at", NEW."bill_to_id", NEW."city", NEW."code", NEW."country", NEW."created_at", NEW."created_by_id", NEW."created_via", NEW."currency", NEW."email", NEW."exempt_from", NEW."exempt_reason", NEW."exempt_until", NEW."id", NEW."in_use_at", NEW."kind", NEW."language", NEW."name", NEW."ordering_enabled", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."postcode", NEW."public_id", NEW."region", NEW."responsible_user_id", NEW."segment", NEW."separate_invoices", NEW."separate_invoices_at", NEW."separate_invoices_source", NEW."tax_exempt", NEW."vat_number"); RETURN NULL;',
                    hash="6eb80286d82e49ab3f10f917e1891d09eae3e43c",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_834ae",
                    table="accounts_account",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("vat_status", ""), ("vat_status__in", ["invalid", "unknown", "valid"]), _connector="OR"
                ),
                name="account_vat_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("exempt_from", None),
                    ("exempt_until", None),
                    ("exempt_until__gte", models.F("exempt_from")),
                    _connector="OR",
                ),
                name="account_exemption_ordered",
                violation_error_message="“Exempt through” comes before “exempt from”.",
            ),
        ),
        migrations.AddField(
            model_name="vatcheck",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="vat_checks",
                to="accounts.account",
            ),
        ),
        migrations.AddField(
            model_name="vatcheck",
            name="checked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="vatcheck",
            index=models.Index(fields=["account", "number", "-id"], name="vat_check_of_number"),
        ),
        migrations.AddConstraint(
            model_name="vatcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(("result__in", ["invalid", "unknown", "valid"])), name="vat_check_result_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="vatcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["format", "person", "vies"])), name="vat_check_source_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="vatcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(("number", ""), _negated=True), name="vat_check_has_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="vatcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source", "person"), _negated=True),
                    models.Q(
                        ("checked_by__isnull", False),
                        models.Q(("reason", ""), _negated=True),
                        models.Q(("result", "unknown"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="vat_check_by_person_has_reason",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="vatcheck",
            trigger=pgtrigger.compiler.Trigger(
                name="vat_check_tells_its_account",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE accounts_account SET vat_status = vat_status WHERE id = NEW.account_id AND vat_number = NEW.number;\n        RETURN NULL;\n    ",
                    hash="90eb607495b32b54f996a17b51ac9d2cc7a04e31",
                    operation="INSERT",
                    pgid="pgtrigger_vat_check_tells_its_account_95483",
                    table="accounts_vatcheck",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="vatcheck",
            trigger=pgtrigger.compiler.Trigger(
                name="vat_check_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="8f845c5b63f0a086218afe51a4e69191def7fa27",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_vat_check_append_only_53824",
                    table="accounts_vatcheck",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="vatcheck",
            trigger=pgtrigger.compiler.Trigger(
                name="vat_check_not_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'checks of VAT numbers are kept, the table cannot be emptied';",
                    hash="be5246c0866c6f4be24305d1683817b7e693a0e1",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_vat_check_not_emptied_4c1f7",
                    table="accounts_vatcheck",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(
            "UPDATE accounts_account SET exempt_reason = 'Exempt before reasons were kept' WHERE tax_exempt",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("tax_exempt", True), models.Q(("exempt_reason", ""), _negated=True)),
                    models.Q(
                        ("exempt_from", None), ("exempt_reason", ""), ("exempt_until", None), ("tax_exempt", False)
                    ),
                    _connector="OR",
                ),
                name="account_exemption_whole",
                violation_error_message="An exempt account needs its reason, and only an exempt one has days.",
            ),
        ),
    ]
