"""What the tables remember and refuse by themselves: histories, frozen rows, allowed changes of state."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from config.kernel.migrations_together import Together


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_bill_to_chain"),
    ]

    operations = [
        Together(
            operations=[
                pgtrigger.migrations.AddTrigger(
                    model_name="organisation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_organisationevent" ("address_line1", "address_line2", "bank_name", "bic", "city", "country", "created_at", "currency", "email", "iban", "id", "language", "legal_name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postcode", "region", "register_entry", "require_sub_customer_address", "separate_invoices", "separate_invoices_for_affiliates", "time_zone", "trade_name", "vat_number") VALUES (NEW."address_line1", NEW."address_line2", NEW."bank_name", NEW."bic", NEW."city", NEW."country", NEW."created_at", NEW."currency", NEW."email", NEW."iban", NEW."id", NEW."language", NEW."legal_name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."postcode", NEW."region", NEW."register_entry", NEW."require_sub_customer_address", NEW."separate_invoices", NEW."separate_invoices_for_affiliates", NEW."time_zone", NEW."trade_name", NEW."vat_number"); RETURN NULL;',
                            hash="b5016cd3173efe8b14de68ef69cc4f89719ce44f",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_66a5c",
                            table="accounts_organisation",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="organisation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "accounts_organisationevent" ("address_line1", "address_line2", "bank_name", "bic", "city", "country", "created_at", "currency", "email", "iban", "id", "language", "legal_name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postcode", "region", "register_entry", "require_sub_customer_address", "separate_invoices", "separate_invoices_for_affiliates", "time_zone", "trade_name", "vat_number") VALUES (NEW."address_line1", NEW."address_line2", NEW."bank_name", NEW."bic", NEW."city", NEW."country", NEW."created_at", NEW."currency", NEW."email", NEW."iban", NEW."id", NEW."language", NEW."legal_name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."postcode", NEW."region", NEW."register_entry", NEW."require_sub_customer_address", NEW."separate_invoices", NEW."separate_invoices_for_affiliates", NEW."time_zone", NEW."trade_name", NEW."vat_number"); RETURN NULL;',
                            hash="91ff0ad480b67ccf3796a701e4e5293b264ddc62",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_9e5fc",
                            table="accounts_organisation",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="account",
                    trigger=pgtrigger.compiler.Trigger(
                        name="account_frozen_in_use",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."in_use_at" IS NOT NULL)',
                            func="\n        IF NEW.kind <> OLD.kind OR NEW.currency <> OLD.currency OR NEW.bill_to_id IS DISTINCT FROM OLD.bill_to_id\n           OR NEW.in_use_at IS DISTINCT FROM OLD.in_use_at THEN\n            RAISE EXCEPTION 'account %: kind, bill-to and currency are frozen once it is in use', OLD.code\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'account_frozen_in_use';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="8332e222bc5818367bf7d7a23cab4fee9293dd47",
                            operation="UPDATE",
                            pgid="pgtrigger_account_frozen_in_use_cd00f",
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
                            func='INSERT INTO "accounts_accountevent" ("address_line1", "address_line2", "archived_at", "bill_to_id", "city", "code", "country", "created_at", "created_by_id", "created_via", "currency", "email", "id", "in_use_at", "kind", "language", "name", "ordering_enabled", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postcode", "public_id", "region", "responsible_user_id", "segment", "separate_invoices", "separate_invoices_at", "separate_invoices_source", "tax_exempt", "vat_number") VALUES (NEW."address_line1", NEW."address_line2", NEW."archived_at", NEW."bill_to_id", NEW."city", NEW."code", NEW."country", NEW."created_at", NEW."created_by_id", NEW."created_via", NEW."currency", NEW."email", NEW."id", NEW."in_use_at", NEW."kind", NEW."language", NEW."name", NEW."ordering_enabled", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."postcode", NEW."public_id", NEW."region", NEW."responsible_user_id", NEW."segment", NEW."separate_invoices", NEW."separate_invoices_at", NEW."separate_invoices_source", NEW."tax_exempt", NEW."vat_number"); RETURN NULL;',
                            hash="0affd3e6b6df935f5a5ec6097a2a71c0ed7d2105",
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
                            condition='WHEN (OLD."address_line1" IS DISTINCT FROM (NEW."address_line1") OR OLD."address_line2" IS DISTINCT FROM (NEW."address_line2") OR OLD."archived_at" IS DISTINCT FROM (NEW."archived_at") OR OLD."bill_to_id" IS DISTINCT FROM (NEW."bill_to_id") OR OLD."city" IS DISTINCT FROM (NEW."city") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."created_via" IS DISTINCT FROM (NEW."created_via") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."in_use_at" IS DISTINCT FROM (NEW."in_use_at") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."ordering_enabled" IS DISTINCT FROM (NEW."ordering_enabled") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."postcode" IS DISTINCT FROM (NEW."postcode") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."region" IS DISTINCT FROM (NEW."region") OR OLD."responsible_user_id" IS DISTINCT FROM (NEW."responsible_user_id") OR OLD."segment" IS DISTINCT FROM (NEW."segment") OR OLD."separate_invoices" IS DISTINCT FROM (NEW."separate_invoices") OR OLD."separate_invoices_at" IS DISTINCT FROM (NEW."separate_invoices_at") OR OLD."separate_invoices_source" IS DISTINCT FROM (NEW."separate_invoices_source") OR OLD."tax_exempt" IS DISTINCT FROM (NEW."tax_exempt") OR OLD."vat_number" IS DISTINCT FROM (NEW."vat_number"))',
                            func='INSERT INTO "accounts_accountevent" ("address_line1", "address_line2", "archived_at", "bill_to_id", "city", "code", "country", "created_at", "created_by_id", "created_via", "currency", "email", "id", "in_use_at", "kind", "language", "name", "ordering_enabled", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postcode", "public_id", "region", "responsible_user_id", "segment", "separate_invoices", "separate_invoices_at", "separate_invoices_source", "tax_exempt", "vat_number") VALUES (NEW."address_line1", NEW."address_line2", NEW."archived_at", NEW."bill_to_id", NEW."city", NEW."code", NEW."country", NEW."created_at", NEW."created_by_id", NEW."created_via", NEW."currency", NEW."email", NEW."id", NEW."in_use_at", NEW."kind", NEW."language", NEW."name", NEW."ordering_enabled", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."postcode", NEW."public_id", NEW."region", NEW."responsible_user_id", NEW."segment", NEW."separate_invoices", NEW."separate_invoices_at", NEW."separate_invoices_source", NEW."tax_exempt", NEW."vat_number"); RETURN NULL;',
                            hash="6771afbf58034cfac8f6596ce9e16ae3f1838635",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_834ae",
                            table="accounts_account",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="auditevent",
                    trigger=pgtrigger.compiler.Trigger(
                        name="audit_chain",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE previous text;",
                            func="\n        PERFORM pg_advisory_xact_lock(7261001);\n        SELECT hash INTO previous FROM accounts_auditevent ORDER BY id DESC LIMIT 1;\n        NEW.previous_hash := coalesce(previous, '');\n        NEW.id := nextval(pg_get_serial_sequence('accounts_auditevent', 'id'));\n        NEW.hash := encode(sha256(convert_to(\n            NEW.previous_hash || '|' || NEW.id || '|' || NEW.action || '|' || NEW.target_type || '|' || NEW.target_id\n            || '|' || coalesce(NEW.by_id::text, '') || '|' || extract(epoch FROM NEW.at)::text || '|' || NEW.reason\n            || '|' || coalesce(NEW.before::text, '') || '|' || coalesce(NEW.after::text, ''), 'UTF8')), 'hex');\n        RETURN NEW;\n    ",
                            hash="c7fa5ef548ad5417d51094fe6a008341b6b82983",
                            operation="INSERT",
                            pgid="pgtrigger_audit_chain_51b5c",
                            table="accounts_auditevent",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="auditevent",
                    trigger=pgtrigger.compiler.Trigger(
                        name="audit_no_truncate",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'the audit trail cannot be emptied';",
                            hash="9cf4f027894d0f47809eeebd0eb4c5c253cf5dbd",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_audit_no_truncate_fc9cc",
                            table="accounts_auditevent",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="auditevent",
                    trigger=pgtrigger.compiler.Trigger(
                        name="audit_append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="5005d683ef314c9bcce1103943cfbb88f3b22389",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_audit_append_only_29779",
                            table="accounts_auditevent",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="contact",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_contactevent" ("account_id", "created_at", "created_by_id", "email", "first_name", "id", "is_bill_to", "is_primary", "job_title", "last_name", "mobile", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "public_id", "user_id") VALUES (NEW."account_id", NEW."created_at", NEW."created_by_id", NEW."email", NEW."first_name", NEW."id", NEW."is_bill_to", NEW."is_primary", NEW."job_title", NEW."last_name", NEW."mobile", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."public_id", NEW."user_id"); RETURN NULL;',
                            hash="2b49a86a83484b939508af5e3e7e6774a264c155",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_89558",
                            table="accounts_contact",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="contact",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "accounts_contactevent" ("account_id", "created_at", "created_by_id", "email", "first_name", "id", "is_bill_to", "is_primary", "job_title", "last_name", "mobile", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "public_id", "user_id") VALUES (NEW."account_id", NEW."created_at", NEW."created_by_id", NEW."email", NEW."first_name", NEW."id", NEW."is_bill_to", NEW."is_primary", NEW."job_title", NEW."last_name", NEW."mobile", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."public_id", NEW."user_id"); RETURN NULL;',
                            hash="150442500052d39eeb2434b8b04831d30cc2eb6a",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_15daf",
                            table="accounts_contact",
                            when="AFTER",
                        ),
                    ),
                ),
            ],
        ),
    ]
