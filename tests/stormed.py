"""STORMED: what the flows of a weather reach.

Takes   a weather's name, how many of its seeds.
Gives   the events of its flows as names, counted: `CANCELLED OUT_OF_RANGE`, `FILL CALL`.
Keeps   the reference as the one that says them.
Source  docs/how-to/storm.md.
"""

from collections import Counter

import numpy as np

from chiphour.exchange.compose import named_event
from chiphour.simulate.storm_hand import played
from chiphour.simulate.storm_weathers import WEATHERS

COMMANDS = 300
TOLD = ("reason", "cause")


def seeds_of(name, count):
    """Give the first seeds of a weather."""
    place = [weather.name for weather in WEATHERS].index(name)
    return [place + len(WEATHERS) * at for at in range(count)]


def events_of(name, count):
    """Give the events of each of the first seeds of a weather."""
    return [np.concatenate(played(seed, COMMANDS).events) for seed in seeds_of(name, count)]


def reached(name, count):
    """Count the kinds of events of the first seeds of a weather, with their reasons and causes."""
    found = Counter()
    for events in events_of(name, count):
        for row in events:
            event = named_event(row)
            words = [event["kind"], *(str(event[word]) for word in TOLD if word in event)]
            found[" ".join(words)] += 1
    return found
