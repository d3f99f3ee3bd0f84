"""Background work of invoicing: each task takes an id, calls one service, and may run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone


@shared_task(name="invoicing.render_invoice", acks_late=True)
def render_invoice(*, invoice_id: int, **_later: object) -> None:
    """Make the PDF of one invoice."""
    from invoicing.rendering import pdf
    from invoicing.services import documents

    pdf.warm_up()
    documents.render(invoice_id=invoice_id, at=timezone.now())


@shared_task(name="invoicing.render_invoices")
def render_invoices(*, invoice_ids: list[int], **_later: object) -> None:
    """Ring for each of these invoices."""
    from invoicing.services import documents

    documents.ring(invoice_ids=invoice_ids)


@shared_task(name="invoicing.sweep_documents")
def sweep_documents(**_later: object) -> None:
    """Ring again for invoices without a file."""
    from invoicing.services import documents

    documents.sweep(at=timezone.now())


@shared_task(name="invoicing.deliver", acks_late=True)
def deliver(*, invoice_id: int, **_later: object) -> None:
    """Mail one document whose file is ready, or the digest it belongs to."""
    from invoicing.services import deliveries

    deliveries.deliver(invoice_id=invoice_id, at=timezone.now())


@shared_task(name="invoicing.sweep_deliveries")
def sweep_deliveries(**_later: object) -> None:
    """Ring again for documents that wait to be mailed."""
    from invoicing.services import deliveries

    deliveries.sweep(at=timezone.now())


@shared_task(name="invoicing.advance_run", acks_late=True)
def advance_run(*, run_id: int, **_later: object) -> None:
    """Do the next chunk of a billing run."""
    from invoicing.services import run_work

    run_work.advance(run_id=run_id, at=timezone.now())


@shared_task(name="invoicing.sweep_runs")
def sweep_runs(**_later: object) -> None:
    """Ring for billing runs that have fallen silent."""
    from invoicing.services import run_work

    run_work.sweep()


@shared_task(name="invoicing.daily_run")
def daily_run(**_later: object) -> None:
    """Start the daily run when its hour has come, and note the missed ones."""
    from invoicing.services import daily_runs

    daily_runs.tick(at=timezone.now())


@shared_task(name="invoicing.sweep_reminders")
def sweep_reminders(**_later: object) -> None:
    """Ring for resellers who are reminded today."""
    from invoicing.services import dunning

    dunning.sweep(at=timezone.now())


@shared_task(name="invoicing.remind", acks_late=True)
def remind(*, account_id: int, **_later: object) -> None:
    """Write today's reminder to one reseller."""
    from accounts.models import Account
    from invoicing.services import dunning

    dunning.remind(account=Account.objects.get(pk=account_id), at=timezone.now())
