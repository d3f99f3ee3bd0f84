"""What the tables remember and refuse by themselves: histories, frozen rows, allowed changes of state."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from config.kernel.migrations_together import Together


class Migration(migrations.Migration):
    dependencies = [
        ("affiliates", "0002_account_kind"),
    ]

    operations = [
        Together(
            operations=[
                pgtrigger.migrations.AddTrigger(
                    model_name="affiliate",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "affiliates_affiliateevent" ("account_id", "cost_centre", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose") VALUES (NEW."account_id", NEW."cost_centre", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."purpose"); RETURN NULL;',
                            hash="6f4693c25ec0f95d899edf1164c8426537beb791",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_6a38b",
                            table="affiliates_affiliate",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="affiliate",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "affiliates_affiliateevent" ("account_id", "cost_centre", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose") VALUES (NEW."account_id", NEW."cost_centre", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."purpose"); RETURN NULL;',
                            hash="b86c7d2dd80caf896e8ff98773b4f9c807e12165",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_01138",
                            table="affiliates_affiliate",
                            when="AFTER",
                        ),
                    ),
                ),
            ],
        ),
    ]
