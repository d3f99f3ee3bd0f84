"""Opens pages and counts their queries, with one row of everything and with several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests.budgets.world import World

FEW, MANY = 1, 4
Addresses = Callable[[World], Mapping[str, str]]


@dataclass
class Visit:
    """What one page answered, and the statements that it took."""

    status: int
    queries: list[str] = field(default_factory=list)


Counts = Mapping[str, tuple[Visit, Visit]]


def visit(client: Client, address: str) -> Visit:
    """Open it once to warm what is read once a process, then count."""
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address)
    return Visit(answer.status_code, [entry["sql"] for entry in seen.captured_queries])


@contextmanager
def rolled_back(blocker: object) -> Iterator[None]:
    """Use the database once for many tests; it is as before afterwards."""
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def measure(blocker: object, addresses: Addresses, person: Callable[[World], User]) -> dict[str, tuple[Visit, Visit]]:
    """Every page in a world with one of everything, and in one with more."""
    found = []
    with rolled_back(blocker):
        for count in (FEW, MANY):
            world, client = World(count), Client()
            client.force_login(person(world))
            found.append({name: visit(client, address) for name, address in addresses(world).items()})
    few, many = found
    return {name: (few[name], many[name]) for name in few}


def check(name: str, visits: tuple[Visit, Visit], budget: int, status: int = 200) -> None:
    """The page answers, costs the same with more rows, and stays within its budget."""
    few, many = visits
    assert (few.status, many.status) == (status, status), name
    words = "\n".join(f"{number}. {sql[:240]}" for number, sql in enumerate(many.queries, start=1))
    assert len(few.queries) == len(many.queries), f"{name}: {len(few.queries)} with one row, more with several\n{words}"
    assert len(many.queries) <= budget, f"{name}: {len(many.queries)} of {budget}\n{words}"
