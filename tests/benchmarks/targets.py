"""The benchmarks by name, each with the targets it is held to (performance.md §6)."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from invoicing.models import Invoice, NumberSeries
from invoicing.services import audits
from tests.benchmarks import runs, seed

SMALL, LARGE, HUGE = 30_000, 300_000, 1_000_000
ROUNDS: Final = 5
CHECKED: Final = ("I01", "I02", "I03", "I04", "I05", "I06", "I10", "I11", "I12")


@dataclass(frozen=True)
class Row:
    """One measured ratio (or count) and what it must not pass."""

    target: str
    what: str
    measured: float
    bound: float
    at_least: bool = False
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the target is met."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


@dataclass(frozen=True)
class Round:
    """One distributor billed from nothing, billed again with nothing to do, and its rows written without thinking."""

    lines: int
    run: runs.Worked
    again: float
    bare: float = math.nan


def play(size: int, *, workers: int = 1, bare: bool = False) -> Round:
    """Seed, bill, bill again, and with `bare` insert the same rows; what is not measured is done between the clocks."""
    lines = seed.seed(size)
    run = runs.bill(workers)
    check_documents()
    again = runs.bill_nothing()
    if not bare:
        return Round(lines, run, again)
    runs.keep_rows()
    return Round(lines, run, again, runs.insert_kept())


def check_documents() -> None:
    """The run made what it had to: gap-free numbers and clean audits (nobody renders here)."""
    last = NumberSeries.objects.get().last_number
    assert last == Invoice.objects.count() > 0
    broken = audits.run(only=CHECKED)
    assert broken == [], broken


@lru_cache
def small_rounds() -> tuple[Round, ...]:
    """The same small distributor several times; what stands side by side in a round was disturbed alike."""
    return tuple(play(SMALL, bare=True) for _ in range(ROUNDS))


@lru_cache
def sized(size: int) -> Round:
    """A larger distributor, once."""
    return play(size)


def limit(full: bool) -> Iterator[Row]:
    """Compute and issue, against the bare INSERT … SELECT of the same rows."""
    found = small_rounds()
    ratios = [one.run.seconds / one.bare for one in found]
    note = f"median of {', '.join(f'{ratio:.2f}' for ratio in ratios)}"
    what = f"billing run of {found[0].lines:,} lines : bare INSERT … SELECT"
    yield Row("T5", what, statistics.median(ratios), 2.5, note=note)


def growth(full: bool) -> Iterator[Row]:
    """As fast with many subscriptions as with few, from the first chunk to the last."""
    small = min(small_rounds(), key=lambda one: one.run.seconds)
    rate = small.lines / small.run.seconds
    for size in (LARGE, HUGE) if full else (LARGE,):
        big = sized(size)
        note = f"{rate:,.0f} and {big.lines / big.run.seconds:,.0f} lines/s"
        yield Row("T6", f"lines/s at {size:,} : at {SMALL:,}", big.lines / big.run.seconds / rate, 0.8, True, note)
        yield Row("T6", f"last tenth of the chunks : first, {size:,}", big.run.drift(), 1.3)


def again(full: bool) -> Iterator[Row]:
    """A second run finds out cheaply that nothing is left."""
    found = small_rounds()
    share = min(one.again for one in found) / min(one.run.seconds for one in found)
    yield Row("T7", "run with nothing to do : run", share, 0.02)


def workers(full: bool) -> Iterator[Row]:
    """A second worker may not help, but it never hurts."""
    alone = min(one.run.seconds for one in small_rounds())
    pair = min(play(SMALL, workers=2).run.seconds for _ in range(2))
    yield Row("T8", "one worker : two workers, seconds", alone / pair, 0.9, True, "numbers gap-free in each")


def queries(full: bool) -> Iterator[Row]:
    """The statements of a chunk do not grow with its rows."""
    few, many = play(10 * seed.PER_RESELLER).run, small_rounds()[0].run
    for stage in ("calculating", "issuing"):
        counts = [
            max((sent, read) for _took, sent, read in run.chunks(stage)[:-1] or run.chunks(stage))
            for run in (few, many)
        ]
        note = f"{counts[1][0]} statements in all; {counts[0][1]} and {counts[0][0]} with a fifth of the rows"
        yield Row("T9", f"reading statements of a chunk, {stage}", counts[1][1], 15, note=note)


def memory(full: bool) -> Iterator[Row]:
    """What the process that runs the chunks needs at its peak, in MiB."""
    sizes = [SMALL, LARGE, HUGE] if full else [SMALL]
    for size in sizes:
        peak = max(one.run.peak for one in (small_rounds() if size == SMALL else (sized(size),)))
        yield Row("T12", f"peak memory of the worker in MiB, {size:,}", peak, 120)


BENCHMARKS: Final[dict[str, Callable[[bool], Iterator[Row]]]] = {
    "limit": limit,
    "growth": growth,
    "again": again,
    "workers": workers,
    "queries": queries,
    "memory": memory,
}
