"""Certifying a finished run: the same figures from the charges to the documents, or the list of what is not billed."""

from __future__ import annotations

from datetime import datetime

import structlog

from invoicing.models import BillingRun, RunCertificate
from invoicing.selectors.certificates import left_of, sums_of, unequal

log = structlog.get_logger(__name__)


def certify(*, run: BillingRun, at: datetime) -> RunCertificate:
    """Write the certificate of a run in the transaction that finishes it; unequal sums are an alarm, not an error."""
    sums = sums_of(run)
    wrong, left = unequal(sums), left_of(run)
    if wrong:
        log.error("billing_run.sums_differ", run=run.pk, unequal=wrong)
    return RunCertificate.objects.create(
        run=run, made_at=at, sums=sums, unequal=wrong, left=left, is_complete=not wrong and not left
    )
