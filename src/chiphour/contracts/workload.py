"""WORKLOAD: futures in units of work: tokens, steps of training, rollouts.

Takes   a class of work and a day.
Gives   its name, and the terms row that the kernel knows.
Keeps   the class price of the auction as its index, and a named index of ours to fall back on.
Source  Rulebook 8.4; decision 0025. The auction's class prices are fixings of these numbers.
"""

from dataclasses import dataclass
from datetime import date

from chiphour.contracts.names import contract_name
from chiphour.contracts.table import FUTURE_CLAMP_PPM
from chiphour.contracts.table import Type
from chiphour.contracts.table import row_of
from chiphour.units import strike_ns

FIRST_NUMBER = 201  # Above every series of the index.


@dataclass(frozen=True)
class WorkClass:
    """A class of work: its word, the number of its price, what one lot is, what it measures."""

    word: str
    number: int
    unit: str
    measures: str


CLASSES = tuple(
    WorkClass(word, number, unit, measures)
    for number, (word, unit, measures) in enumerate(
        (
            ("INFERENCE", "million tokens", "What a million generated tokens cleared at."),
            ("TRAINING", "BF16 exaFLOP", "What an exaFLOP of dense BF16 training cleared at."),
            ("RL", "million rollout tokens", "What a million tokens of RL rollouts cleared at."),
            ("LLAMA70B", "million tokens", "The same as INFERENCE for one model of 70 B weights."),
        ),
        FIRST_NUMBER,
    )
)
BY_WORD = {each.word: each for each in CLASSES}


@dataclass(frozen=True)
class Workload:
    """A future on a class of work; `fallback_index` is the number of an index of the same unit."""

    work: str
    expiry: date
    fallback_index: int

    def __post_init__(self) -> None:
        """Refuse an unknown class, or a fallback that is none or the class itself: ValueError."""
        if self.work not in BY_WORD:
            raise ValueError(f"expected a class of {', '.join(BY_WORD)}, found {self.work!r}")
        if self.fallback_index in (0, BY_WORD[self.work].number):
            raise ValueError(f"expected another index to fall back on, found {self.fallback_index}")

    @property
    def name(self) -> str:
        """Give the contract's name: INFERENCE_USDC-31AUG26."""
        return contract_name(self.work, self.expiry)

    @property
    def waterfall(self) -> str:
        """Say what it settles on when its class has no price that day."""
        return (
            "The price of its class on its day, corrected by the final one 24 h later; without one,"
            f" the next within 72 h; then the last fit fix of index {self.fallback_index}; then a"
            " price set by the operator with a published reason (rulebook 8.3 to 8.7)."
        )

    def lower(self) -> tuple[int, ...]:
        """Give the terms row: one value for each of `table.TERMS`, in order."""
        return row_of(
            type=Type.FUTURE,
            index=BY_WORD[self.work].number,
            index_ticks=0,
            fallback_index=self.fallback_index,
            expiry_ns=strike_ns(self.expiry),
            premium_clamp_ppm=FUTURE_CLAMP_PPM,
        )
