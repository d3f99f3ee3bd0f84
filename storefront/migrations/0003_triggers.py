"""What the tables remember and refuse by themselves: histories, frozen rows, allowed changes of state."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from config.kernel.migrations_together import Together


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0002_numbers"),
    ]

    operations = [
        Together(
            operations=[
                pgtrigger.migrations.AddTrigger(
                    model_name="order",
                    trigger=pgtrigger.compiler.Trigger(
                        name="beneficiary_of_bill_to",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n        IF NOT EXISTS (\n            SELECT 1 FROM accounts_account who JOIN accounts_account payer ON payer.id = NEW.bill_to_id\n            WHERE who.id = NEW.beneficiary_id AND payer.bill_to_id IS NULL AND payer.currency = NEW.currency\n              AND (who.id = payer.id OR who.bill_to_id = payer.id)\n        ) THEN\n            RAISE EXCEPTION 'account % is not billed to % in %', NEW.beneficiary_id, NEW.bill_to_id, NEW.currency\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'beneficiary_of_bill_to';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="66d366f1f4c334791dc4d5474b12d3be8fb6474b",
                            operation="INSERT",
                            pgid="pgtrigger_beneficiary_of_bill_to_9cc9b",
                            table="storefront_order",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="order",
                    trigger=pgtrigger.compiler.Trigger(
                        name="order_status_arrows",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE _is_valid_transition BOOLEAN;",
                            func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{submitted:canceled,submitted:executed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                            hash="c5c07e9a78247df70dc1cc8c1375a1f82f3d3eab",
                            operation="UPDATE",
                            pgid="pgtrigger_order_status_arrows_e5cf6",
                            table="storefront_order",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="order",
                    trigger=pgtrigger.compiler.Trigger(
                        name="order_mode_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.mode <> NEW.mode OR OLD.beneficiary_id <> NEW.beneficiary_id OR OLD.bill_to_id <> NEW.bill_to_id OR OLD.currency <> NEW.currency OR OLD.mpn_id IS DISTINCT FROM NEW.mpn_id)",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="0a4377f280c5c5dea678a04281d647404af4ef2e",
                            operation="UPDATE",
                            pgid="pgtrigger_order_mode_frozen_54e79",
                            table="storefront_order",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="pricelist",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "storefront_pricelistevent" ("currency", "id", "is_active", "name", "percent", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_id", "rule", "updated_at", "valid_from", "valid_until", "version") VALUES (NEW."currency", NEW."id", NEW."is_active", NEW."name", NEW."percent", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."public_id", NEW."rule", NEW."updated_at", NEW."valid_from", NEW."valid_until", NEW."version"); RETURN NULL;',
                            hash="868156e4a3f8fa3c7e00b051c920c72195461cf6",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_0ff58",
                            table="storefront_pricelist",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="pricelist",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "storefront_pricelistevent" ("currency", "id", "is_active", "name", "percent", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_id", "rule", "updated_at", "valid_from", "valid_until", "version") VALUES (NEW."currency", NEW."id", NEW."is_active", NEW."name", NEW."percent", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."public_id", NEW."rule", NEW."updated_at", NEW."valid_from", NEW."valid_until", NEW."version"); RETURN NULL;',
                            hash="181a40f8bba6612754f619b3152c785e245e0e38",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_1a453",
                            table="storefront_pricelist",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="product",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "storefront_producttitleisactivedeliveryisproratablerefundpo8332" ("delivery", "is_active", "is_proratable", "max_quantity", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "refund_policy", "setup_fee", "title") VALUES (NEW."delivery", NEW."is_active", NEW."is_proratable", NEW."max_quantity", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."refund_policy", NEW."setup_fee", NEW."title"); RETURN NULL;',
                            hash="19ed1d66f917f18471245297c8b9f798c96730a4",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_48444",
                            table="storefront_product",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="product",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."delivery" IS DISTINCT FROM (NEW."delivery") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_proratable" IS DISTINCT FROM (NEW."is_proratable") OR OLD."max_quantity" IS DISTINCT FROM (NEW."max_quantity") OR OLD."refund_policy" IS DISTINCT FROM (NEW."refund_policy") OR OLD."setup_fee" IS DISTINCT FROM (NEW."setup_fee") OR OLD."title" IS DISTINCT FROM (NEW."title"))',
                            func='INSERT INTO "storefront_producttitleisactivedeliveryisproratablerefundpo8332" ("delivery", "is_active", "is_proratable", "max_quantity", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "refund_policy", "setup_fee", "title") VALUES (NEW."delivery", NEW."is_active", NEW."is_proratable", NEW."max_quantity", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."refund_policy", NEW."setup_fee", NEW."title"); RETURN NULL;',
                            hash="9a48f6d8b31d66d1b2470cc72c16510620a61710",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_c7cdf",
                            table="storefront_product",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="pricelistitem",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "storefront_pricelistitemevent" ("id", "offer_id", "percent", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "price_list_id", "rule") VALUES (NEW."id", NEW."offer_id", NEW."percent", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."price", NEW."price_list_id", NEW."rule"); RETURN NULL;',
                            hash="15e889c3a9ffa67819d795ffa92ae013bb5cb3eb",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_64cfd",
                            table="storefront_pricelistitem",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="pricelistitem",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "storefront_pricelistitemevent" ("id", "offer_id", "percent", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "price_list_id", "rule") VALUES (NEW."id", NEW."offer_id", NEW."percent", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."price", NEW."price_list_id", NEW."rule"); RETURN NULL;',
                            hash="68a5aa30cebbeea66af6fa7d4b9077e0dc9e39ee",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_8bed8",
                            table="storefront_pricelistitem",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="tenant",
                    trigger=pgtrigger.compiler.Trigger(
                        name="tenant_arrows",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE _is_valid_transition BOOLEAN;",
                            func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{draft:creating,creating:created,creating:rejected,created:ready,created:rejected,rejected:created,rejected:creating,rejected:draft}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                            hash="8c8d831fcbf46faf591123d61750bf7afefb9545",
                            operation="UPDATE",
                            pgid="pgtrigger_tenant_arrows_75460",
                            table="storefront_tenant",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="agreement",
                    trigger=pgtrigger.compiler.Trigger(
                        name="agreement_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="fc45428911ee20210a4e25d397db005a5a2d82d1",
                            operation="UPDATE",
                            pgid="pgtrigger_agreement_frozen_799ea",
                            table="storefront_agreement",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="agreement",
                    trigger=pgtrigger.compiler.Trigger(
                        name="agreement_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="c27a61b9f903d3fd1efd4b588bc1fcb341f7cbc5",
                            operation="DELETE",
                            pgid="pgtrigger_agreement_kept_78211",
                            table="storefront_agreement",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="agreement",
                    trigger=pgtrigger.compiler.Trigger(
                        name="agreement_not_emptied",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'agreement: rows are kept, the table cannot be emptied';",
                            hash="142455fb8f93a8d45e8e779b77780e445c145cb0",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_agreement_not_emptied_1b066",
                            table="storefront_agreement",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="fulfilmentunit",
                    trigger=pgtrigger.compiler.Trigger(
                        name="unit_arrows",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE _is_valid_transition BOOLEAN;",
                            func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{planned:active,planned:cart_pending,planned:needs_person,planned:rejected,planned:waiting_tenant,waiting_tenant:cart_pending,waiting_tenant:needs_person,waiting_tenant:planned,waiting_tenant:rejected,cart_pending:cart_ready,cart_pending:needs_person,cart_pending:rejected,cart_ready:cart_pending,cart_ready:checkout_pending,cart_ready:needs_person,cart_ready:rejected,checkout_pending:accepted,checkout_pending:cart_pending,checkout_pending:checkout_unknown,checkout_pending:needs_person,checkout_pending:rejected,checkout_unknown:accepted,checkout_unknown:cart_pending,checkout_unknown:checkout_pending,checkout_unknown:needs_person,checkout_unknown:rejected,accepted:active,accepted:needs_person,accepted:provisioning,accepted:rejected,provisioning:active,provisioning:needs_person,provisioning:rejected,rejected:planned,needs_person:accepted,needs_person:checkout_unknown,needs_person:planned,needs_person:rejected}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                            hash="2ec9af18884b687e28743f26599207dbfe5db5bf",
                            operation="UPDATE",
                            pgid="pgtrigger_unit_arrows_90001",
                            table="storefront_fulfilmentunit",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="subscription",
                    trigger=pgtrigger.compiler.Trigger(
                        name="beneficiary_of_bill_to",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n        IF NOT EXISTS (\n            SELECT 1 FROM accounts_account who JOIN accounts_account payer ON payer.id = NEW.bill_to_id\n            WHERE who.id = NEW.beneficiary_id AND payer.bill_to_id IS NULL AND payer.currency = NEW.currency\n              AND (who.id = payer.id OR who.bill_to_id = payer.id)\n        ) THEN\n            RAISE EXCEPTION 'account % is not billed to % in %', NEW.beneficiary_id, NEW.bill_to_id, NEW.currency\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'beneficiary_of_bill_to';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="323c8f5c09c6990147116b062d595ee430ccb419",
                            operation="INSERT",
                            pgid="pgtrigger_beneficiary_of_bill_to_49c3a",
                            table="storefront_subscription",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="subscription",
                    trigger=pgtrigger.compiler.Trigger(
                        name="subscription_arrows",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE _is_valid_transition BOOLEAN;",
                            func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{pending:active,pending:canceled,pending:failed,failed:canceled,failed:pending,active:canceled,active:expired,active:pending_cancel,active:suspended,pending_cancel:active,pending_cancel:canceled,suspended:active,suspended:canceled,suspended:expired}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                            hash="b4e4dacd5793ee4f07d5432de14aace013c7cda1",
                            operation="UPDATE",
                            pgid="pgtrigger_subscription_arrows_204a9",
                            table="storefront_subscription",
                            when="BEFORE",
                        ),
                    ),
                ),
            ],
        ),
    ]
