"""Every pair of states: what the table allows the database allows, and nothing else."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from config.kernel.errors import InvalidTransition
from invoicing.enums import (
    ITEM_TRANSITIONS,
    RUN_TRANSITIONS,
    SCHEDULE_TRANSITIONS,
    ItemState,
    RunState,
    ScheduleState,
)
from invoicing.models import BillingRun, BillingSchedule, RunItem
from tests.integration.invoicing import cast

pytestmark = pytest.mark.django_db
EVIDENCE = {
    "invoicing_billingrun": ("finished_at", ("done", "done_with_errors", "discarded")),
    "invoicing_runitem": ("done_at", ("done",)),
    "invoicing_billingschedule": ("voided_at", ("void",)),
}
MACHINES = [
    (RunState, RUN_TRANSITIONS, "invoicing_billingrun"),
    (ItemState, ITEM_TRANSITIONS, "invoicing_runitem"),
    (ScheduleState, SCHEDULE_TRANSITIONS, "invoicing_billingschedule"),
]
PAIRS = [
    pytest.param(table, arrows, current, target, id=f"{table} {current} {target}")
    for states, arrows, table in MACHINES
    for current in states
    for target in states
    if current != target
]


@pytest.fixture
def rows():
    cast.organisation()
    payer = cast.reseller()
    run = BillingRun.objects.create(
        state=RunState.SCHEDULED, through=date(2026, 4, 1), invoice_on=date(2026, 4, 1), started_at=cast.NOON
    )
    other = BillingRun.objects.create(
        state=RunState.DISCARDED,
        through=run.through,
        invoice_on=run.invoice_on,
        started_at=cast.NOON,
        finished_at=cast.NOON,
    )
    item = RunItem.objects.create(run=other, bill_to=payer, reason="why")
    schedule = cast.opened(payer, payer, on=date(2026, 3, 1))
    BillingSchedule.objects.update(start_on=date(2026, 3, 1), confirmed_at=cast.NOON)
    return {row._meta.db_table: row.pk for row in (run, item, schedule)}


@pytest.mark.parametrize(("table", "arrows", "current", "target"), PAIRS)
def test_database_and_table_allow_the_same_arrows(rows, table, arrows, current, target):
    column, proven = EVIDENCE[table]

    def move(state):
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET state = %s, {column} = CASE WHEN %s = ANY(%s) THEN now() END WHERE id = %s",
                [str(state), str(state), list(proven), rows[table]],
            )

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("RESET ROLE")
        cursor.execute("SET LOCAL session_replication_role = replica")
    move(current)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")

    if arrows.allows(current, target):
        arrows.check(current, target)
        move(target)
        return
    with pytest.raises(InvalidTransition):
        arrows.check(current, target)
    with pytest.raises(DatabaseError), transaction.atomic():
        move(target)
