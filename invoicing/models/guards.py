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
    return [update, *kept(name)]


def kept(name: str) -> list[Any]:
    """Rows are never deleted, and the table is never emptied."""
    return [
        pgtrigger.Protect(name=f"{name}_kept", operation=pgtrigger.Delete),
        pgtrigger.Trigger(
            name=f"{name}_not_emptied",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=f"RAISE EXCEPTION '{name}: rows are kept, the table cannot be emptied';",
        ),
    ]


def frozen_but(name: str, *fields: str) -> Any:
    """Rows are never changed, except for the named fields: for tables of which a run updates thousands of rows.

    The same promise as `frozen(but=…)`, column by column and without a JSON document of each row: a new field of the
    model is frozen by the migration that adds it.
    """
    return pgtrigger.Protect(
        name=f"{name}_frozen",
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=list(fields)),
    )


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
           OR NEW.tax <> (SELECT coalesce(sum(tax), 0) FROM invoicing_invoicetax WHERE invoice_id = NEW.id)
           OR (NEW.document_type = 'debit' AND EXISTS (SELECT 1 FROM invoicing_invoicetax
               WHERE invoice_id = NEW.id AND tax <> round(base * rate / 100, 2))) THEN
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


REFUND_WITHIN_CHARGE = pgtrigger.Trigger(
    name="refund_within_charge",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Condition("NEW.refunds_id IS NOT NULL"),
    declare=[("whole", "invoicing_charge%ROWTYPE"), ("taken", "numeric"), ("units", "bigint")],
    func="""
        SELECT * INTO whole FROM invoicing_charge WHERE id = NEW.refunds_id FOR NO KEY UPDATE;
        SELECT sum(c.net), coalesce(sum(c.quantity) FILTER (WHERE h.kind <> 'price'), 0) INTO taken, units
            FROM invoicing_charge c JOIN invoicing_schedulechange h ON h.id = c.change_id
            WHERE c.refunds_id = NEW.refunds_id AND c.released_by_id IS NULL;
        IF whole.schedule_id IS DISTINCT FROM NEW.schedule_id OR whole.released_by_id IS NOT NULL
           OR whole.kind = 'refund' OR whole.net + taken < 0 OR whole.quantity + units < 0 THEN
            RAISE EXCEPTION 'charge %: refunds never exceed what they take back', NEW.refunds_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_within_charge';
        END IF;
        RETURN NULL;
    """,
)

"""A lower price takes nothing back of the number of units."""

PRICE_PROTECTED = pgtrigger.Trigger(
    name="schedule_price_protected",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Condition("NEW.kind = 'price'"),
    func="""
        IF EXISTS (SELECT 1 FROM invoicing_billingschedule
                   WHERE id = NEW.schedule_id AND (term_months IS NOT NULL OR price_parts > 1)) THEN
            RAISE EXCEPTION 'schedule %: the price of a term changes with its renewal only', NEW.schedule_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'schedule_price_protected';
        END IF;
        RETURN NEW;
    """,
)
"""Inside a term the agreed price holds (product.md §5.4, M5)."""

RESUMED_BEFORE_ITS_END = pgtrigger.Trigger(
    name="schedule_resumed_before_its_end",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition("OLD.state IN ('active', 'ended') AND OLD.end_on IS DISTINCT FROM NEW.end_on"),
    func="""
        IF OLD.end_on IS NOT NULL AND (NEW.end_on IS NOT NULL OR NEW.state <> 'active' OR EXISTS (
               SELECT 1 FROM invoicing_charge c JOIN invoicing_schedulechange h ON h.id = c.change_id
               WHERE h.schedule_id = NEW.id AND h.kind = 'end' AND h.effective_on = OLD.end_on AND c.kind = 'refund'
           )) THEN
            RAISE EXCEPTION 'schedule %: an end is revoked as a whole, and only when nothing was given back', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'schedule_resumed_before_its_end';
        END IF;
        RETURN NEW;
    """,
)
"""A day of end is never moved: it is revoked, or it stands."""

WITHDRAWN_BEFORE_INVOICED = pgtrigger.Trigger(
    name="withdrawn_before_invoiced",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition("OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL"),
    func="""
        IF EXISTS (SELECT 1 FROM invoicing_invoiceitem WHERE charge_id = NEW.id) THEN
            RAISE EXCEPTION 'charge %: it is invoiced, so it cannot be withdrawn', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'withdrawn_before_invoiced';
        END IF;
        RETURN NEW;
    """,
)

CREDIT_WITHIN_LINE = pgtrigger.Trigger(
    name="credit_within_line",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Condition("NEW.credits_item_id IS NOT NULL"),
    declare=[
        ("line", "invoicing_invoiceitem%ROWTYPE"),
        ("taken", "numeric"),
        ("pending", "numeric"),
        ("units", "bigint"),
    ],
    func="""
        SELECT * INTO line FROM invoicing_invoiceitem WHERE id = NEW.credits_item_id FOR NO KEY UPDATE;
        SELECT sum(net), coalesce(sum(quantity) FILTER (WHERE period = line.period AND unit_price = line.unit_price
               AND factor_numerator::bigint * line.factor_denominator
                   = factor_denominator::bigint * line.factor_numerator), 0)
            INTO taken, units FROM invoicing_invoiceitem WHERE credits_item_id = NEW.credits_item_id;
        SELECT coalesce(sum(r.net), 0) INTO pending FROM invoicing_charge r
            LEFT JOIN invoicing_invoiceitem done ON done.charge_id = r.id
            WHERE r.refunds_id = line.charge_id AND r.released_by_id IS NULL AND done.id IS NULL;
        IF NOT EXISTS (SELECT 1 FROM invoicing_invoice WHERE id = NEW.invoice_id AND corrects_id = line.invoice_id)
           OR (NEW.beneficiary_id, NEW.tax_category, NEW.tax_rate)
              IS DISTINCT FROM (line.beneficiary_id, line.tax_category, line.tax_rate) THEN
            RAISE EXCEPTION 'item %: a credit is taxed as the line of the invoice it corrects', NEW.credits_item_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_of_corrected_line';
        END IF;
        IF taken * sign(line.net) < 0 OR (taken - pending) * sign(line.net) > abs(line.net)
           OR (line.net = 0 AND taken <> 0) OR units * sign(line.quantity) > abs(line.quantity) THEN
            RAISE EXCEPTION 'item %: credits never exceed the line they correct', NEW.credits_item_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_within_line';
        END IF;
        RETURN NULL;
    """,
)

CREDIT_WITHIN_INVOICE = pgtrigger.Trigger(
    name="credit_within_invoice",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    condition=pgtrigger.Condition("NEW.corrects_id IS NOT NULL"),
    func="""
        PERFORM 1 FROM invoicing_invoice WHERE id = NEW.corrects_id FOR NO KEY UPDATE;
        IF EXISTS (
            SELECT 1 FROM invoicing_invoicetax t
            JOIN invoicing_invoice k ON k.id = t.invoice_id AND k.corrects_id = NEW.corrects_id
            LEFT JOIN invoicing_invoicetax o
              ON o.invoice_id = NEW.corrects_id AND o.category = t.category AND o.rate = t.rate
            GROUP BY t.category, t.rate, o.base, o.tax
            HAVING o.base IS NULL OR sum(t.base) * sign(o.base) NOT BETWEEN 0 AND abs(o.base)
                OR sum(t.tax) <> round(sum(t.base) * t.rate / 100, 2)
        ) OR EXISTS (SELECT 1 FROM invoicing_invoiceitem WHERE invoice_id = NEW.id AND credits_item_id IS NULL) THEN
            RAISE EXCEPTION 'invoice %: credits never exceed the invoice they correct, nor its tax', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_within_invoice';
        END IF;
        RETURN NULL;
    """,
)

REVERSAL_MIRRORS = pgtrigger.Trigger(
    name="reversal_mirrors",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Condition("NEW.reverses_id IS NOT NULL"),
    declare=[("paid", "invoicing_payment%ROWTYPE")],
    func="""
        SELECT * INTO paid FROM invoicing_payment WHERE id = NEW.reverses_id FOR NO KEY UPDATE;
        IF paid.reverses_id IS NOT NULL OR (NEW.bill_to_id, NEW.currency, -NEW.amount, -NEW.unallocated)
           IS DISTINCT FROM (paid.bill_to_id, paid.currency, paid.amount, paid.unallocated) THEN
            RAISE EXCEPTION 'payment %: its reversal takes back exactly what it is', NEW.reverses_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_mirrors';
        END IF;
        RETURN NEW;
    """,
)

ALLOCATION_FITS = pgtrigger.Trigger(
    name="allocation_fits",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    func="""
        IF NEW.payment_id IS NOT NULL THEN
            PERFORM 1 FROM invoicing_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
        END IF;
        IF EXISTS (SELECT 1 FROM invoicing_payment WHERE reverses_id = NEW.payment_id)
           OR NOT EXISTS (SELECT 1 FROM invoicing_invoice WHERE id = NEW.invoice_id AND document_type = 'debit')
           OR EXISTS (SELECT 1 FROM invoicing_invoice WHERE id = NEW.credit_id AND document_type <> 'credit')
           OR (SELECT sum(a.amount) FROM invoicing_paymentallocation a
               LEFT JOIN invoicing_payment p ON p.id = a.payment_id
               WHERE a.invoice_id = NEW.invoice_id
                 AND (coalesce(p.reverses_id, a.payment_id) = (SELECT coalesce(reverses_id, id) FROM invoicing_payment
                                                               WHERE id = NEW.payment_id)
                      OR a.credit_id = NEW.credit_id)) < 0 THEN
            RAISE EXCEPTION 'allocation of %: a standing payment or credit settles an invoice, never below nothing',
                NEW.invoice_id USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_fits';
        END IF;
        RETURN NULL;
    """,
)
