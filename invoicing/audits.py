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
        "Tax is rounded once per category and rate, on credits over all credits of an invoice",
        """
        SELECT i.number, t.category, t.rate, t.base, t.tax
        FROM invoicing_invoicetax t JOIN invoicing_invoice i ON i.id = t.invoice_id
        WHERE i.document_type = 'debit' AND t.tax <> round(t.base * t.rate / 100, 2)
        UNION ALL
        SELECT number, category, rate, base, tax FROM (
            SELECT k.number, t.category, t.rate, t.base, t.tax, sum(t.base) OVER (
                       PARTITION BY k.corrects_id, t.category, t.rate ORDER BY k.id) AS upto
            FROM invoicing_invoicetax t JOIN invoicing_invoice k ON k.id = t.invoice_id
            WHERE k.document_type = 'credit'
        ) x WHERE tax <> round(upto * rate / 100, 2) - round((upto - base) * rate / 100, 2)
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
           OR (c.kind <> 'setup' AND NOT c.period <@ daterange(s.start_on, s.term_end_on))
           OR (c.kind NOT IN ('setup', 'refund') AND NOT c.period <@ daterange(s.start_on, s.end_on)
               AND NOT EXISTS (SELECT 1 FROM invoicing_schedulechange e
                               WHERE e.schedule_id = s.id AND e.kind = 'end' AND e.at >= c.cut_at)
               AND NOT EXISTS (SELECT 1 FROM invoicing_charge old WHERE old.released_by_id = c.id))
        """,
    ),
    Audit(
        "I10",
        "An invoice line says what its charge says",
        """
        SELECT i.number, l.position, c.id AS charge
        FROM invoicing_invoiceitem l JOIN invoicing_invoice i ON i.id = l.invoice_id
        LEFT JOIN invoicing_charge c ON c.id = l.charge_id
        CROSS JOIN LATERAL (SELECT CASE i.document_type WHEN 'credit' THEN -1 ELSE 1 END AS side) x
        WHERE (i.document_type = 'debit' AND c.id IS NULL)
           OR (c.id IS NOT NULL AND (c.period <> l.period OR c.net <> l.net * x.side
               OR c.quantity <> l.quantity * x.side OR c.unit_price <> l.unit_price OR c.kind <> l.kind
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
        WHERE i.beneficiary_id IS NULL AND i.document_type = 'debit' AND l.beneficiary_id = ANY (t.separate)
        """,
    ),
    Audit(
        "I13",
        "Credits never exceed the line, nor the base and tax of the category, that they correct",
        """
        SELECT 'line ' || o.id AS what, o.net AS invoiced, sum(k.net) AS credited
        FROM invoicing_invoiceitem o JOIN invoicing_invoiceitem k ON k.credits_item_id = o.id
        GROUP BY o.id
        HAVING sum(k.net) * sign(o.net) NOT BETWEEN 0 AND abs(o.net) OR (o.net = 0 AND sum(k.net) <> 0)
        UNION ALL
        SELECT i.number || ' ' || t.category || ' ' || t.rate, o.base, sum(t.base)
        FROM invoicing_invoicetax t
        JOIN invoicing_invoice k ON k.id = t.invoice_id AND k.corrects_id IS NOT NULL
        JOIN invoicing_invoice i ON i.id = k.corrects_id
        LEFT JOIN invoicing_invoicetax o ON o.invoice_id = i.id AND o.category = t.category AND o.rate = t.rate
        GROUP BY i.number, t.category, t.rate, o.base, o.tax
        HAVING o.base IS NULL OR sum(t.base) * sign(o.base) NOT BETWEEN 0 AND abs(o.base)
            OR sum(t.tax) * sign(o.tax) NOT BETWEEN 0 AND abs(o.tax)
        """,
    ),
    Audit(
        "I14",
        "A credit invoice corrects an earlier invoice of the same bill-to and currency, line by line",
        """
        SELECT k.number, o.number AS corrects
        FROM invoicing_invoice k LEFT JOIN invoicing_invoice o ON o.id = k.corrects_id
        WHERE k.document_type = 'credit' AND (o.id IS NULL OR o.bill_to_id <> k.bill_to_id
           OR o.currency <> k.currency OR k.issued_on < o.issued_on OR o.document_type <> 'debit'
           OR o.beneficiary_id IS DISTINCT FROM k.beneficiary_id)
        UNION ALL
        SELECT k.number, 'line ' || l.position
        FROM invoicing_invoice k JOIN invoicing_invoiceitem l ON l.invoice_id = k.id
        LEFT JOIN invoicing_invoiceitem o ON o.id = l.credits_item_id
        WHERE k.document_type = 'credit' AND (o.id IS NULL OR o.invoice_id <> k.corrects_id
           OR (o.beneficiary_id, o.tax_category, o.tax_rate) <> (l.beneficiary_id, l.tax_category, l.tax_rate))
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
        "I29",
        "Refunds never exceed the charge that they take back",
        """
        SELECT c.id AS charge, c.net, sum(r.net) AS refunded
        FROM invoicing_charge c JOIN invoicing_charge r ON r.refunds_id = c.id AND r.released_by_id IS NULL
        GROUP BY c.id
        HAVING c.net + sum(r.net) < 0 OR bool_or(r.schedule_id IS DISTINCT FROM c.schedule_id)
            OR c.released_by_id IS NOT NULL
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
    Audit(
        "I31",
        "What took the place of a charge says the same, and the line of the old one is credited in full",
        """
        SELECT old.id AS charge, new.id AS anew
        FROM invoicing_charge old JOIN invoicing_charge new ON new.id = old.released_by_id
        LEFT JOIN invoicing_invoiceitem l ON l.charge_id = old.id
        LEFT JOIN LATERAL (SELECT sum(net) AS net FROM invoicing_invoiceitem WHERE credits_item_id = l.id) k ON true
        WHERE l.id IS NULL OR k.net IS DISTINCT FROM l.net
           OR (old.bill_to_id, old.beneficiary_id, old.kind, old.period, old.quantity, old.unit_price, old.net)
              IS DISTINCT FROM
              (new.bill_to_id, new.beneficiary_id, new.kind, new.period, new.quantity, new.unit_price, new.net)
           OR old.schedule_id IS DISTINCT FROM new.schedule_id OR old.change_id IS DISTINCT FROM new.change_id
        """,
    ),
    Audit(
        "I32",
        "A reversal takes back exactly its payment, and a withdrawn charge is on no invoice",
        """
        SELECT 'payment ' || p.id AS what, p.amount, r.amount AS reversal
        FROM invoicing_payment r JOIN invoicing_payment p ON p.id = r.reverses_id
        WHERE p.amount + r.amount <> 0 OR p.unallocated + r.unallocated <> 0 OR p.bill_to_id <> r.bill_to_id
        UNION ALL
        SELECT 'invoice ' || a.invoice_id, sum(a.amount), NULL
        FROM invoicing_paymentallocation a LEFT JOIN invoicing_payment p ON p.id = a.payment_id
        GROUP BY a.invoice_id, coalesce(p.reverses_id, p.id), a.credit_id HAVING sum(a.amount) < 0
        UNION ALL
        SELECT 'charge ' || c.id, c.net, NULL
        FROM invoicing_charge c JOIN invoicing_invoiceitem l ON l.charge_id = c.id WHERE c.withdrawn_at IS NOT NULL
        """,
    ),
    Audit(
        "I34",
        "A bank file is booked as a whole, each of its transfers as one payment",
        """
        SELECT f.public_id AS file, r.line, r.state
        FROM invoicing_bankimport f JOIN invoicing_bankrow r ON r.bank_import_id = f.id
        LEFT JOIN invoicing_payment p ON p.id = r.payment_id
        WHERE (f.state = 'booked' AND r.state IN ('open', 'ready'))
           OR (f.state <> 'booked' AND r.state = 'booked')
           OR (r.state = 'booked' AND (p.bill_to_id, p.amount, p.currency, p.received_on)
               IS DISTINCT FROM (r.bill_to_id, r.amount, r.currency, r.value_on))
        """,
    ),
    Audit(
        "I35",
        "A finished run has a certificate, whose sums are those of its documents",
        """
        SELECT r.public_id AS run, r.state, NULL AS currency, NULL AS certified, NULL AS issued
        FROM invoicing_billingrun r LEFT JOIN invoicing_runcertificate c ON c.run_id = r.id
        WHERE (r.state IN ('done', 'done_with_errors')) <> (c.run_id IS NOT NULL)
        UNION ALL
        SELECT r.public_id, r.state, coalesce(c.currency, d.currency), c.net::text, d.net::text
        FROM (SELECT x.run_id, s ->> 'currency' AS currency, (s ->> 'documents_net')::numeric AS net,
                     (s ->> 'documents')::int AS documents
              FROM invoicing_runcertificate x, jsonb_array_elements(x.sums) s) c
        FULL JOIN (SELECT t.run_id, i.currency, count(*) AS documents,
                          sum(CASE i.document_type WHEN 'credit' THEN -i.net ELSE i.net END) AS net
                   FROM invoicing_invoice i JOIN invoicing_runitem t ON t.id = i.run_item_id
                   JOIN invoicing_runcertificate x ON x.run_id = t.run_id GROUP BY 1, 2) d
          ON d.run_id = c.run_id AND d.currency = c.currency
        JOIN invoicing_billingrun r ON r.id = coalesce(c.run_id, d.run_id)
        WHERE c.net IS DISTINCT FROM d.net OR c.documents IS DISTINCT FROM d.documents
        UNION ALL
        SELECT r.public_id, r.state, NULL, c.unequal::text, NULL
        FROM invoicing_runcertificate c JOIN invoicing_billingrun r ON r.id = c.run_id WHERE c.unequal <> '[]'::jsonb
        """,
    ),
    Audit(
        "I37",
        "A dispute is about one line of its invoice and bill-to, or a part of it, with its tax",
        """
        SELECT d.public_id AS dispute, l.invoice_id AS invoice, d.amount
        FROM invoicing_dispute d JOIN invoicing_invoiceitem l ON l.id = d.item_id
        WHERE (d.invoice_id, d.bill_to_id) <> (l.invoice_id, l.bill_to_id)
           OR d.amount <> coalesce(d.part_net, l.net) + round(coalesce(d.part_net, l.net) * l.tax_rate / 100, 2)
           OR d.part_net > l.net
        """,
    ),
    Audit(
        "I36",
        "A reminder is about overdue invoices of its addressee, each step of one once",
        """
        SELECT l.id AS letter, i.number, r.step
        FROM invoicing_reminder r JOIN invoicing_reminderletter l ON l.id = r.letter_id
        JOIN invoicing_invoice i ON i.id = r.invoice_id
        WHERE i.bill_to_id <> l.bill_to_id OR i.due_on >= l.sent_on OR r.step > l.step
        """,
    ),
]
