"""Rules that the database keeps, whoever writes: what is issued or charged stays as it was."""

from __future__ import annotations

from typing import Any

import pgtrigger


def frozen(name: str, *, but: tuple[str, ...] = ()) -> list[Any]:
    """Rows are never deleted, emptied, or changed, except for the named columns."""
    columns = ",".join(but)
    changed = pgtrigger.Condition(
        f"((to_jsonb(OLD) - '{{{columns}}}'::text[]) IS DISTINCT FROM (to_jsonb(NEW) - '{{{columns}}}'::text[]))"
    )
    update = pgtrigger.Protect(name=f"{name}_frozen", operation=pgtrigger.Update, condition=changed if but else None)
    return [
        update,
        pgtrigger.Protect(name=f"{name}_kept", operation=pgtrigger.Delete),
        pgtrigger.Trigger(
            name=f"{name}_not_emptied",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=f"RAISE EXCEPTION '{name}: rows are kept, the table cannot be emptied';",
        ),
    ]


def write_once(name: str, *columns: str) -> Any:
    """The columns are filled once and never changed after that."""
    tests = " OR ".join(
        f"(OLD.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column})" for column in columns
    )
    return pgtrigger.Trigger(
        name=f"{name}_write_once",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(f"({tests})"),
        func=f"""
            RAISE EXCEPTION '{name}: a column that is written once was changed' USING ERRCODE = 'check_violation';
        """,
    )


BENEFICIARY_OF_BILL_TO = pgtrigger.Trigger(
    name="beneficiary_of_bill_to",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM accounts_account who JOIN accounts_account payer ON payer.id = NEW.bill_to_id
            WHERE who.id = NEW.beneficiary_id AND payer.bill_to_id IS NULL AND payer.currency = NEW.currency
              AND (who.id = payer.id OR who.bill_to_id = payer.id)
        ) THEN
            RAISE EXCEPTION 'account % is not billed to % in %', NEW.beneficiary_id, NEW.bill_to_id, NEW.currency
                USING ERRCODE = 'check_violation', CONSTRAINT = 'beneficiary_of_bill_to';
        END IF;
        RETURN NEW;
    """,
)

MODE_OF_BENEFICIARY = pgtrigger.Trigger(
    name="mode_of_beneficiary",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF NEW.mode <> (SELECT CASE kind WHEN 'reseller' THEN 'personal' ELSE kind END
                        FROM accounts_account WHERE id = NEW.beneficiary_id) THEN
            RAISE EXCEPTION 'mode % is not that of account %', NEW.mode, NEW.beneficiary_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'mode_of_beneficiary';
        END IF;
        RETURN NEW;
    """,
)
"""The purchase mode follows from the beneficiary (product.md R4.1)."""

TOTALS_HOLD = pgtrigger.Trigger(
    name="invoice_totals_hold",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    func="""
        IF NEW.net <> (SELECT coalesce(sum(net), 0) FROM invoicing_invoiceitem WHERE invoice_id = NEW.id)
           OR NEW.net <> (SELECT coalesce(sum(base), 0) FROM invoicing_invoicetax WHERE invoice_id = NEW.id)
           OR NEW.tax <> (SELECT coalesce(sum(tax), 0) FROM invoicing_invoicetax WHERE invoice_id = NEW.id) THEN
            RAISE EXCEPTION 'invoice %: lines, tax table and totals do not agree', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_totals_hold';
        END IF;
        RETURN NULL;
    """,
)


ITEMS_ABOUT_ONE = pgtrigger.Trigger(
    name="invoice_items_about_one",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="added"),  # type: ignore[no-untyped-call]  # no stubs
    func="""
        IF EXISTS (
            SELECT 1 FROM added JOIN invoicing_invoice i ON i.id = added.invoice_id
            WHERE i.beneficiary_id IS NOT NULL AND i.beneficiary_id <> added.beneficiary_id
        ) THEN
            RAISE EXCEPTION 'a separate invoice holds lines of its own beneficiary only'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_items_about_one';
        END IF;
        RETURN NULL;
    """,
)

RUN_COMPLETE = pgtrigger.Trigger(
    name="billing_run_complete",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Q(old__finished_at__isnull=True, new__state__in=["done", "done_with_errors"]),
    func="""
        IF EXISTS (SELECT 1 FROM invoicing_runitem WHERE run_id = NEW.id
                   AND state IN ('pending', 'previewed', 'changed')) THEN
            RAISE EXCEPTION 'billing run %: some items have not been worked on', NEW.public_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_run_complete';
        END IF;
        RETURN NEW;
    """,
)
"""A finished run has no item that waits (reliability.md I11)."""


def rows_complete(name: str, column: str) -> Any:
    """Rows of an invoice come in one statement that completes its net; nothing is added to an issued one later."""
    return pgtrigger.Trigger(
        name=f"{name}_complete",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="added"),  # type: ignore[no-untyped-call]  # no stubs
        func=f"""
            IF EXISTS (
                SELECT 1 FROM invoicing_invoice i
                JOIN (SELECT row.invoice_id, sum(row.{column}) AS total FROM invoicing_{name} row
                      WHERE row.invoice_id IN (SELECT invoice_id FROM added) GROUP BY 1) sums ON sums.invoice_id = i.id
                WHERE sums.total <> i.net
            ) THEN
                RAISE EXCEPTION '{name}: the rows of an invoice come together and sum to its net'
                    USING ERRCODE = 'check_violation', CONSTRAINT = '{name}_complete';
            END IF;
            RETURN NULL;
        """,  # noqa: S608 -- the names are constants of this package
    )
