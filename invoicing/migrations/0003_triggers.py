"""What the tables remember and refuse by themselves: histories, frozen rows, allowed changes of state."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from config.kernel.migrations_together import Together


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0002_document_chain"),
    ]

    operations = [
        Together(
            operations=[
                pgtrigger.migrations.AddTrigger(
                    model_name="billingrun",
                    trigger=pgtrigger.compiler.Trigger(
                        name="billing_run_arrows",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE _is_valid_transition BOOLEAN;",
                            func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{scheduled:calculating,scheduled:discarded,calculating:discarded,calculating:previewed,previewed:calculating,previewed:discarded,previewed:issuing,issuing:done,issuing:done_with_errors,issuing:previewed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                            hash="736a9e3f1d6165ebe1aa4714232f5ccc47e12b38",
                            operation="UPDATE",
                            pgid="pgtrigger_billing_run_arrows_46b0e",
                            table="invoicing_billingrun",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="billingschedule",
                    trigger=pgtrigger.compiler.Trigger(
                        name="schedule_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN ((to_jsonb(OLD) - '{state,start_on,end_on,term_end_on,tenant_domain,partner_id,service_reference,quantity,price,charged_through,next_invoice_on,confirmed_at,voided_at,void_reason,ended_at}'::text[]) IS DISTINCT FROM (to_jsonb(NEW) - '{state,start_on,end_on,term_end_on,tenant_domain,partner_id,service_reference,quantity,price,charged_through,next_invoice_on,confirmed_at,voided_at,void_reason,ended_at}'::text[]))",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="efa902bd39debf43fbe794062cf8e6a6a6e219ae",
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
                        name="schedule_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="14a5fb20577e4dfc1588ebae30cf0cbfbf853f6b",
                            operation="DELETE",
                            pgid="pgtrigger_schedule_kept_0846b",
                            table="invoicing_billingschedule",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="billingschedule",
                    trigger=pgtrigger.compiler.Trigger(
                        name="schedule_not_emptied",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'schedule: rows are kept, the table cannot be emptied';",
                            hash="23109466451c8ec8ba6750266fb769c54497af46",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_schedule_not_emptied_7c955",
                            table="invoicing_billingschedule",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="billingschedule",
                    trigger=pgtrigger.compiler.Trigger(
                        name="schedule_write_once",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN ((OLD.start_on IS NOT NULL AND NEW.start_on IS DISTINCT FROM OLD.start_on) OR (OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at) OR (OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at))",
                            func="\n            RAISE EXCEPTION 'schedule: a column that is written once was changed' USING ERRCODE = 'check_violation';\n        ",
                            hash="6d25f3601cfb8453715eaa2009180f185e4a5534",
                            operation="UPDATE",
                            pgid="pgtrigger_schedule_write_once_64008",
                            table="invoicing_billingschedule",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="billingschedule",
                    trigger=pgtrigger.compiler.Trigger(
                        name="beneficiary_of_bill_to",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n        IF NOT EXISTS (\n            SELECT 1 FROM accounts_account who JOIN accounts_account payer ON payer.id = NEW.bill_to_id\n            WHERE who.id = NEW.beneficiary_id AND payer.bill_to_id IS NULL AND payer.currency = NEW.currency\n              AND (who.id = payer.id OR who.bill_to_id = payer.id)\n        ) THEN\n            RAISE EXCEPTION 'account % is not billed to % in %', NEW.beneficiary_id, NEW.bill_to_id, NEW.currency\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'beneficiary_of_bill_to';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="3767d872de7bfcc29930320d97e33bd4aba3c132",
                            operation="INSERT",
                            pgid="pgtrigger_beneficiary_of_bill_to_b4bf5",
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
                            declare="DECLARE _is_valid_transition BOOLEAN;",
                            func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{pending:active,pending:void,active:ended}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                            hash="a75aa2f0996e8b015d720ba930ea45e23aa07da7",
                            operation="UPDATE",
                            pgid="pgtrigger_schedule_state_arrows_b928b",
                            table="invoicing_billingschedule",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="billingsettings",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "invoicing_billingsettingsevent" ("auto_issue", "by_supply_month", "credit_prefix", "footer", "id", "invoice_prefix", "number_width", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."auto_issue", NEW."by_supply_month", NEW."credit_prefix", NEW."footer", NEW."id", NEW."invoice_prefix", NEW."number_width", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;',
                            hash="a1ef5dca6d994aae6e46bdfae19be2cdbb1c1ec1",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_78dc1",
                            table="invoicing_billingsettings",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="billingsettings",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "invoicing_billingsettingsevent" ("auto_issue", "by_supply_month", "credit_prefix", "footer", "id", "invoice_prefix", "number_width", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."auto_issue", NEW."by_supply_month", NEW."credit_prefix", NEW."footer", NEW."id", NEW."invoice_prefix", NEW."number_width", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;',
                            hash="042996934d81995537d2f892094e0efd90922e29",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_1dfa5",
                            table="invoicing_billingsettings",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="numberseries",
                    trigger=pgtrigger.compiler.Trigger(
                        name="number_series_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN ((to_jsonb(OLD) - '{last_number,last_date}'::text[]) IS DISTINCT FROM (to_jsonb(NEW) - '{last_number,last_date}'::text[]))",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="14e7a00928c4c9e855851769cdff849326b01fa3",
                            operation="UPDATE",
                            pgid="pgtrigger_number_series_frozen_11237",
                            table="invoicing_numberseries",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="numberseries",
                    trigger=pgtrigger.compiler.Trigger(
                        name="number_series_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="59b55515c43547717d245860a561285cc9c0fcd1",
                            operation="DELETE",
                            pgid="pgtrigger_number_series_kept_2b121",
                            table="invoicing_numberseries",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="numberseries",
                    trigger=pgtrigger.compiler.Trigger(
                        name="number_series_not_emptied",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'number_series: rows are kept, the table cannot be emptied';",
                            hash="541d1b5cd57d4d1eb015d123f00af0330920071d",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_number_series_not_emptied_8186c",
                            table="invoicing_numberseries",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="numberseries",
                    trigger=pgtrigger.compiler.Trigger(
                        name="number_series_moves_on",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n                    IF NEW.last_number < OLD.last_number OR NEW.last_date < OLD.last_date THEN\n                        RAISE EXCEPTION 'series %: numbers and dates only move on', OLD.key\n                            USING ERRCODE = 'check_violation', CONSTRAINT = 'number_series_moves_on';\n                    END IF;\n                    RETURN NEW;\n                ",
                            hash="0c57033bc979ba96c46f463a48a764af7ae42ac2",
                            operation="UPDATE",
                            pgid="pgtrigger_number_series_moves_on_8872e",
                            table="invoicing_numberseries",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="payment",
                    trigger=pgtrigger.compiler.Trigger(
                        name="payment_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN ((to_jsonb(OLD) - '{unallocated}'::text[]) IS DISTINCT FROM (to_jsonb(NEW) - '{unallocated}'::text[]))",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="8bcafd61dc2e7f1e64bf4855bf3c72e9844f32df",
                            operation="UPDATE",
                            pgid="pgtrigger_payment_frozen_1d93a",
                            table="invoicing_payment",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="payment",
                    trigger=pgtrigger.compiler.Trigger(
                        name="payment_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="fb6840ac98dff323639502cc1a2457bb5c02801f",
                            operation="DELETE",
                            pgid="pgtrigger_payment_kept_36c97",
                            table="invoicing_payment",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="payment",
                    trigger=pgtrigger.compiler.Trigger(
                        name="payment_not_emptied",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'payment: rows are kept, the table cannot be emptied';",
                            hash="a01523bf5203b1fbbc8e9609e4cc0ebf53531afe",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_payment_not_emptied_49706",
                            table="invoicing_payment",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="runitem",
                    trigger=pgtrigger.compiler.Trigger(
                        name="run_item_arrows",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE _is_valid_transition BOOLEAN;",
                            func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{pending:held,pending:nothing_due,pending:parked,pending:previewed,previewed:changed,previewed:done,previewed:held,previewed:parked,previewed:pending,changed:held,changed:pending,held:pending,parked:held,parked:pending,nothing_due:pending}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                            hash="9b8fbdc0589bfb6830aca6cce67c0ec651c0cc4c",
                            operation="UPDATE",
                            pgid="pgtrigger_run_item_arrows_76c6e",
                            table="invoicing_runitem",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="52ebc93ef21b96c93f08aee63169560704547ba1",
                            operation="UPDATE",
                            pgid="pgtrigger_invoice_frozen_52194",
                            table="invoicing_invoice",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="a58c90d77fd80b2815a2f474a324c8a4726aa9d2",
                            operation="DELETE",
                            pgid="pgtrigger_invoice_kept_053b1",
                            table="invoicing_invoice",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_not_emptied",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'invoice: rows are kept, the table cannot be emptied';",
                            hash="68cb5edc0379fc6f8d183b5c4c61904e5f238859",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_invoice_not_emptied_b5e01",
                            table="invoicing_invoice",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_totals_hold",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            constraint="CONSTRAINT",
                            func="\n        IF NEW.net <> (SELECT coalesce(sum(net), 0) FROM invoicing_invoiceitem WHERE invoice_id = NEW.id)\n           OR NEW.net <> (SELECT coalesce(sum(base), 0) FROM invoicing_invoicetax WHERE invoice_id = NEW.id)\n           OR NEW.tax <> (SELECT coalesce(sum(tax), 0) FROM invoicing_invoicetax WHERE invoice_id = NEW.id) THEN\n            RAISE EXCEPTION 'invoice %: lines, tax table and totals do not agree', NEW.number\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_totals_hold';\n        END IF;\n        RETURN NULL;\n    ",
                            hash="646095cfbdac4a1a00aa525351f2eda51da40cc9",
                            operation="INSERT",
                            pgid="pgtrigger_invoice_totals_hold_67b88",
                            table="invoicing_invoice",
                            timing="DEFERRABLE INITIALLY DEFERRED",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoicebalance",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_balance_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN ((to_jsonb(OLD) - '{open_amount}'::text[]) IS DISTINCT FROM (to_jsonb(NEW) - '{open_amount}'::text[]))",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="c4c4e1bd40724235bddacbb6609b3b73fe2fb311",
                            operation="UPDATE",
                            pgid="pgtrigger_invoice_balance_frozen_b780d",
                            table="invoicing_invoicebalance",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoicebalance",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_balance_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="2b6c54a12312aeec8b51e2d4d92a253c082a9c23",
                            operation="DELETE",
                            pgid="pgtrigger_invoice_balance_kept_12fa9",
                            table="invoicing_invoicebalance",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoicebalance",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_balance_not_emptied",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'invoice_balance: rows are kept, the table cannot be emptied';",
                            hash="37108a8238a5fd8dc5f29146beb9435056988b7c",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_invoice_balance_not_emptied_fc8e1",
                            table="invoicing_invoicebalance",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoicefile",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_file_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="8fc3eab04892c845657de7c84bdc9d540d10e6c2",
                            operation="UPDATE",
                            pgid="pgtrigger_invoice_file_frozen_fe18d",
                            table="invoicing_invoicefile",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoicefile",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_file_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="58dc37354b687fa05b28acc040bf297b17cfbbe3",
                            operation="DELETE",
                            pgid="pgtrigger_invoice_file_kept_d204d",
                            table="invoicing_invoicefile",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoicefile",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_file_not_emptied",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'invoice_file: rows are kept, the table cannot be emptied';",
                            hash="2b64c110196bf199ff80cc5656596731d6429348",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_invoice_file_not_emptied_6cf73",
                            table="invoicing_invoicefile",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoicefile",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_file_write_once",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN ((OLD.sha256 IS NOT NULL AND NEW.sha256 IS DISTINCT FROM OLD.sha256))",
                            func="\n            RAISE EXCEPTION 'invoice_file: a column that is written once was changed' USING ERRCODE = 'check_violation';\n        ",
                            hash="2261beba7b680d72c36d4e2eaa4914d58ed75054",
                            operation="UPDATE",
                            pgid="pgtrigger_invoice_file_write_once_5a162",
                            table="invoicing_invoicefile",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoicetax",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_tax_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="bc719fd66f24db557bffa795c08b0567c0615884",
                            operation="UPDATE",
                            pgid="pgtrigger_invoice_tax_frozen_f7e05",
                            table="invoicing_invoicetax",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoicetax",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_tax_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="76d3012cd75b510eb16bf78141be2cd558dd58b6",
                            operation="DELETE",
                            pgid="pgtrigger_invoice_tax_kept_f4ef5",
                            table="invoicing_invoicetax",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoicetax",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_tax_not_emptied",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'invoice_tax: rows are kept, the table cannot be emptied';",
                            hash="f9def312ca299505560640bc2d86d283bd17bade",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_invoice_tax_not_emptied_3a099",
                            table="invoicing_invoicetax",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoicetax",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoicetax_complete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n            IF EXISTS (\n                SELECT 1 FROM invoicing_invoice i\n                JOIN (SELECT row.invoice_id, sum(row.base) AS total FROM invoicing_invoicetax row\n                      WHERE row.invoice_id IN (SELECT invoice_id FROM added) GROUP BY 1) sums ON sums.invoice_id = i.id\n                WHERE sums.total <> i.net\n            ) THEN\n                RAISE EXCEPTION 'invoicetax: the rows of an invoice come together and sum to its net'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicetax_complete';\n            END IF;\n            RETURN NULL;\n        ",
                            hash="99eeedf46d5242596bd4fe59528eca7fe166fb70",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_invoicetax_complete_0a3b7",
                            referencing="REFERENCING NEW TABLE AS added ",
                            table="invoicing_invoicetax",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="paymentallocation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="allocation_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="e0f87212343a1f80e54210e70f3686a8be417ff7",
                            operation="UPDATE",
                            pgid="pgtrigger_allocation_frozen_cb48a",
                            table="invoicing_paymentallocation",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="paymentallocation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="allocation_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="bde96fbeac2b53a688af954e945ff42375be197e",
                            operation="DELETE",
                            pgid="pgtrigger_allocation_kept_73542",
                            table="invoicing_paymentallocation",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="paymentallocation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="allocation_not_emptied",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'allocation: rows are kept, the table cannot be emptied';",
                            hash="bbf5d748ab1a1d0d0370afe1303216568cfa9616",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_allocation_not_emptied_e2b79",
                            table="invoicing_paymentallocation",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="schedulechange",
                    trigger=pgtrigger.compiler.Trigger(
                        name="schedule_change_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="e6c83dee5a9d96efb99961328905f25c52021eb9",
                            operation="UPDATE",
                            pgid="pgtrigger_schedule_change_frozen_c1a10",
                            table="invoicing_schedulechange",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="schedulechange",
                    trigger=pgtrigger.compiler.Trigger(
                        name="schedule_change_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="62ae23a6f052c09de03e166713e6caf2abbff168",
                            operation="DELETE",
                            pgid="pgtrigger_schedule_change_kept_fd1e5",
                            table="invoicing_schedulechange",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="schedulechange",
                    trigger=pgtrigger.compiler.Trigger(
                        name="schedule_change_not_emptied",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'schedule_change: rows are kept, the table cannot be emptied';",
                            hash="0ccf04f9eca791980f6ba87bb857aa2dc545152c",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_schedule_change_not_emptied_6afda",
                            table="invoicing_schedulechange",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="charge",
                    trigger=pgtrigger.compiler.Trigger(
                        name="charge_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN ((to_jsonb(OLD) - '{released_by_id}'::text[]) IS DISTINCT FROM (to_jsonb(NEW) - '{released_by_id}'::text[]))",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="259751fc45f813a0575ff799a2ac35bf32862732",
                            operation="UPDATE",
                            pgid="pgtrigger_charge_frozen_acdb6",
                            table="invoicing_charge",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="charge",
                    trigger=pgtrigger.compiler.Trigger(
                        name="charge_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="5de30c818c38167808a2d8bccb7d67e889dad1e7",
                            operation="DELETE",
                            pgid="pgtrigger_charge_kept_56813",
                            table="invoicing_charge",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="charge",
                    trigger=pgtrigger.compiler.Trigger(
                        name="charge_not_emptied",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'charge: rows are kept, the table cannot be emptied';",
                            hash="490b8482f71cad794b5513a5b03c32f0bb83d619",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_charge_not_emptied_db845",
                            table="invoicing_charge",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="charge",
                    trigger=pgtrigger.compiler.Trigger(
                        name="charge_write_once",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN ((OLD.released_by_id IS NOT NULL AND NEW.released_by_id IS DISTINCT FROM OLD.released_by_id))",
                            func="\n            RAISE EXCEPTION 'charge: a column that is written once was changed' USING ERRCODE = 'check_violation';\n        ",
                            hash="de3e5988a037527a1efcc87404232bbc71d7a5e0",
                            operation="UPDATE",
                            pgid="pgtrigger_charge_write_once_37986",
                            table="invoicing_charge",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="charge",
                    trigger=pgtrigger.compiler.Trigger(
                        name="beneficiary_of_bill_to",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n        IF NOT EXISTS (\n            SELECT 1 FROM accounts_account who JOIN accounts_account payer ON payer.id = NEW.bill_to_id\n            WHERE who.id = NEW.beneficiary_id AND payer.bill_to_id IS NULL AND payer.currency = NEW.currency\n              AND (who.id = payer.id OR who.bill_to_id = payer.id)\n        ) THEN\n            RAISE EXCEPTION 'account % is not billed to % in %', NEW.beneficiary_id, NEW.bill_to_id, NEW.currency\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'beneficiary_of_bill_to';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="f4b9cc7f6eb39e96790aed7225667f918e9867ff",
                            operation="INSERT",
                            pgid="pgtrigger_beneficiary_of_bill_to_01e23",
                            table="invoicing_charge",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoiceitem",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_item_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="bea99631a990eda95c40ee94f521a1e57f3b512d",
                            operation="UPDATE",
                            pgid="pgtrigger_invoice_item_frozen_ebc93",
                            table="invoicing_invoiceitem",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoiceitem",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_item_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="6d02ee5a238479b16aff1451a0bf0214a8555137",
                            operation="DELETE",
                            pgid="pgtrigger_invoice_item_kept_84ae3",
                            table="invoicing_invoiceitem",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoiceitem",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoice_item_not_emptied",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'invoice_item: rows are kept, the table cannot be emptied';",
                            hash="985cf7a2857ef3be721a6826cfc257e3a36b4ad3",
                            level="STATEMENT",
                            operation="TRUNCATE",
                            pgid="pgtrigger_invoice_item_not_emptied_e709e",
                            table="invoicing_invoiceitem",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoiceitem",
                    trigger=pgtrigger.compiler.Trigger(
                        name="invoiceitem_complete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n            IF EXISTS (\n                SELECT 1 FROM invoicing_invoice i\n                JOIN (SELECT row.invoice_id, sum(row.net) AS total FROM invoicing_invoiceitem row\n                      WHERE row.invoice_id IN (SELECT invoice_id FROM added) GROUP BY 1) sums ON sums.invoice_id = i.id\n                WHERE sums.total <> i.net\n            ) THEN\n                RAISE EXCEPTION 'invoiceitem: the rows of an invoice come together and sum to its net'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoiceitem_complete';\n            END IF;\n            RETURN NULL;\n        ",
                            hash="1c2d9b79b998857acdf6761a820b343bc288b460",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_invoiceitem_complete_ee053",
                            referencing="REFERENCING NEW TABLE AS added ",
                            table="invoicing_invoiceitem",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="taxrule",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "invoicing_taxruleevent" ("category", "country", "for_exempt", "id", "needs_vat_number", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_type", "rate", "region", "valid_from", "valid_to") VALUES (NEW."category", NEW."country", NEW."for_exempt", NEW."id", NEW."needs_vat_number", NEW."note", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."product_type", NEW."rate", NEW."region", NEW."valid_from", NEW."valid_to"); RETURN NULL;',
                            hash="825be5471bfbe953bc2015053ba0a52732c80fbd",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_87f75",
                            table="invoicing_taxrule",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="taxrule",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "invoicing_taxruleevent" ("category", "country", "for_exempt", "id", "needs_vat_number", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_type", "rate", "region", "valid_from", "valid_to") VALUES (NEW."category", NEW."country", NEW."for_exempt", NEW."id", NEW."needs_vat_number", NEW."note", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."product_type", NEW."rate", NEW."region", NEW."valid_from", NEW."valid_to"); RETURN NULL;',
                            hash="9746ab23d0c397d4f14e019c8ac0cc4554550d6e",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_c7c09",
                            table="invoicing_taxrule",
                            when="AFTER",
                        ),
                    ),
                ),
            ],
        ),
    ]
