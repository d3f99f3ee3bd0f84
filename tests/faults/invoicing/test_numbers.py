"""Numbers under concurrency: no gap, no number twice, never an earlier date after a later one (I05, I06)."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from invoicing.enums import DocumentType, RunState
from invoicing.models import BillingRun, Invoice, NumberSeries
from invoicing.services import billing_runs, numbering, run_work
from invoicing.services.numbering import SeriesMovedOn
from invoicing.services.run_work import Progress
from tests.faults.invoicing.batches import APRIL, sold_to
from tests.integration.invoicing import cast

pytestmark = pytest.mark.django_db(transaction=True)
THREADS, TURNS = 8, 12


class ChangedMind(Exception):
    """A transaction that has taken numbers and gives up."""


def apart(work, number=THREADS):
    """Run the work in so many threads, each with its own connection."""

    def own(seed):
        try:
            return work(seed)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(own, range(number)))


def take_some(seed, take):
    rng, kept = random.Random(seed), []
    for turn in range(TURNS):
        count = rng.randint(1, 3)
        day = date(2026, 1, 1) + timedelta(turn)
        try:
            with transaction.atomic():
                first = take(day, count)
                if rng.random() < 0.2:
                    raise ChangedMind
        except (ChangedMind, SeriesMovedOn):
            continue
        kept += [(number, day) for number in range(first, first + count)]
    return kept


def taken(take):
    return sorted(pair for pairs in apart(lambda seed: take_some(seed, take)) for pair in pairs)


def test_numbers_have_no_gap_and_follow_the_dates():
    found = taken(lambda day, count: numbering.take(document_type=DocumentType.DEBIT, on=day, count=count)[1])

    numbers = [number for number, _day in found]
    assert numbers == list(range(1, NumberSeries.objects.get().last_number + 1))
    assert [day for _number, day in found] == sorted(day for _number, day in found)


def test_without_the_lock_the_same_work_goes_wrong():
    """The negative control: reading the last number and writing the next one, without FOR UPDATE."""
    NumberSeries.objects.create(
        key="INV-2026", document_type=DocumentType.DEBIT, year=2026, prefix="INV", last_date=date(2026, 1, 1)
    )

    def careless(_day, count):
        series = NumberSeries.objects.get()
        NumberSeries.objects.filter(pk=series.pk, last_number__lte=series.last_number + count).update(
            last_number=series.last_number + count
        )
        return series.last_number + 1

    numbers = [number for number, _day in taken(careless)]

    assert len(numbers) != len(set(numbers)) or numbers != list(range(1, len(numbers) + 1))


def test_earlier_date_is_refused_once_a_later_one_is_numbered():
    with transaction.atomic():
        numbering.take(document_type=DocumentType.DEBIT, on=date(2026, 4, 2), count=1)

    with pytest.raises(SeriesMovedOn), transaction.atomic():
        numbering.take(document_type=DocumentType.DEBIT, on=date(2026, 4, 1), count=1)
    assert numbering.date_for(DocumentType.DEBIT, date(2026, 4, 1)) == date(2026, 4, 2)
    assert numbering.date_for(DocumentType.CREDIT, date(2026, 4, 1)) == date(2026, 4, 1)
    assert NumberSeries.objects.get().last_number == 1


def test_four_workers_on_one_run_issue_every_document_once():
    sold_to(6)
    run = billing_runs.start(through=APRIL, by=None, at=timezone.now(), auto_issue=True)

    def work(_seed):
        end = time.monotonic() + 120
        while time.monotonic() < end:
            progress = run_work.advance(run_id=run.pk, at=timezone.now())
            if progress is Progress.OVER:
                return
            if progress is Progress.BUSY:
                time.sleep(0.05)

    apart(work, 4)

    assert BillingRun.objects.get(pk=run.pk).state == RunState.DONE
    assert list(Invoice.objects.order_by("sequence").values_list("sequence", flat=True)) == list(range(1, 13))
    assert [finding for finding in cast.broken() if finding.code != "I21"] == []
