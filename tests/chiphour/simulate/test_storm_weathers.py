"""TEST STORM WEATHERS: a hundred storms reach all that an exchange can say.

Takes   seeds 0 to 99.
Gives   claims on what occurs, and how often.
Keeps   nothing out of reach but what is named here.
Source  Rulebook 1 to 12; docs/how-to/storm.md.
"""

from collections import Counter

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import commands as c
from chiphour.exchange import events as said
from chiphour.exchange.commands import Kind
from chiphour.exchange.events import CallReason
from chiphour.exchange.events import Cause
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference import Reference
from chiphour.exchange.work import Item
from chiphour.simulate.storm_hand import seeded
from chiphour.simulate.storm_weathers import WEATHERS
from chiphour.simulate.storm_weathers import weather_of

OFTEN = 5
SEEDS = 100
WORDS = {
    said.Kind.REFUSED: (said.REASON, Reason),
    said.Kind.CANCELLED: (said.REASON, Reason),
    said.Kind.REDUCED: (said.REASON, Reason),
    said.Kind.FILL: (said.CAUSE, Cause),
    said.Kind.CALL_BEGUN: (said.REASON, CallReason),
}


def test_seeds_take_turns_among_weathers_and_their_worlds():
    found = {(weather.name, world.name) for weather, world in map(weather_of, range(SEEDS))}
    assert found == {(w.name, world.name) for w in WEATHERS for world in w.worlds}
    assert [weather_of(seed)[0] for seed in range(len(WEATHERS))] == list(WEATHERS)


@pytest.mark.long
def test_hundred_storms_reach_everything_often(monkeypatch):
    """Each kind, reason, cause, item and state at least five times.

    | not in these storms | where |
    |---|---|
    | State ABSENT | a contract that is not there has no row |
    | 1,024 PAYMENT, 1,024 TIER_SET of one ADVANCE | `laws/flows.py`, crowd |
    | open interest at 2^31 - 1 | `laws/flows.py`, full_interest |
    """
    found = Counter()
    put = Reference.put

    def counted(self, item, *columns, **more):
        found[named(Item(item))] += 1
        put(self, item, *columns, **more)

    monkeypatch.setattr(Reference, "put", counted)
    for seed in range(SEEDS):
        limits, rows = seeded(seed, 300)
        found.update(told(Reference(limits), rows))
    assert {name: found[name] for name in everything() if found[name] < OFTEN} == {}


def named(word):
    """Give a word its table's name too: numbers of different tables are equal."""
    return f"{type(word).__module__}.{word!r}"


def everything():
    refusals = [reason for reason in Reason if reason != Reason.NONE]
    states = [state for state in State if state != State.ABSENT]
    return map(named, [*Kind, *said.Kind, *refusals, *Cause, *CallReason, *Item, *states])


def told(reference, rows):
    """Name what a flow commands and what is said of it, and the states after each command."""
    for row in rows:
        if row[c.KIND] in set(Kind):
            yield named(Kind(row[c.KIND]))
        for event in reference.apply(row[None]):
            kind = said.Kind(event[said.KIND])
            yield named(kind)
            if kind in WORDS:
                column, word = WORDS[kind]
                yield named(word(event[column]))
        for contract in reference.state.contracts.values():
            yield named(State(contract.row[table.STATE]))
