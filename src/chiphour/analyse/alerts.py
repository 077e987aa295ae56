"""ALERTS: when a rule of somebody's own begins to hold.

Takes   rules; the answers of an hour; which series have no fix.
Gives   `Rule`, checked; `Reading`, what a rule measures now; `step`, the alerts that begin and the
        rules that hold.
Keeps   an alert for the beginning alone: a rule that goes on holding says nothing again until it
        has ceased. What is not known changes nothing. Numbers are whole: nano-dollars, GPUs.
Source  Decision 0042.

    MarketError
    └── RuleRefused    a rule of unknown words, or a number out of bounds
"""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Set
from typing import Literal
from typing import NamedTuple
from typing import get_args

from chiphour.analyse.goods import good_named
from chiphour.analyse.questions import ALL
from chiphour.analyse.questions import Answers
from chiphour.index.series import BY_SLUG
from chiphour.observe.observation import MarketError
from chiphour.units import text_from_nanousd

Kind = Literal["price", "spread", "supply", "suppression"]
Side = Literal["above", "below"]
KINDS: Mapping[Kind, str] = {
    "price": "the least price at which a chip is let by the hour, nano-dollars for one GPU",
    "spread": "the widest gap between two venues' least prices under the same terms, nano-dollars",
    "supply": "GPUs that are free, at venues that say so",
    "suppression": "the last strike of a series gave no fix",
}
SIDES: tuple[Side, ...] = get_args(Side)
THRESHOLD_MAX = 10**15


class RuleRefused(MarketError):
    """A rule of unknown words, or a number out of bounds."""


class Rule(NamedTuple):
    """A rule. `subject` is a chip's slug, or a series' for "suppression", which has no threshold.

    `owner` is "" for the operator, whose alerts everybody sees, else an account's number.
    """

    id: int
    owner: str
    kind: Kind
    subject: str
    side: Side
    threshold: int


class Reading(NamedTuple):
    """What a rule measures: None is not known."""

    value: int | None
    holds: bool | None


class Alert(NamedTuple):
    """A rule began to hold at a time; `text` is one sentence."""

    rule: Rule
    time_ns: int
    value: int
    text: str


def checked(rule: Rule) -> Rule:
    """Give a rule with its subject as a slug; raises RuleRefused or GoodUnknown."""
    if rule.kind not in KINDS:
        raise RuleRefused(f"kind: expected one of {', '.join(KINDS)}, found {rule.kind!r}")
    if rule.kind == "suppression":
        if rule.subject.lower() not in BY_SLUG:
            raise RuleRefused(
                f"subject: expected a series such as h100-sxm-od, found {rule.subject[:60]!r}"
            )
        return rule._replace(subject=rule.subject.lower(), side="above", threshold=0)
    if rule.side not in SIDES:
        raise RuleRefused(f"side: expected one of {', '.join(SIDES)}, found {rule.side!r}")
    if not 0 <= rule.threshold <= THRESHOLD_MAX:
        raise RuleRefused(
            f"threshold: expected a number from 0 to {THRESHOLD_MAX}, found {rule.threshold}"
        )
    return rule._replace(subject=good_named(rule.subject).slug)


def reading_of(rule: Rule, answers: Answers, suppressed: Mapping[str, bool]) -> Reading:
    """Give what a rule measures. `suppressed` says of each series that was struck: no fix."""
    if rule.kind == "suppression":
        without = suppressed.get(rule.subject)
        return Reading(None if without is None else int(without), without)
    value = _value(rule, answers)
    if value is None:
        return Reading(None, None)
    above = value > rule.threshold
    return Reading(value, above if rule.side == "above" else value < rule.threshold)


def _value(rule: Rule, answers: Answers) -> int | None:
    good = good_named(rule.subject)
    if rule.kind == "price":
        return min((p.floor_nanousd for p in answers.prices if p.good == good), default=None)
    if rule.kind == "spread":
        same = (d.delta_nanousd for d in answers.deltas if d.good == good and d.tenor != ALL)
        return max(same, default=None)
    return next((s.gpus for s in answers.supply if s.good == good and s.venue == ALL), None)


def step(
    rules: Iterable[Rule], holding: Set[int], answers: Answers, suppressed: Mapping[str, bool]
) -> tuple[list[Alert], set[int]]:
    """Give the alerts that begin now, and the ids of all rules that hold."""
    begun, now = [], set(holding)
    for rule in rules:
        found = reading_of(rule, answers, suppressed)
        if found.holds is None or found.value is None:
            continue
        if found.holds and rule.id not in holding:
            begun.append(Alert(rule, answers.at_ns, found.value, _sentence(rule, found.value)))
        (now.add if found.holds else now.discard)(rule.id)
    return begun, now


def _sentence(rule: Rule, value: int) -> str:
    if rule.kind == "suppression":
        return f"{rule.subject}: the last strike gave no fix."
    found, bound = _words(rule.kind, value), _words(rule.kind, rule.threshold)
    return f"{rule.subject}: {rule.kind} is {found}, {rule.side} {bound}."


def _words(kind: Kind, value: int) -> str:
    return f"{value} GPUs" if kind == "supply" else f"${text_from_nanousd(value)} an hour"
