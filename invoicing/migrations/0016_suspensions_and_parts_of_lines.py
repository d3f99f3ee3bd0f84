"""Proposals to suspend resellers that owe long; disputes about a part of a line."""

import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_vat_checks_and_exemptions"),
        ("invoicing", "0015_prices_ends_and_discounts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SuspensionProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("proposed_on", models.DateField(verbose_name="proposed on")),
                ("due_on", models.DateField(verbose_name="due since")),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="overdue, gross")),
                ("at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "To decide"),
                            ("stopped", "New orders stopped"),
                            ("left", "Left as it is"),
                            ("settled", "Paid meanwhile"),
                        ],
                        default="open",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
            ],
            options={
                "verbose_name": "proposal to suspend",
                "verbose_name_plural": "proposals to suspend",
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="billingsettings",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="billingsettings",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="dispute",
            name="dispute_about_its_line",
        ),
        migrations.AddField(
            model_name="billingsettings",
            name="suspend_after",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="A task for the staff; nothing is suspended by itself. Empty: never proposed.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)],
                verbose_name="propose suspension, days after the due date",
            ),
        ),
        migrations.AddField(
            model_name="billingsettingsevent",
            name="suspend_after",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="A task for the staff; nothing is suspended by itself. Empty: never proposed.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)],
                verbose_name="propose suspension, days after the due date",
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="part_net",
            field=models.DecimalField(
                blank=True, decimal_places=2, max_digits=14, null=True, verbose_name="part of the line, net"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="billingsettings",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "invoicing_billingsettingsevent" ("auto_issue", "by_supply_month", "credit_prefix", "daily_hour", "daily_run", "daily_since", "excess_discounts", "footer", "id", "invoice_prefix", "number_width", "outlier_amount", "outlier_percent", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reminder_days", "reminder_hour", "suspend_after") VALUES (NEW."auto_issue", NEW."by_supply_month", NEW."credit_prefix", NEW."daily_hour", NEW."daily_run", NEW."daily_since", NEW."excess_discounts", NEW."footer", NEW."id", NEW."invoice_prefix", NEW."number_width", NEW."outlier_amount", NEW."outlier_percent", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reminder_days", NEW."reminder_hour", NEW."suspend_after"); RETURN NULL;',
                    hash="5e771ef9d78430bd2bde594d20147f151d750a09",
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
                    func='INSERT INTO "invoicing_billingsettingsevent" ("auto_issue", "by_supply_month", "credit_prefix", "daily_hour", "daily_run", "daily_since", "excess_discounts", "footer", "id", "invoice_prefix", "number_width", "outlier_amount", "outlier_percent", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reminder_days", "reminder_hour", "suspend_after") VALUES (NEW."auto_issue", NEW."by_supply_month", NEW."credit_prefix", NEW."daily_hour", NEW."daily_run", NEW."daily_since", NEW."excess_discounts", NEW."footer", NEW."id", NEW."invoice_prefix", NEW."number_width", NEW."outlier_amount", NEW."outlier_percent", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reminder_days", NEW."reminder_hour", NEW."suspend_after"); RETURN NULL;',
                    hash="272153f3ebb067a9e4b783bee7880f60e0a661a5",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_1dfa5",
                    table="invoicing_billingsettings",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dispute",
            trigger=pgtrigger.compiler.Trigger(
                name="dispute_about_its_line",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF NOT EXISTS (\n            SELECT 1 FROM invoicing_invoiceitem l JOIN invoicing_invoice i ON i.id = l.invoice_id\n            CROSS JOIN LATERAL (SELECT coalesce(NEW.part_net, l.net) AS net) part\n            WHERE l.id = NEW.item_id AND i.document_type = 'debit' AND part.net > 0 AND part.net <= l.net\n              AND NEW.amount = part.net + round(part.net * l.tax_rate / 100, 2)\n              AND (i.id, i.bill_to_id, i.currency) = (NEW.invoice_id, NEW.bill_to_id, NEW.currency)\n        ) THEN\n            RAISE EXCEPTION 'dispute: it is about a line of its invoice that somebody owes, or a part of it'\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_about_its_line';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="c9db44e25a23de1204e54e89f002b147ddfdefe4",
                    operation="INSERT",
                    pgid="pgtrigger_dispute_about_its_line_94bf5",
                    table="invoicing_dispute",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="suspensionproposal",
            name="bill_to",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="suspension_proposals", to="accounts.account"
            ),
        ),
        migrations.AddField(
            model_name="suspensionproposal",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="suspensionproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["left", "open", "settled", "stopped"])), name="suspension_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="suspensionproposal",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="suspension_amount_positive"),
        ),
        migrations.AddConstraint(
            model_name="suspensionproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None), ("reason", ""), ("state", "open")),
                    models.Q(("decided_at__isnull", False), ("decided_by", None), ("reason", ""), ("state", "settled")),
                    models.Q(
                        ("state__in", ("left", "stopped")),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="suspension_decided_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="suspensionproposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("bill_to",), name="suspension_open_once"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="suspensionproposal",
            trigger=pgtrigger.compiler.Trigger(
                name="suspension_frozen",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN ((to_jsonb(OLD) - '{state,reason,decided_at,decided_by_id}'::text[]) IS DISTINCT FROM (to_jsonb(NEW) - '{state,reason,decided_at,decided_by_id}'::text[]))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="8836c8dd32b548bc4d75fe4642c84ba0a320139f",
                    operation="UPDATE",
                    pgid="pgtrigger_suspension_frozen_11202",
                    table="invoicing_suspensionproposal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="suspensionproposal",
            trigger=pgtrigger.compiler.Trigger(
                name="suspension_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="94cbe63fe4566bb7d34f0e81f463c84a2d2c7237",
                    operation="DELETE",
                    pgid="pgtrigger_suspension_kept_d63f8",
                    table="invoicing_suspensionproposal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="suspensionproposal",
            trigger=pgtrigger.compiler.Trigger(
                name="suspension_not_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'suspension: rows are kept, the table cannot be emptied';",
                    hash="d3afc5ba29fb62ef430ab3d08cf63c51d1972ff1",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_suspension_not_emptied_91434",
                    table="invoicing_suspensionproposal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="suspensionproposal",
            trigger=pgtrigger.compiler.Trigger(
                name="suspension_arrows",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{open:left,open:settled,open:stopped}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="8b98b439d7660ac2ba1f67f8579dadbcaa41579e",
                    operation="UPDATE",
                    pgid="pgtrigger_suspension_arrows_ac515",
                    table="invoicing_suspensionproposal",
                    when="BEFORE",
                ),
            ),
        ),
    ]
