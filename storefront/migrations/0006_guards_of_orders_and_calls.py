"""Rules of orders, subscriptions and calls that only Python had kept. A schedule is its subscription's, by a composite key."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0005_renewals"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE storefront_subscription ADD CONSTRAINT subscription_of_schedule"
            " FOREIGN KEY (schedule_id, bill_to_id, beneficiary_id, currency)"
            " REFERENCES invoicing_billingschedule (id, bill_to_id, beneficiary_id, currency)"
            " DEFERRABLE INITIALLY IMMEDIATE",
            "ALTER TABLE storefront_subscription DROP CONSTRAINT subscription_of_schedule",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="subscription",
            name="beneficiary_of_bill_to",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="fulfilmentunit",
            trigger=pgtrigger.compiler.Trigger(
                name="unit_write_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN ((OLD.order_item_id IS NOT NULL AND NEW.order_item_id IS DISTINCT FROM OLD.order_item_id) OR (OLD.tenant_id IS NOT NULL AND NEW.tenant_id IS DISTINCT FROM OLD.tenant_id))",
                    func="\n            RAISE EXCEPTION 'unit: a column that is written once was changed' USING ERRCODE = 'check_violation';\n        ",
                    hash="2c7b4e3b185a8cc32946ca20110acd937707729c",
                    operation="UPDATE",
                    pgid="pgtrigger_unit_write_once_472b0",
                    table="storefront_fulfilmentunit",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="fulfilmentunit",
            trigger=pgtrigger.compiler.Trigger(
                name="unit_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="9ed49fd3de8f23bdff359e21cacf5059f6287a41",
                    operation="DELETE",
                    pgid="pgtrigger_unit_kept_aad9b",
                    table="storefront_fulfilmentunit",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="order",
            trigger=pgtrigger.compiler.Trigger(
                name="mode_of_beneficiary",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF NEW.mode <> (SELECT CASE kind WHEN 'reseller' THEN 'personal' ELSE kind END\n                        FROM accounts_account WHERE id = NEW.beneficiary_id) THEN\n            RAISE EXCEPTION 'mode % is not that of account %', NEW.mode, NEW.beneficiary_id\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'mode_of_beneficiary';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="cb633f5cf5a1080f7de1cc67d8ad3a982792ea7c",
                    operation="INSERT",
                    pgid="pgtrigger_mode_of_beneficiary_9a81f",
                    table="storefront_order",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="order",
            trigger=pgtrigger.compiler.Trigger(
                name="order_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="f9fc5e6f51296cb8efb39e4981750333b028e59a",
                    operation="DELETE",
                    pgid="pgtrigger_order_kept_0365e",
                    table="storefront_order",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="orderitem",
            trigger=pgtrigger.compiler.Trigger(
                name="order_item_frozen",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN ((to_jsonb(OLD) - '{delivery_status}'::text[]) IS DISTINCT FROM (to_jsonb(NEW) - '{delivery_status}'::text[]))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="c5c67fda1625bdd808c3de42bf53e336c649b328",
                    operation="UPDATE",
                    pgid="pgtrigger_order_item_frozen_b5729",
                    table="storefront_orderitem",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="orderitem",
            trigger=pgtrigger.compiler.Trigger(
                name="order_item_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="f2f5b409838552bc5c9679ba177c5c969e89f83d",
                    operation="DELETE",
                    pgid="pgtrigger_order_item_kept_ad9ff",
                    table="storefront_orderitem",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="orderitem",
            trigger=pgtrigger.compiler.Trigger(
                name="order_item_not_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'order_item: rows are kept, the table cannot be emptied';",
                    hash="f7179a8d7b7e7daa6df32069315ba63491f9f4df",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_order_item_not_emptied_07e3c",
                    table="storefront_orderitem",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="partnercall",
            trigger=pgtrigger.compiler.Trigger(
                name="partner_call_frozen",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN ((to_jsonb(OLD) - '{state,attempts,answer_status,answer,sent_at,answered_at}'::text[]) IS DISTINCT FROM (to_jsonb(NEW) - '{state,attempts,answer_status,answer,sent_at,answered_at}'::text[]))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="3de0ae13cd738bc87d7398caafec0364f1465737",
                    operation="UPDATE",
                    pgid="pgtrigger_partner_call_frozen_70a1a",
                    table="storefront_partnercall",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="partnercall",
            trigger=pgtrigger.compiler.Trigger(
                name="partner_call_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="d599517fc34dda44f691d22856864b002fbf5033",
                    operation="DELETE",
                    pgid="pgtrigger_partner_call_kept_ad287",
                    table="storefront_partnercall",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="partnercall",
            trigger=pgtrigger.compiler.Trigger(
                name="partner_call_not_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'partner_call: rows are kept, the table cannot be emptied';",
                    hash="924d50f82dea469c30d5b08d957fc615fbdcbf6e",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_partner_call_not_emptied_8e243",
                    table="storefront_partnercall",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="partnercall",
            trigger=pgtrigger.compiler.Trigger(
                name="partner_call_settled",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.\"state\" = 'ok' AND NOT (NEW.\"state\" = 'ok'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="b2b95269691d34cbe8d5ad2590f9b96015eb6a61",
                    operation="UPDATE",
                    pgid="pgtrigger_partner_call_settled_665b0",
                    table="storefront_partnercall",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pricelist",
            trigger=pgtrigger.compiler.Trigger(
                name="price_list_keeps_currency",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.currency <> NEW.currency)",
                    func="\n        IF EXISTS (SELECT 1 FROM storefront_pricelistassignment\n                   WHERE price_list_id = NEW.id AND removed_at IS NULL) THEN\n            RAISE EXCEPTION 'resellers buy by list %, it keeps its currency', NEW.name\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'price_list_keeps_currency';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="1e12f6d96f6108422328dab6094fad896c255be9",
                    operation="UPDATE",
                    pgid="pgtrigger_price_list_keeps_currency_40530",
                    table="storefront_pricelist",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pricelistassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="assigned_in_own_currency",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF NOT EXISTS (\n            SELECT 1 FROM accounts_account a JOIN storefront_pricelist l ON l.id = NEW.price_list_id\n            WHERE a.id = NEW.account_id AND a.kind = 'reseller' AND a.currency = l.currency\n        ) THEN\n            RAISE EXCEPTION 'account % is not a reseller who buys in the currency of list %',\n                NEW.account_id, NEW.price_list_id\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'assigned_in_own_currency';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="6036afc61ac84e20d587746a353e434e40edd9a8",
                    operation="INSERT",
                    pgid="pgtrigger_assigned_in_own_currency_fab0e",
                    table="storefront_pricelistassignment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subscription",
            trigger=pgtrigger.compiler.Trigger(
                name="subscription_as_ordered",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF NOT EXISTS (\n            SELECT 1 FROM storefront_orderitem i JOIN storefront_order o ON o.id = i.order_id\n            WHERE i.id = NEW.order_item_id AND o.bill_to_id = NEW.bill_to_id AND o.mode = NEW.mode\n              AND o.beneficiary_id = NEW.beneficiary_id AND o.currency = NEW.currency\n        ) THEN\n            RAISE EXCEPTION 'subscription %: payer, beneficiary, mode and currency are those of its order', NEW.number\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'subscription_as_ordered';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="46df70972a921b5c98681cca02b0ca2e1ad7a92b",
                    operation="INSERT",
                    pgid="pgtrigger_subscription_as_ordered_bd21a",
                    table="storefront_subscription",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subscription",
            trigger=pgtrigger.compiler.Trigger(
                name="subscription_frozen",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.order_item_id <> NEW.order_item_id OR OLD.bill_to_id <> NEW.bill_to_id OR OLD.mode <> NEW.mode OR OLD.beneficiary_id <> NEW.beneficiary_id OR OLD.currency <> NEW.currency OR (OLD.activated_at IS NOT NULL AND OLD.mpn_id IS DISTINCT FROM NEW.mpn_id) OR (OLD.ms_subscription_id IS NOT NULL AND OLD.ms_subscription_id IS DISTINCT FROM NEW.ms_subscription_id))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="67a8e57d6c24b80fd59ed8a104c32e311f3cbc46",
                    operation="UPDATE",
                    pgid="pgtrigger_subscription_frozen_89c9f",
                    table="storefront_subscription",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subscription",
            trigger=pgtrigger.compiler.Trigger(
                name="subscription_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="ac8db58d5888cbb15d1b4aa3deaaa90ff227431a",
                    operation="DELETE",
                    pgid="pgtrigger_subscription_kept_c41b1",
                    table="storefront_subscription",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tenant",
            trigger=pgtrigger.compiler.Trigger(
                name="tenant_write_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN ((OLD.account_id IS NOT NULL AND NEW.account_id IS DISTINCT FROM OLD.account_id) OR (OLD.ms_tenant_id IS NOT NULL AND NEW.ms_tenant_id IS DISTINCT FROM OLD.ms_tenant_id))",
                    func="\n            RAISE EXCEPTION 'tenant: a column that is written once was changed' USING ERRCODE = 'check_violation';\n        ",
                    hash="fc467986c8aeb9a52394f67080632d5e6acfa318",
                    operation="UPDATE",
                    pgid="pgtrigger_tenant_write_once_bbd4f",
                    table="storefront_tenant",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="pricelistassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("removed_at__isnull", True), ("removed_by__isnull", True)),
                    models.Q(("removed_at__isnull", False), ("removed_by__isnull", False)),
                    _connector="OR",
                ),
                name="price_list_removed_pair",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("product_type__in", ["licence", "service"])), name="product_type_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("refund_policy__in", ["day", "hour", "none"])), name="product_refund_policy_known"
            ),
        ),
    ]
