"""CHECKS: what is doubtful about an observation: kept, but with a word that says why.

Takes   an observation as its reader made it, and the facts of its venue.
Gives   the same observation with its flags, sorted.
Keeps   doubt beside the row: nothing is dropped here; the methodology decides what a flag means.
Source  Methodology, "Rows left out". A new check is a function in CHECKS.
"""

from collections.abc import Callable

from chiphour.hardware import CHIPS
from chiphour.hardware import UNKNOWN
from chiphour.hardware import form_is_settled
from chiphour.hardware import memory_sizes_gb
from chiphour.observe.observation import KINDS
from chiphour.observe.observation import PRICES
from chiphour.observe.observation import Observation
from chiphour.observe.register import registered
from chiphour.observe.venue import Venue

# Every word a flag may be. Readers set those that only they can know.
FLAGS = {
    "BID_FLOOR": "the least bid a host takes: a bound, not a price at which anyone rents",
    "CARRIED": "the source repeats a price that it fetched on an earlier day",
    "CHIP_UNKNOWN": "no table holds the source's name for the chip; `spec` has it as chip_name",
    "COMPARISON": "a digest by a third party, or a source that only compares: no fix sees it",
    "FORM_UNKNOWN": "the chip exists in several forms and the source does not say which",
    "FROZEN_FILE": "the source reads a file that its owner no longer updates",
    "FX_STALE": "converted at a rate published more than seven days before",
    "FX_UPSTREAM": "the source converted the price from another currency",
    "MEMORY_MISMATCH": "the memory stated is none that this chip has: a slice, or another card",
    "MEMORY_UNKNOWN": "the name alone covers chips that differ by memory, and none is stated",
    "MODIFIED_CARD": "a card rebuilt by others than its maker",
    "NOT_RENTABLE": "shown, but not free to rent at that time",
    "OTHER_PRODUCT": "not a chip for an hour: serverless, a slice, a bundle, another system",
    "OUT_OF_BOUNDS": "a price per GPU-hour outside what is plausible for the chip",
    "PARTIAL_PRICE": "without processor and memory, which are billed apart and could not be added",
    "REGION_UNKNOWN": "no table holds the source's word for the place; `spec` has it as region",
    "REPEATED": "the body gives the same offer again",
    "SCHEMA_ONLY": "its reader, or that of its currency's rate, has not passed recorded bytes yet",
    "TENOR_UNKNOWN": "no table holds the source's word for the terms; `terms` has it as kind",
    "UNDATED": "a recording of which nobody knows the day: shown as an example of its shape",
    "VENUE_UNKNOWN": "the venue is not in the register",
}


CHIPLESS = ("rate",)  # Kinds that speak of no chip.
AMBIGUOUS = ("A100",)  # Its 40 GB and its 80 GB part are two chips under one name.


def chip_is_unknown(observation: Observation, venue: Venue) -> str | None:
    """Flag a chip that the vocabulary lacks."""
    unknown = observation.chip not in CHIPS and observation.kind not in CHIPLESS
    return "CHIP_UNKNOWN" if unknown else None


def form_is_unknown(observation: Observation, venue: Venue) -> str | None:
    """Flag a known chip of unsettled form."""
    if observation.chip not in CHIPS:
        return None
    assert observation.form == UNKNOWN or form_is_settled(observation.chip, observation.form)
    return "FORM_UNKNOWN" if observation.form == UNKNOWN else None


def memory_is_another(observation: Observation, venue: Venue) -> str | None:
    """Flag a memory that this chip does not have; 0 is a source that does not say."""
    if observation.chip not in CHIPS:
        return None
    if observation.memory_gb == 0:
        return "MEMORY_UNKNOWN" if observation.chip in AMBIGUOUS else None
    fits = observation.memory_gb in memory_sizes_gb(observation.chip, observation.form)
    return None if fits else "MEMORY_MISMATCH"


def product_is_another(observation: Observation, venue: Venue) -> str | None:
    """Flag what a venue sells that is not a chip for an hour."""
    row = registered(observation.venue)
    return "OTHER_PRODUCT" if row is not None and row.role == "excluded" else None


def price_is_out_of_bounds(observation: Observation, venue: Venue) -> str | None:
    """Flag a price per GPU outside what is plausible for its chip, compared without division.

    A chip's bounds lie less than a hundred times apart: cents taken for dollars never fit.
    """
    if observation.kind not in (*PRICES, "level"):
        return None
    chip = CHIPS.get(observation.chip)
    bounds = chip or venue
    low = bounds.price_nanousd_min * observation.gpus
    high = bounds.price_nanousd_max * observation.gpus
    return None if low <= observation.price_nanousd <= high else "OUT_OF_BOUNDS"


def venue_is_unknown(observation: Observation, venue: Venue) -> str | None:
    """Flag a venue that the register lacks."""
    return None if registered(observation.venue) is not None else "VENUE_UNKNOWN"


def reader_is_unproved(observation: Observation, venue: Venue) -> str | None:
    """Flag what a reader says that has not yet read a recorded body."""
    return "SCHEMA_ONLY" if venue.evidence == "schema" else None


def source_is_compared(observation: Observation, venue: Venue) -> str | None:
    """Flag a source that serves comparison alone."""
    return "COMPARISON" if venue.compared else None


CHECKS: tuple[Callable[[Observation, Venue], str | None], ...] = (
    chip_is_unknown,
    form_is_unknown,
    memory_is_another,
    product_is_another,
    price_is_out_of_bounds,
    venue_is_unknown,
    reader_is_unproved,
    source_is_compared,
)


def checked(observation: Observation, venue: Venue) -> Observation:
    """Give the observation with the flags of its reader and of every check, sorted."""
    found = {flag for check in CHECKS if (flag := check(observation, venue)) is not None}
    flags = found.union(observation.flags)
    assert flags <= FLAGS.keys(), flags
    assert observation.kind in KINDS, observation.kind
    assert observation.gpus >= (0 if observation.kind == "stock" else 1)
    return observation._replace(flags=tuple(sorted(flags)))
