"""The benchmarks by name, each with the targets it is held to (performance.md §6)."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from invoicing.models import Invoice, NumberSeries
from invoicing.services import audits, run_work
from tests.benchmarks import runs, seed

SMALL, LARGE, HUGE = 30_000, 300_000, 1_000_000
ROUNDS: Final = 5
TRANSACTION: Final = 2
"""BEGIN and COMMIT of a chunk, which pass by the counter of statements."""
STEADY, DRIFT = 0.8, 1.3
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


def play(size: int, *, workers: int = 1, bare: bool = False, chunk_lines: int = run_work.CHUNK_LINES) -> Round:
    """Seed, bill, bill again, and with `bare` insert the same rows; what is not measured is done between the clocks."""
    lines = seed.seed(size)
    run = runs.bill(workers, chunk_lines)
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


@dataclass(frozen=True)
class Growth:
    """A larger distributor, with a small one right before and after it: what stands close was disturbed alike."""

    before: Round
    big: Round
    after: Round

    @property
    def rate(self) -> float:
        """Lines per second of the large run."""
        return self.big.lines / self.big.run.seconds

    @property
    def small_rate(self) -> float:
        """Lines per second of the small ones."""
        return (self.before.lines + self.after.lines) / (self.before.run.seconds + self.after.run.seconds)

    @property
    def holds(self) -> bool:
        """Whether it is as fast and as even as it should be."""
        return self.rate / self.small_rate >= STEADY and self.big.run.drift() <= DRIFT


@lru_cache
def sized(size: int) -> tuple[Growth, ...]:
    """A larger distributor; once more when it misses, since other work on the machine slows one and not the next."""
    first = grown(size)
    return (first,) if first.holds else (first, grown(size))


def grown(size: int) -> Growth:
    return Growth(play(SMALL), play(size), play(SMALL))


def limit(full: bool) -> Iterator[Row]:
    """Compute and issue, against the bare INSERT … SELECT of the same rows."""
    found = small_rounds()
    ratios = [one.run.seconds / one.bare for one in found]
    note = f"stretch 2.0; median of {', '.join(f'{ratio:.2f}' for ratio in ratios)}"
    what = f"billing run of {found[0].lines:,} lines : bare INSERT … SELECT"
    yield Row("T5", what, statistics.median(ratios), 2.5, note=note)


def growth(full: bool) -> Iterator[Row]:
    """As fast with many subscriptions as with few, from the first chunk to the last."""
    for size in (LARGE, HUGE) if full else (LARGE,):
        tries = sized(size)
        best = max(tries, key=lambda one: one.rate / one.small_rate)
        note = f"{best.small_rate:,.0f} and {best.rate:,.0f} lines/s{in_tries(len(tries))}"
        yield Row("T6", f"lines/s at {size:,} : at {SMALL:,}", best.rate / best.small_rate, STEADY, True, note)
        drift = min(one.big.run.drift() for one in tries)
        yield Row("T6", f"last tenth of the chunks : first, {size:,}", drift, DRIFT, note=in_tries(len(tries)))


def in_tries(number: int) -> str:
    return "" if number == 1 else f" (the better of {number})"


def again(full: bool) -> Iterator[Row]:
    """A second run finds out cheaply that nothing is left."""
    found = small_rounds()
    share = min(one.again for one in found) / min(one.run.seconds for one in found)
    yield Row("T7", "run with nothing to do : run", share, 0.02)


def workers(full: bool) -> Iterator[Row]:
    """A second worker may not help, but it never hurts."""
    rounds = [(play(SMALL).run.seconds, play(SMALL, workers=2).run.seconds) for _ in range(ROUNDS)]
    ratios = [alone / pair for alone, pair in rounds]
    note = f"median of {', '.join(f'{ratio:.2f}' for ratio in ratios)}; numbers gap-free in each"
    yield Row("T8", "one worker : two workers, seconds", statistics.median(ratios), 0.9, True, note)


def queries(full: bool) -> Iterator[Row]:
    """The statements of a chunk do not grow with its rows: one reseller, and as many as fit."""
    few, many = play(10 * seed.PER_RESELLER, chunk_lines=1).run, small_rounds()[0].run
    for stage in ("calculating", "issuing"):
        small, large = (statements(run, stage) for run in (few, many))
        yield Row("T9", f"statements of a chunk with BEGIN and COMMIT, {stage}", large, 15)
        yield Row(
            "T9", f"statements of {run_work.CHUNK_LINES:,} lines : of {seed.PER_RESELLER}, {stage}", large / small, 1
        )


def statements(run: runs.Worked, stage: str) -> int:
    """The most that a chunk has sent; the first one makes the year's series, and the last one ends the stage."""
    return TRANSACTION + max(sent for _took, sent in run.chunks(stage)[1:-1])


def memory(full: bool) -> Iterator[Row]:
    """What the process that runs the chunks needs at its peak, in MiB."""
    peaks = {SMALL: max(one.run.peak for one in small_rounds())}
    peaks |= {size: max(one.big.run.peak for one in sized(size)) for size in ((LARGE, HUGE) if full else (LARGE,))}
    for size, peak in peaks.items():
        yield Row("T12", f"peak memory of the worker in MiB, {size:,}", peak, 120)


BENCHMARKS: Final[dict[str, Callable[[bool], Iterator[Row]]]] = {
    "limit": limit,
    "growth": growth,
    "again": again,
    "workers": workers,
    "queries": queries,
    "memory": memory,
}
