"""The invariants of orders, subscriptions and calls to Microsoft as queries."""

from __future__ import annotations

from config.kernel.audits import Audit

AUDITS = [
    Audit(
        "I16",
        "An executed order fitted into the credit, or carries the reason why it was executed",
        """
        SELECT number, first_period_gross, available_at_execution FROM storefront_order
        WHERE status = 'executed' AND NOT was_unlimited AND override_reason = ''
          AND (available_at_execution IS NULL OR first_period_gross > available_at_execution)
        """,
    ),
    Audit(
        "I17",
        "A subscription at Microsoft belongs to one subscription of ours",
        """
        SELECT ms_subscription_id::text AS microsoft, count(*) AS ours FROM storefront_subscription
        WHERE ms_subscription_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1
        """,
    ),
    Audit(
        "I18",
        "No call to Microsoft stays without an outcome",
        """
        SELECT ms_request_id::text AS request, step, state, sent_at FROM storefront_partnercall
        WHERE state IN ('sent', 'unknown') AND sent_at < now() - interval '15 minutes'
        """,
    ),
    Audit(
        "I19",
        "The MPN ID goes with end customers' Microsoft orders, and with nobody else's",
        """
        SELECT o.number, o.mode, o.mpn_id FROM storefront_order o
        WHERE (o.mode <> 'end_customer' AND o.mpn_id IS NOT NULL)
           OR (o.mode = 'end_customer' AND o.mpn_id IS NULL AND o.status = 'executed' AND EXISTS (
                SELECT 1 FROM storefront_orderitem i JOIN storefront_offer f ON f.id = i.offer_id
                JOIN storefront_product p ON p.id = f.product_id WHERE i.order_id = o.id AND p.vendor = 'microsoft'))
        UNION ALL
        SELECT number, mode, mpn_id FROM storefront_subscription WHERE mode <> 'end_customer' AND mpn_id IS NOT NULL
        """,
    ),
    Audit(
        "I20",
        "What is billed is the price that was confirmed",
        """
        SELECT o.number, i.unit_price, c.price FROM storefront_subscription s
        JOIN storefront_orderitem i ON i.id = s.order_item_id JOIN storefront_order o ON o.id = i.order_id
        JOIN invoicing_schedulechange c ON c.schedule_id = s.schedule_id AND c.seq = 1
        WHERE c.price <> i.unit_price OR c.quantity <> i.quantity
        """,
    ),
    Audit(
        "G04",
        "Every item of an executed order has its subscription, and both speak of the same accounts",
        """
        SELECT o.number, i.position FROM storefront_order o
        JOIN storefront_orderitem i ON i.order_id = o.id
        LEFT JOIN storefront_subscription s ON s.order_item_id = i.id
        LEFT JOIN invoicing_billingschedule b ON b.id = s.schedule_id
        WHERE o.status = 'executed' AND (s.id IS NULL OR s.bill_to_id <> o.bill_to_id
           OR s.beneficiary_id <> o.beneficiary_id OR s.mode <> o.mode
           OR b.bill_to_id <> o.bill_to_id OR b.beneficiary_id <> o.beneficiary_id)
        """,
    ),
    Audit(
        "M05",
        "Billing has every renewal of a subscription once, as it was decided, and no other",
        """
        SELECT coalesce(r.subscription_id, s.id) AS subscription, coalesce(c.effective_on, r.begins_on) AS begins,
               c.price, r.price AS decided
        FROM (SELECT * FROM invoicing_schedulechange WHERE kind = 'renewal') c
        JOIN storefront_subscription s ON s.schedule_id = c.schedule_id
        FULL JOIN (SELECT * FROM storefront_renewal WHERE state = 'renewed') r ON r.change_id = c.id
        WHERE c.id IS NULL OR r.id IS NULL OR r.begins_on <> c.effective_on OR r.price <> c.price
           OR r.quantity <> c.quantity OR r.subscription_id <> s.id
        UNION ALL
        SELECT s.id, s.term_end_on, NULL, NULL FROM storefront_subscription s
        JOIN invoicing_billingschedule b ON b.id = s.schedule_id
        WHERE s.status = 'expired' AND b.end_on IS NULL
        """,
    ),
    Audit(
        "M13",
        "Every live end-customer subscription at Microsoft carries its reseller's MPN ID",
        """
        SELECT s.number, s.mpn_id, r.mpn_id AS stored FROM storefront_subscription s
        JOIN resellers_reseller r ON r.account_id = s.bill_to_id
        WHERE s.mode = 'end_customer' AND s.ms_subscription_id IS NOT NULL
          AND s.status IN ('active', 'pending_cancel', 'suspended') AND s.mpn_id IS DISTINCT FROM r.mpn_id
        """,
    ),
]
