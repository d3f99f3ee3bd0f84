"""What the tables remember and refuse by themselves: histories, frozen rows, allowed changes of state."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from config.kernel.migrations_together import Together


class Migration(migrations.Migration):
    dependencies = [
        ("resellers", "0002_account_kind"),
    ]

    operations = [
        Together(
            operations=[
                pgtrigger.migrations.AddTrigger(
                    model_name="reseller",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "resellers_resellerevent" ("account_id", "billing_day", "billing_day_rule", "credit_limit", "csp_tenant_id", "first_order_day", "id", "mpn_checked_at", "mpn_error", "mpn_id", "mpn_status", "partial_charges", "payment_days", "payment_method", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prorate_billing", "reselling_enabled", "separate_invoices_default") VALUES (NEW."account_id", NEW."billing_day", NEW."billing_day_rule", NEW."credit_limit", NEW."csp_tenant_id", NEW."first_order_day", NEW."id", NEW."mpn_checked_at", NEW."mpn_error", NEW."mpn_id", NEW."mpn_status", NEW."partial_charges", NEW."payment_days", NEW."payment_method", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."prorate_billing", NEW."reselling_enabled", NEW."separate_invoices_default"); RETURN NULL;',
                            hash="e23952cea4eb8e28837689c3562f845473ce4960",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_9da0f",
                            table="resellers_reseller",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="reseller",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "resellers_resellerevent" ("account_id", "billing_day", "billing_day_rule", "credit_limit", "csp_tenant_id", "first_order_day", "id", "mpn_checked_at", "mpn_error", "mpn_id", "mpn_status", "partial_charges", "payment_days", "payment_method", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prorate_billing", "reselling_enabled", "separate_invoices_default") VALUES (NEW."account_id", NEW."billing_day", NEW."billing_day_rule", NEW."credit_limit", NEW."csp_tenant_id", NEW."first_order_day", NEW."id", NEW."mpn_checked_at", NEW."mpn_error", NEW."mpn_id", NEW."mpn_status", NEW."partial_charges", NEW."payment_days", NEW."payment_method", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."prorate_billing", NEW."reselling_enabled", NEW."separate_invoices_default"); RETURN NULL;',
                            hash="b1a2dd6cb9f75e84d9e4147a828540f537b6990c",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_b6e87",
                            table="resellers_reseller",
                            when="AFTER",
                        ),
                    ),
                ),
            ],
        ),
    ]
