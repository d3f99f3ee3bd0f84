"""A run moves thousands of cursors: no index holds them, their pages keep room, and the guards compare rows, not JSON."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0007_bank_files"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="billingschedule",
            name="schedule_state_arrows",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="billingschedule",
            name="schedule_frozen",
        ),
        migrations.RemoveIndex(
            model_name="billingschedule",
            name="schedule_due",
        ),
        migrations.AlterField(
            model_name="billingschedule",
            name="opened_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="billingschedule",
            trigger=pgtrigger.compiler.Trigger(
                name="schedule_frozen",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."beneficiary_id" IS DISTINCT FROM (NEW."beneficiary_id") OR OLD."bill_to_id" IS DISTINCT FROM (NEW."bill_to_id") OR OLD."billing_day" IS DISTINCT FROM (NEW."billing_day") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."cycle_months" IS DISTINCT FROM (NEW."cycle_months") OR OLD."first_period_gross" IS DISTINCT FROM (NEW."first_period_gross") OR OLD."first_period_net" IS DISTINCT FROM (NEW."first_period_net") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."mode" IS DISTINCT FROM (NEW."mode") OR OLD."opened_at" IS DISTINCT FROM (NEW."opened_at") OR OLD."opened_by_id" IS DISTINCT FROM (NEW."opened_by_id") OR OLD."order_on" IS DISTINCT FROM (NEW."order_on") OR OLD."order_reference" IS DISTINCT FROM (NEW."order_reference") OR OLD."partial_on" IS DISTINCT FROM (NEW."partial_on") OR OLD."price_parts" IS DISTINCT FROM (NEW."price_parts") OR OLD."product_name" IS DISTINCT FROM (NEW."product_name") OR OLD."product_type" IS DISTINCT FROM (NEW."product_type") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."refund_policy" IS DISTINCT FROM (NEW."refund_policy") OR OLD."setup_fee" IS DISTINCT FROM (NEW."setup_fee") OR OLD."sku" IS DISTINCT FROM (NEW."sku") OR OLD."term_months" IS DISTINCT FROM (NEW."term_months"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="df6a08bf6ebf48fbca057f915e536ea32288e836",
                    operation="UPDATE",
                    pgid="pgtrigger_schedule_frozen_8a335",
                    table="invoicing_billingschedule",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="billingschedule",
            trigger=pgtrigger.compiler.Trigger(
                name="schedule_state_arrows",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))',
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{pending:active,pending:void,active:ended}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="18813a8f4eb46fbd5f8489cff3bdfe6a55c3fd4e",
                    operation="UPDATE",
                    pgid="pgtrigger_schedule_state_arrows_b928b",
                    table="invoicing_billingschedule",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE invoicing_billingschedule SET (fillfactor = 50)",
            "ALTER TABLE invoicing_billingschedule RESET (fillfactor)",
        ),
    ]
