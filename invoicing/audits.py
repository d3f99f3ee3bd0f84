"""The invariants of billing as queries: each returns the rows that break it (reliability.md §4).

Every app may have such a module; `manage.py audit` runs all of them. The numbers are those of reliability.md.
"""

from __future__ import annotations

from config.kernel.audits import Audit

AUDITS = [
    Audit(
        "I01",
        "The net of a document is the sum of its lines",
        """
        SELECT i.number, i.net, coalesce(sum(l.net), 0) AS lines
        FROM invoicing_invoice i LEFT JOIN invoicing_invoiceitem l ON l.invoice_id = i.id
        GROUP BY i.id HAVING coalesce(sum(l.net), 0) <> i.net
        """,
    ),
    Audit(
        "I02",
        "Bases sum to the net, tax rows to the tax, gross is net plus tax",
        """
        SELECT i.number, i.net, i.tax, i.gross, coalesce(sum(t.base), 0) AS bases, coalesce(sum(t.tax), 0) AS taxes
        FROM invoicing_invoice i LEFT JOIN invoicing_invoicetax t ON t.invoice_id = i.id
        GROUP BY i.id
        HAVING coalesce(sum(t.base), 0) <> i.net OR coalesce(sum(t.tax), 0) <> i.tax OR i.gross <> i.net + i.tax
        """,
    ),
    Audit(
        "I03",
        "Tax is rounded once per category and rate",
        """
        SELECT i.number, t.category, t.rate, t.base, t.tax
        FROM invoicing_invoicetax t JOIN invoicing_invoice i ON i.id = t.invoice_id
        WHERE t.tax <> round(t.base * t.rate / 100, 2)
        """,
    ),
    Audit(
        "I04",
        "Each tax base is the sum of its lines",
        """
        SELECT coalesce(l.invoice_id, t.invoice_id) AS invoice, l.lines, t.base
        FROM (SELECT invoice_id, tax_category, tax_rate, sum(net) AS lines
              FROM invoicing_invoiceitem GROUP BY 1, 2, 3) l
        FULL JOIN invoicing_invoicetax t
          ON t.invoice_id = l.invoice_id AND t.category = l.tax_category AND t.rate = l.tax_rate
        WHERE l.lines IS DISTINCT FROM t.base
        """,
    ),
    Audit(
        "I05",
        "Numbers run from 1 without a gap",
        """
        SELECT s.key, s.last_number, count(i.id) AS invoices, max(i.sequence) AS highest
        FROM invoicing_numberseries s LEFT JOIN invoicing_invoice i ON i.series_id = s.id
        GROUP BY s.id
        HAVING count(i.id) <> s.last_number OR coalesce(max(i.sequence), 0) <> s.last_number
            OR count(DISTINCT i.sequence) <> s.last_number
        """,
    ),
    Audit(
        "I06",
        "A later number never has an earlier date",
        """
        SELECT number, issued_on, before FROM (
            SELECT number, issued_on, lag(issued_on) OVER (PARTITION BY series_id ORDER BY sequence) AS before
            FROM invoicing_invoice
        ) x WHERE issued_on < before
        """,
    ),
    Audit(
        "I07",
        "No day of a schedule is charged twice",
        """
        SELECT a.schedule_id AS schedule, a.period::text AS first, b.period::text AS second
        FROM invoicing_charge a JOIN invoicing_charge b
          ON a.schedule_id = b.schedule_id AND a.id < b.id AND a.period && b.period
        WHERE a.kind IN ('stub', 'cycle') AND b.kind IN ('stub', 'cycle')
          AND a.released_by_id IS NULL AND b.released_by_id IS NULL
        """,
    ),
    Audit(
        "I08",
        "No day up to what counts as charged is missed",
        """
        SELECT s.id AS schedule, (datemultirange(daterange(s.start_on, s.charged_through))
               - coalesce(c.covered, '{}'::datemultirange))::text AS missed
        FROM invoicing_billingschedule s
        LEFT JOIN LATERAL (SELECT range_agg(period) AS covered FROM invoicing_charge
                           WHERE schedule_id = s.id AND kind IN ('stub', 'cycle', 'one_off')
                             AND released_by_id IS NULL) c ON true
        WHERE s.state IN ('active', 'ended') AND s.start_on < s.charged_through
          AND NOT isempty(datemultirange(daterange(s.start_on, s.charged_through))
                          - coalesce(c.covered, '{}'::datemultirange))
        """,
    ),
    Audit(
        "I09",
        "Charges lie inside the life of their schedule",
        """
        SELECT c.id AS charge, c.period::text AS period, s.start_on, s.end_on, s.term_end_on
        FROM invoicing_charge c JOIN invoicing_billingschedule s ON s.id = c.schedule_id
        WHERE isempty(c.period) OR s.start_on IS NULL
           OR (c.kind <> 'setup' AND NOT c.period <@ daterange(s.start_on, least(s.end_on, s.term_end_on)))
        """,
    ),
    Audit(
        "I10",
        "An invoice line says what its charge says",
        """
        SELECT i.number, l.position, c.id AS charge
        FROM invoicing_invoiceitem l JOIN invoicing_invoice i ON i.id = l.invoice_id
        LEFT JOIN invoicing_charge c ON c.id = l.charge_id
        WHERE (i.document_type = 'debit' AND c.id IS NULL)
           OR (c.id IS NOT NULL AND (c.period <> l.period OR c.net <> l.net OR c.quantity <> l.quantity
               OR c.unit_price <> l.unit_price OR c.kind <> l.kind
               OR c.factor_numerator <> l.factor_numerator OR c.factor_denominator <> l.factor_denominator))
        """,
    ),
    Audit(
        "I11",
        "A finished run has no waiting item, an issued document has a finished item",
        """
        SELECT r.public_id AS run, t.bill_to_id AS bill_to, t.state
        FROM invoicing_billingrun r JOIN invoicing_runitem t ON t.run_id = r.id
        WHERE r.state IN ('done', 'done_with_errors') AND t.state NOT IN ('done', 'held', 'parked', 'nothing_due')
        UNION
        SELECT i.number, i.bill_to_id, t.state
        FROM invoicing_invoice i JOIN invoicing_runitem t ON t.id = i.run_item_id WHERE t.state <> 'done'
        """,
    ),
    Audit(
        "I12",
        "A separate invoice is about one beneficiary, and it is the only one about it in its run",
        """
        SELECT i.number, l.beneficiary_id AS beneficiary
        FROM invoicing_invoice i JOIN invoicing_invoiceitem l ON l.invoice_id = i.id
        WHERE i.beneficiary_id IS NOT NULL AND l.beneficiary_id <> i.beneficiary_id
        UNION
        SELECT i.number, l.beneficiary_id
        FROM invoicing_invoice i JOIN invoicing_invoiceitem l ON l.invoice_id = i.id
        JOIN invoicing_runitem t ON t.id = i.run_item_id
        WHERE i.beneficiary_id IS NULL AND l.beneficiary_id = ANY (t.separate)
        """,
    ),
    Audit(
        "I13",
        "Credits of a line never exceed it",
        """
        SELECT o.id AS item, o.net, sum(k.net) AS credited
        FROM invoicing_invoiceitem o JOIN invoicing_invoiceitem k ON k.credits_item_id = o.id
        GROUP BY o.id HAVING sum(k.net) > o.net
        """,
    ),
    Audit(
        "I14",
        "A credit invoice corrects an earlier invoice of the same bill-to and currency",
        """
        SELECT k.number, o.number AS corrects
        FROM invoicing_invoice k LEFT JOIN invoicing_invoice o ON o.id = k.corrects_id
        WHERE k.document_type = 'credit' AND (o.id IS NULL OR o.bill_to_id <> k.bill_to_id
           OR o.currency <> k.currency OR k.issued_on < o.issued_on OR o.document_type <> 'debit')
        """,
    ),
    Audit(
        "I15",
        "Everything that hangs on a document belongs to its bill-to",
        """
        SELECT i.number, l.position
        FROM invoicing_invoiceitem l JOIN invoicing_invoice i ON i.id = l.invoice_id
        JOIN accounts_account e ON e.id = l.beneficiary_id
        LEFT JOIN invoicing_charge c ON c.id = l.charge_id
        LEFT JOIN invoicing_billingschedule s ON s.id = c.schedule_id
        WHERE l.bill_to_id <> i.bill_to_id OR coalesce(e.bill_to_id, e.id) <> i.bill_to_id
           OR c.bill_to_id <> i.bill_to_id OR s.bill_to_id <> i.bill_to_id
        """,
    ),
    Audit(
        "I22",
        "An issued invoice has its PDF after half an hour",
        """
        SELECT i.number, i.issued_at
        FROM invoicing_invoice i
        WHERE i.issued_at < now() - interval '30 minutes'
          AND NOT EXISTS (SELECT 1 FROM invoicing_invoicefile f WHERE f.invoice_id = i.id AND f.kind = 'pdf')
        """,
    ),
    Audit(
        "I24",
        "Currencies are ISO codes",
        """
        SELECT number, currency FROM invoicing_invoice WHERE currency !~ '^[A-Z]{3}$'
        UNION ALL
        SELECT l.id::text, l.currency FROM invoicing_invoiceitem l JOIN invoicing_invoice i ON i.id = l.invoice_id
        WHERE l.currency <> i.currency
        """,
    ),
    Audit(
        "I30",
        "What is open is what was invoiced less what settles it",
        """
        SELECT i.number, b.open_amount, i.gross - coalesce(sum(a.amount), 0) AS expected
        FROM invoicing_invoice i
        LEFT JOIN invoicing_invoicebalance b ON b.invoice_id = i.id
        LEFT JOIN invoicing_paymentallocation a
          ON (i.document_type = 'debit' AND a.invoice_id = i.id) OR (i.document_type = 'credit' AND a.credit_id = i.id)
        GROUP BY i.id, b.invoice_id
        HAVING b.open_amount IS DISTINCT FROM i.gross - coalesce(sum(a.amount), 0)
        UNION ALL
        SELECT 'payment ' || p.id, p.unallocated, p.amount - coalesce(sum(a.amount), 0)
        FROM invoicing_payment p LEFT JOIN invoicing_paymentallocation a ON a.payment_id = p.id
        GROUP BY p.id HAVING p.unallocated <> p.amount - coalesce(sum(a.amount), 0)
        """,
    ),
]
