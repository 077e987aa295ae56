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
from chiphour.observe.observation import Observation
from chiphour.observe.register import registered
from chiphour.observe.venue import Venue

# Every word a flag may be. Readers set those that only they can know.
FLAGS = {
    "BID_FLOOR": "the least bid a host takes: a bound, not a price at which anyone rents",
    "CARRIED": "the source repeats a price that it fetched on an earlier day",
    "CHIP_UNKNOWN": "no table holds the source's name for the chip; `spec` has it as chip_name",
    "FORM_UNKNOWN": "the chip exists in several forms and the source does not say which",
    "FROZEN_FILE": "the source reads a file that its owner no longer updates",
    "FX_UPSTREAM": "the source converted the price from another currency",
    "MEMORY_MISMATCH": "the memory stated is none that this chip has: a slice, or another card",
    "MODIFIED_CARD": "a card rebuilt by others than its maker",
    "NOT_RENTABLE": "shown, but not free to rent at that time",
    "OTHER_PRODUCT": "not a chip for an hour: serverless, a slice, a bundle",
    "OUT_OF_BOUNDS": "a price per GPU-hour outside what is plausible for the source",
    "TENOR_UNKNOWN": "no table holds the source's word for the terms; `terms` has it as kind",
    "VENUE_UNKNOWN": "the venue is not in the register",
}


def chip_is_unknown(observation: Observation, venue: Venue) -> str | None:
    """Flag a chip that the vocabulary lacks."""
    return None if observation.chip in CHIPS else "CHIP_UNKNOWN"


def form_is_unknown(observation: Observation, venue: Venue) -> str | None:
    """Flag a known chip of unsettled form."""
    if observation.chip not in CHIPS:
        return None
    assert observation.form == UNKNOWN or form_is_settled(observation.chip, observation.form)
    return "FORM_UNKNOWN" if observation.form == UNKNOWN else None


def memory_is_another(observation: Observation, venue: Venue) -> str | None:
    """Flag a memory that this chip does not have; 0 is a source that does not say."""
    if observation.chip not in CHIPS or observation.memory_gb == 0:
        return None
    fits = observation.memory_gb in memory_sizes_gb(observation.chip, observation.form)
    return None if fits else "MEMORY_MISMATCH"


def product_is_another(observation: Observation, venue: Venue) -> str | None:
    """Flag what a venue sells that is not a chip for an hour."""
    row = registered(observation.venue)
    return "OTHER_PRODUCT" if row is not None and row.role == "excluded" else None


def price_is_out_of_bounds(observation: Observation, venue: Venue) -> str | None:
    """Flag a price per GPU outside the venue's plausible bounds, compared without division."""
    low = venue.price_nanousd_min * observation.gpus
    high = venue.price_nanousd_max * observation.gpus
    return None if low <= observation.price_nanousd <= high else "OUT_OF_BOUNDS"


def venue_is_unknown(observation: Observation, venue: Venue) -> str | None:
    """Flag a venue that the register lacks."""
    return None if registered(observation.venue) is not None else "VENUE_UNKNOWN"


CHECKS: tuple[Callable[[Observation, Venue], str | None], ...] = (
    chip_is_unknown,
    form_is_unknown,
    memory_is_another,
    product_is_another,
    price_is_out_of_bounds,
    venue_is_unknown,
)


def checked(observation: Observation, venue: Venue) -> Observation:
    """Give the observation with the flags of its reader and of every check, sorted."""
    found = {flag for check in CHECKS if (flag := check(observation, venue)) is not None}
    flags = found.union(observation.flags)
    assert flags <= FLAGS.keys()
    assert observation.gpus >= 1
    return observation._replace(flags=tuple(sorted(flags)))
