"""PROCURE: the cheapest way to have a job done by its deadline, over venues and tenors.

Takes   a job: how many GPUs, for how many useful hours, by when; the ways to rent them.
Gives   the cheapest feasible mix, exactly; each way with the reason why it was chosen or not.
Keeps   what an interruption costs in the price of a useful hour. What is not known (stock, place,
        memory) is never taken for what is wanted.
Source  docs/formulation/auction.md, section 3: work of an hour that may be interrupted,
        (1 - pi) - pi (loss + restart); decision 0044.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM
from chiphour.units import div_ceil
from chiphour.units import round_half_even

GPUS_MAX = 1_024
HOURS_MAX = 26_280  # Three years.
HOURS_PER_MONTH = 730
TERM_HOURS = {
    "R1M": HOURS_PER_MONTH,
    "R3M": 3 * HOURS_PER_MONTH,
    "R6M": 6 * HOURS_PER_MONTH,
    "R1Y": 12 * HOURS_PER_MONTH,
    "R2Y": 24 * HOURS_PER_MONTH,
    "R3Y": 36 * HOURS_PER_MONTH,
}
INTERRUPTIBLE = "INT"
NEVER = 1 << 62  # A cost that no mix has.


class JobRefused(MarketError):
    """A job that asks for what cannot be meant."""


class Job(NamedTuple):
    """What is to be done. `left_ns` is the time until the deadline, None for none.

    `speed_ppm` of a chip: the work that it does in an hour, 1,000,000 unless stated. Where it may
    be interrupted an hour is with `pi_ppm`; then work since the last checkpoint is lost, half of
    `checkpoint_ns` on average, and `restart_ns` goes by.
    """

    gpus: int
    hours: int
    chips: tuple[str, ...]
    left_ns: int | None
    memory_gb_min: int
    countries: tuple[str, ...]
    interruptible: bool
    checkpoint_ns: int
    restart_ns: int
    pi_ppm: int
    together: bool
    speed_ppm: tuple[tuple[str, int], ...] = ()


class Way(NamedTuple):
    """A way to rent: micro-dollars a GPU-hour. `gpus_most` None: nobody said how many there are."""

    venue: str
    source: str
    chip: str
    form: str
    tenor: str
    price_microusd: int
    gpus_least: int
    gpus_most: int | None
    memory_gb: int | None
    country: str | None
    link: str = ""


class Costed(NamedTuple):
    """A way with what one GPU of it costs for this job, or the reason why it cannot do it.

    `paid_hours` are what is paid for one GPU, `useful_microusd` the price of a useful hour.
    """

    way: Way
    paid_hours: Fraction
    cost_microusd: int
    useful_microusd: int
    reason: str


class Mix(NamedTuple):
    """The cheapest mix: (way, GPUs that work, GPUs that are paid); or why there is none."""

    chosen: tuple[tuple[Costed, int, int], ...]
    cost_microusd: int
    reason: str


def checked(job: Job) -> Job:
    """Give a job back; raises JobRefused."""
    bounds = (("gpus", job.gpus, GPUS_MAX), ("hours", job.hours, HOURS_MAX))
    for name, found, most in bounds:
        if not 1 <= found <= most:
            raise JobRefused(f"{name}: expected 1 to {most}, found {found}")
    if job.left_ns is not None and job.left_ns <= 0:
        raise JobRefused("deadline: expected a time to come, found one that is past")
    if not job.chips:
        raise JobRefused("chips: expected one or more, found none")
    return job


def useful_share(job: Job) -> Fraction:
    """Give the useful work of an interruptible hour: (1 - pi) - pi (loss + restart)."""
    pi = Fraction(job.pi_ppm, PPM)
    lost = Fraction(job.checkpoint_ns, 2 * NS_PER_HOUR) + Fraction(job.restart_ns, NS_PER_HOUR)
    return 1 - pi - pi * lost


def costed(job: Job, way: Way) -> Costed:
    """Price a way for a job, or say why it cannot do it."""
    share = useful_share(job) if way.tenor == INTERRUPTIBLE else Fraction(1)
    speed = Fraction(dict(job.speed_ppm).get(way.chip, PPM), PPM)
    work = share * speed
    if work <= 0:
        return _refused(way, "interruptions would lose more than an hour does")
    running = job.hours / work
    term = TERM_HOURS.get(way.tenor, 0)
    paid = (
        Fraction(term * div_ceil(running.numerator, running.denominator * term))
        if term
        else running
    )
    cost = round_half_even(paid * way.price_microusd)
    useful = round_half_even(Fraction(cost, job.hours))
    return Costed(way, paid, cost, useful, _unfit(job, way, running))


def _refused(way: Way, reason: str) -> Costed:
    return Costed(way, Fraction(0), NEVER, NEVER, reason)


def _unfit(job: Job, way: Way, running: Fraction) -> str:
    """Say why a way cannot do a job, or ""."""
    if way.tenor == INTERRUPTIBLE and not job.interruptible:
        return "it may be taken away, which this job does not bear"
    if job.memory_gb_min and way.memory_gb is None:
        return "its memory is not stated"
    if job.memory_gb_min and (way.memory_gb or 0) < job.memory_gb_min:
        return f"it has {way.memory_gb} GB, less than {job.memory_gb_min}"
    if job.countries and way.country is None:
        return "where it stands is not stated"
    if job.countries and way.country not in job.countries:
        return f"it stands in {way.country}"
    if way.gpus_most == 0:
        return "it is sold out"
    if job.together and way.gpus_most is not None and way.gpus_most < job.gpus:
        return f"it has {way.gpus_most} GPUs, {job.gpus} are needed in one place"
    if job.left_ns is not None and running * NS_PER_HOUR > job.left_ns:
        left = Fraction(job.left_ns, NS_PER_HOUR)
        return f"it needs {float(running):.0f} hours, the deadline leaves {float(left):.0f}"
    return ""


def cheapest(job: Job, ways: Sequence[Costed]) -> Mix:
    """Give the cheapest mix of ways that are fit: each GPU of the job to one of them.

    A way that is let from some number of GPUs on is paid for as many. Exact: the cheapest cost of
    n GPUs is found way by way, O(gpus) for each GPU that a way has.
    """
    fit = useful_ways(ways)
    if job.together:
        return _one(job, fit)
    best = np.full(job.gpus + 1, NEVER, np.int64)
    best[0] = 0
    taken = []
    for way in fit:
        best, places = _with_way(best, way)
        taken.append(places)
    if best[-1] >= NEVER:
        have = sum(way.way.gpus_most or 0 for way in fit)
        return Mix((), 0, f"{job.gpus} GPUs are needed, {have} were found that can do it")
    chosen, left = [], job.gpus
    for way, places in zip(reversed(fit), reversed(taken), strict=True):
        count = int(places[left])
        if count:
            chosen.append((way, count, max(count, way.way.gpus_least)))
            left -= count
    return Mix(tuple(reversed(chosen)), int(best[-1]), "")


def useful_ways(ways: Sequence[Costed]) -> list[Costed]:
    """Give the fit ways that may be in a cheapest mix, the cheapest first.

    What costs more than a way without end, of which one GPU can be had, never is.
    """
    fit = sorted((way for way in ways if not way.reason), key=lambda way: way.cost_microusd)
    for place, way in enumerate(fit, 1):
        if way.way.gpus_most is None and way.way.gpus_least <= 1:
            return fit[:place]
    return fit


def _one(job: Job, fit: Sequence[Costed]) -> Mix:
    """Give the cheapest single way for all GPUs."""
    if not fit:
        return Mix((), 0, f"no way was found that can do it with {job.gpus} GPUs in one place")
    paid = [max(job.gpus, way.way.gpus_least) for way in fit]
    cost, place = min(
        (way.cost_microusd * n, i) for i, (way, n) in enumerate(zip(fit, paid, strict=True))
    )
    return Mix(((fit[place], job.gpus, paid[place]),), cost, "")


def _with_way(best: np.ndarray, way: Costed) -> tuple[np.ndarray, np.ndarray]:
    """Give the least cost of n GPUs with one way more, int64[n], and how many of them it takes."""
    most = len(best) - 1 if way.way.gpus_most is None else min(len(best) - 1, way.way.gpus_most)
    found, places = best.copy(), np.zeros(len(best), np.int64)
    for count in range(1, most + 1):
        cost = way.cost_microusd * max(count, way.way.gpus_least)
        with_it = np.full(len(best), NEVER, np.int64)
        known = best[: len(best) - count] < NEVER
        with_it[count:][known] = best[: len(best) - count][known] + cost
        better = with_it < found
        found[better], places[better] = with_it[better], count
    return found, places
