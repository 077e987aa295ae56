"""AUCTION MUTANTS: a result of which any field was changed is refused, or means the same money.

Takes   the result of a run with everything that a run can hold, by each rule of pricing; one to
        three fields changed at random, by a seed.
Gives   2,100 mutants; what reader and checker say of each.
Keeps   no mutant accepted whose awards, payments, rent, sponsor or transfers are others. Which
        domain of a pool a gang stands in is no money: another free one is as good.
Source  docs/formulation/auction.md, section 7; docs/formulation/guards.md, section 11.
"""

import json
import random

import pytest

from auction_rich import rich
from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.instance import from_fields
from chiphour.auction.result import from_json
from chiphour.auction.result import to_json
from chiphour.auction.solve import solve

MUTANTS = 700  # Of each rule of pricing.
TEXTS = ("0", "-1", "1", "0.01", "0.0001", "999999999", "1e3", "NaN", "", "od", "spot")


@pytest.mark.long
@pytest.mark.parametrize("pricing", ["ip", "hull", "eu"])
def test_no_mutant_of_a_result_moves_money(pricing):
    instance = from_fields(rich(pricing))
    true = to_json(instance, clear(instance, solve))
    own, accepted, read = money(true), 0, 0
    for seed in range(MUTANTS):
        mutant = mutated(true, random.Random(f"{pricing}{seed}"))
        if mutant == true:
            continue
        try:
            result = from_json(instance, mutant)
        except RequestMalformed:
            continue
        read += 1
        if not violations(instance, result):
            accepted += 1
            assert money(to_json(instance, result)) == own, seed
    assert read > MUTANTS // 10, "mutants that are read at all"
    assert accepted < read // 2


def money(body):
    """Give what is awarded and paid; spellings of the same, and numbers of domains, left out.

    Parts and lines have no order, zeros in every interval say nothing, nor does being always on.
    """
    fields = json.loads(body)
    for part in fields["awards"]:
        part["lines"].sort(key=str)
        for gang in part["gangs"]:
            gang.pop("domains")
        pool = part.pop("pool", {})
        told = {name: own for name, own in pool.items() if name != "on" and any(map(float, own))}
        if not all(pool.get("on", ())):
            told["on"] = pool["on"]
        part["pool"] = told
    for name in ("awards", "flows"):
        fields[name].sort(key=str)
    return [fields[name] for name in ("awards", "flows", "rent", "sponsor", "transfers")]


def mutated(body, draw):
    """Change one to three places of a JSON text, each in one of several ways."""
    fields = json.loads(body)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        holder, key = draw.choice(list(places(fields)))
        holder[key] = changed(holder[key], draw)
        if draw.random() < 0.15:
            twist(holder, key, draw)
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def places(value):
    """Yield every place in a tree, as what holds it and the key."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, held in list(pairs):
        yield value, key
        if isinstance(held, dict | list):
            yield from places(held)


def changed(value, draw):
    """Give another value that reads much alike."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return draw.choice((value + 1, value - 1, -value, 0, value * 2))
    if isinstance(value, list):
        return draw.choice((value[1:], value[:-1], value[::-1], [*value, *value[:1]]))
    if isinstance(value, str):
        return draw.choice((nudged(value, draw), nudged(value, draw), draw.choice(TEXTS)))
    return draw.choice((None, "0", {}))


def nudged(text, draw):
    """Give a text with one digit another, or its sign."""
    digits = [place for place, letter in enumerate(text) if letter.isdigit()]
    if not digits or draw.random() < 0.1:
        return text.removeprefix("-") if text.startswith("-") else f"-{text}"
    place = draw.choice(digits)
    return f"{text[:place]}{draw.randrange(10)}{text[place + 1 :]}"


def twist(holder, key, draw):
    """Leave a field out, or exchange two places."""
    if isinstance(holder, dict) and draw.random() < 0.5:
        holder.pop(key)
        return
    others = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    other = draw.choice(others)
    holder[key], holder[other] = holder[other], holder[key]
