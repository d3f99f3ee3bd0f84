"""Rules that the database keeps for bank files."""

from __future__ import annotations

import pgtrigger

BANK_ROW_IS_ITS_PAYMENT = pgtrigger.Trigger(
    name="bank_row_is_its_payment",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    condition=pgtrigger.Condition("NEW.payment_id IS NOT NULL"),
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM invoicing_payment p WHERE p.id = NEW.payment_id
              AND (p.bill_to_id, p.amount, p.currency, p.received_on)
                = (NEW.bill_to_id, NEW.amount, NEW.currency, NEW.value_on)
        ) THEN
            RAISE EXCEPTION 'bank transfer %: its payment has its amount, currency, day and account', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_row_is_its_payment';
        END IF;
        RETURN NEW;
    """,
)

BANK_IMPORT_COMPLETE = pgtrigger.Trigger(
    name="bank_import_complete",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition("NEW.state = 'booked' AND OLD.state <> 'booked'"),
    func="""
        IF NEW.errors <> '[]'::jsonb OR EXISTS (
            SELECT 1 FROM invoicing_bankrow WHERE bank_import_id = NEW.id AND state IN ('open', 'ready')
        ) THEN
            RAISE EXCEPTION 'bank file %: it is booked as a whole', NEW.public_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_import_complete';
        END IF;
        RETURN NEW;
    """,
)
