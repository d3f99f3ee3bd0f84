"""The invariants of accounts as queries."""

from __future__ import annotations

from config.kernel.audits import Audit

AUDITS = [
    Audit(
        "I23",
        "The audit trail is one unbroken chain of hashes",
        """
        SELECT id, action, at FROM (
            SELECT *, lag(hash, 1, '') OVER (ORDER BY id) AS before_it FROM accounts_auditevent
        ) e
        WHERE previous_hash <> before_it OR hash <> encode(sha256(convert_to(
            previous_hash || '|' || id || '|' || action || '|' || target_type || '|' || target_id
            || '|' || coalesce(by_id::text, '') || '|' || extract(epoch FROM at)::text || '|' || reason
            || '|' || coalesce(before::text, '') || '|' || coalesce(after::text, ''), 'UTF8')), 'hex')
        """,
    ),
    Audit(
        "A01",
        "A sub-customer's bill-to is a reseller of its currency; only sub-customers are invoiced separately",
        """
        SELECT a.code, b.code AS bill_to
        FROM accounts_account a LEFT JOIN accounts_account b ON b.id = a.bill_to_id
        WHERE (a.kind = 'reseller') <> (a.bill_to_id IS NULL)
           OR (b.id IS NOT NULL AND (b.kind <> 'reseller' OR b.currency <> a.currency))
           OR (a.separate_invoices AND a.bill_to_id IS NULL)
        """,
    ),
    Audit(
        "A02",
        "Each user has one sign-in address, verified, the same at the user, its contact and the sign-in",
        """
        SELECT u.id, u.email, c.email AS contact, a.email AS sign_in
        FROM accounts_user u
        LEFT JOIN accounts_contact c ON c.user_id = u.id
        LEFT JOIN account_emailaddress a ON a.user_id = u.id
        WHERE a.email IS DISTINCT FROM lower(u.email) OR NOT a.verified OR NOT a."primary"
           OR lower(c.email) <> lower(u.email)
        """,
    ),
]
