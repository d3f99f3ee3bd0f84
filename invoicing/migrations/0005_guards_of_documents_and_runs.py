"""Rules of documents and runs that only Python had kept: modes, tax rounding, complete runs, lines of one beneficiary."""

from decimal import Decimal

import django.db.models.expressions
import django.db.models.functions.math
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0004_renewals_once_per_term"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="billingrun",
            trigger=pgtrigger.compiler.Trigger(
                name="billing_run_complete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.\"state\" IN ('done', 'done_with_errors') AND OLD.\"finished_at\" IS NULL)",
                    func="\n        IF EXISTS (SELECT 1 FROM invoicing_runitem WHERE run_id = NEW.id\n                   AND state IN ('pending', 'previewed', 'changed')) THEN\n            RAISE EXCEPTION 'billing run %: some items have not been worked on', NEW.public_id\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_run_complete';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="aea713d6202c34b062de966bb1303a55fc1a9efb",
                    operation="UPDATE",
                    pgid="pgtrigger_billing_run_complete_3a5b1",
                    table="invoicing_billingrun",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="billingschedule",
            trigger=pgtrigger.compiler.Trigger(
                name="mode_of_beneficiary",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF NEW.mode <> (SELECT CASE kind WHEN 'reseller' THEN 'personal' ELSE kind END\n                        FROM accounts_account WHERE id = NEW.beneficiary_id) THEN\n            RAISE EXCEPTION 'mode % is not that of account %', NEW.mode, NEW.beneficiary_id\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'mode_of_beneficiary';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="d1bed73b03700dd43a193d690aac0fb13e9cfae2",
                    operation="INSERT",
                    pgid="pgtrigger_mode_of_beneficiary_13d6b",
                    table="invoicing_billingschedule",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoiceitem",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_items_about_one",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF EXISTS (\n            SELECT 1 FROM added JOIN invoicing_invoice i ON i.id = added.invoice_id\n            WHERE i.beneficiary_id IS NOT NULL AND i.beneficiary_id <> added.beneficiary_id\n        ) THEN\n            RAISE EXCEPTION 'a separate invoice holds lines of its own beneficiary only'\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_items_about_one';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="b95a1c6c2d2d6e3423db84fde1261b12d6e8d1b1",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_invoice_items_about_one_026b5",
                    referencing="REFERENCING NEW TABLE AS added ",
                    table="invoicing_invoiceitem",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="billingrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("finished_at", None), ("state__in", ["scheduled", "calculating", "previewed", "issuing"])
                    ),
                    models.Q(
                        ("finished_at__isnull", False),
                        models.Q(("state__in", ["scheduled", "calculating", "previewed", "issuing"]), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="billing_run_over_has_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicebalance",
            constraint=models.CheckConstraint(
                condition=models.Q(("document_type__in", ["credit", "debit"])), name="invoice_balance_type_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("mode__in", ["affiliate", "end_customer", "personal"])),
                name="invoice_item_mode_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("tax_category__in", ("S", "Z", "E", "AE", "K", "G", "O"))),
                name="invoice_item_category_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicetax",
            constraint=models.CheckConstraint(
                condition=models.Q(("category__in", ("S", "Z", "E", "AE", "K", "G", "O"))),
                name="invoice_tax_category_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicetax",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate__isnull", True), ("rate__gte", 0), _connector="OR"),
                name="invoice_tax_rate_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicetax",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "tax",
                        django.db.models.functions.math.Round(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("base"), "*", models.F("rate")
                                ),
                                "/",
                                models.Value(Decimal("100")),
                            ),
                            precision=2,
                        ),
                    )
                ),
                name="invoice_tax_rounded_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="runitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", False), ("state", "done")),
                    models.Q(models.Q(("state", "done"), _negated=True), ("done_at", None)),
                    _connector="OR",
                ),
                name="run_item_done_has_moment",
            ),
        ),
    ]
