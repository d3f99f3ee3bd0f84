"""A worker that makes PDF files is killed, or takes longer than its lease (F04 of reliability.md §5)."""

import hashlib
import os
import signal
import time
from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone

from config.embedded.processes import wait_for
from invoicing.enums import RenderState
from invoicing.models import Invoice, InvoiceFile, InvoiceRendering
from invoicing.services import documents
from tests.faults.workers import session, somebody_waits_for_table, worker
from tests.integration.invoicing import cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
LEASE = 2


@pytest.fixture
def renderer(tmp_path, settings):
    """A worker on the render queue that stores files on disk; whoever is silent for two seconds is taken for dead."""
    settings.RENDER_LEASE_SECONDS = LEASE
    with worker("render,default", MEDIA_ROOT=str(tmp_path), RENDER_LEASE_SECONDS=str(LEASE)) as running:
        yield running


def two_invoices():
    cast.organisation()
    cast.vat()
    payer = cast.reseller()
    customer = cast.end_customer("Acme", payer, separate_invoices=True)
    for who in (payer, customer):
        cast.sold(payer, who, on=date(2026, 3, 1))
    cast.bill(date(2026, 3, 1))
    return list(Invoice.objects.order_by("pk"))


def lines_held():
    """Nobody reads the lines of an invoice while this session lives: a rendering stands still."""
    held = session()
    held.execute("LOCK TABLE invoicing_invoiceitem IN ACCESS EXCLUSIVE MODE")
    return held


def rendering_stands_still():
    return None not in signs_of_life() and somebody_waits_for_table("invoicing_invoiceitem")


def all_made():
    """The sweeper rings as the scheduler would."""
    documents.sweep(at=timezone.now())
    return not InvoiceRendering.objects.exclude(state=RenderState.DONE).exists()


def signs_of_life():
    return list(InvoiceRendering.objects.order_by("pk").values_list("claimed_at", flat=True))


def test_long_rendering_keeps_its_lease_and_a_killed_one_is_made_soon(request, renderer, tmp_path):
    invoices = two_invoices()
    held = lines_held()
    request.addfinalizer(held.close)
    renderer.start()
    documents.sweep(at=timezone.now() + documents.PAUSE)
    assert wait_for(rendering_stands_still, 60), "nobody began to render"

    first = signs_of_life()
    time.sleep(1.5 * LEASE)
    later = signs_of_life()
    again = [documents.render(invoice_id=invoice.pk, at=timezone.now()) for invoice in invoices]

    assert min(late - early for early, late in zip(first, later, strict=True)).total_seconds() >= LEASE
    assert again == [None, None]
    assert list(InvoiceRendering.objects.values_list("attempts", flat=True)) == [1, 1]

    renderer.kill_tree()
    renderer.start()
    held.close()

    assert wait_for(all_made, 60, step=0.5), list(InvoiceRendering.objects.values())
    assert list(InvoiceRendering.objects.values_list("attempts", flat=True)) == [2, 2]
    for file in InvoiceFile.objects.all():
        assert hashlib.sha256((Path(tmp_path) / str(file.file)).read_bytes()).hexdigest() == file.sha256
    assert [finding for finding in cast.broken() if finding.code != "I21"] == []


def test_frozen_renderer_that_wakes_up_changes_nothing(request, renderer, tmp_path):
    """Its lease is over, another worker has made the files; then it goes on where it stood."""
    two_invoices()
    held = lines_held()
    request.addfinalizer(held.close)
    renderer.start()
    documents.sweep(at=timezone.now() + documents.PAUSE)
    assert wait_for(rendering_stands_still, 60), "nobody began to render"
    frozen = renderer.process
    os.killpg(frozen.pid, signal.SIGSTOP)
    request.addfinalizer(frozen.wait)
    request.addfinalizer(lambda: os.killpg(frozen.pid, signal.SIGKILL))

    renderer.process = None
    renderer.start()
    held.close()
    assert wait_for(all_made, 60, step=0.5), list(InvoiceRendering.objects.values())
    before = list(InvoiceFile.objects.order_by("pk").values("sha256", "file", "made_at"))
    os.killpg(frozen.pid, signal.SIGCONT)
    time.sleep(2)

    assert list(InvoiceFile.objects.order_by("pk").values("sha256", "file", "made_at")) == before
    assert set(InvoiceRendering.objects.values_list("state", "attempts")) == {(RenderState.DONE, 2)}
