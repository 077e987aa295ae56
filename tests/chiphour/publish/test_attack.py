"""ATTACK: what it costs to move a fix, as it is published.

Takes   a cost with a purchase, one without, one of a series without a fix.
Gives   failures.
Keeps   "no purchase does it" apart from "it costs nothing".
Source  Decision 0023.
"""

import jsonschema

from chiphour.index.attack import NO_PURCHASE
from chiphour.index.attack import AttackCost
from chiphour.index.attack import Capture
from chiphour.index.attack import Move
from chiphour.index.attack import Notional
from chiphour.index.attack import Rent
from chiphour.index.attack_capture import Shift
from chiphour.index.attack_capture import Silence
from chiphour.index.attack_listings import Listings
from chiphour.publish.attack import ATTACK
from chiphour.publish.attack import attack_section
from chiphour.publish.attack import reason_words
from chiphour.publish.columns import object_of
from chiphour.publish.schema import schemas

USD = 1_000_000_000
UP = Shift(17_351, False, ("jarvislabs",), (3_250_000_000,))
DOWN = Shift(-56_783, True, ("lambda",), (2_255_000_000,))
RENT = Rent(580 * USD + 1, 61, 100, ("vast",), 10_400, True)
HELD = RENT._replace(cost_nanousd=14_500 * USD, least=False)
BOUGHT = Move(RENT, 580 * USD + 1, HELD, 14_000 * USD, "", Listings("vast", 40, None))
COST = AttackCost(
    series="CHR.H100.SXM.SPOT",
    strike_ns=1_784_507_400_000_000_000,
    parameter_set="v2026_1",
    parameters_sha256="ab" * 32,
    source="",
    fix_ticks=31_700,
    members=6,
    move_ppm=10_000,
    up=BOUGHT,
    down=Move(None, None, None, None, "NOT_FOUND", None),
    captured=(Capture(1, UP, DOWN, Silence(UP._replace(rates_nanousd=()), None, "C", 2)),),
    breakdown=3,
    most_heard="lambda",
    most_heard_ppm=500_000,
    notional=Notional(55_769 * USD, 30 * 55_769 * USD, 1_394_230 * USD, 41_826_900 * USD),
)
NONE = COST._replace(
    **dict.fromkeys(("fix_ticks", "up", "down", "breakdown", "most_heard_ppm", "notional")),
    captured=(),
    most_heard="",
)


def test_a_cost_as_an_object():
    found = object_of(ATTACK, COST)
    assert found["up"]["hour"] == {
        "cost_usd": "580.000000001",
        "machines": 61,
        "gpus": 100,
        "venues": ["vast"],
        "shift": "0.010400",
        "least": True,
    }
    assert found["up"]["listings"] == {"venue": "vast", "listings": 40, "hosts": None}
    assert found["down"]["hour"] is None
    assert found["down"]["reason_text"] == reason_words("NOT_FOUND")
    assert found["captured"][0]["down"] == {
        "shift": "-0.056783",
        "unbounded": True,
        "by": ["lambda"],
        "rates_usd": ["2.255000000"],
    }
    assert found["captured"][0]["silence"]["down"] is None
    assert found["notional"]["carried_average_usd"] == "41826900.000000000"


def test_objects_are_as_the_schema_says():
    for cost in (COST, NONE):
        jsonschema.Draft202012Validator(schemas()["attack"]).validate(object_of(ATTACK, cost))


def test_the_section_says_costs_and_what_owners_can_do():
    text = attack_section(COST).text.replace("\u00a0", " ")
    for words in (
        "$580 for 100 GPUs",
        "at least $14,000; found $14,500 for 100 GPUs",
        "40 at vast",
        "+1.7351 %",
        "any",
        "3 owners together move it without bound; lambda is heard most, with 50 % of all",
        "Safe to settle on this one fix: $1,394,230; on an average of thirty: $41,826,900.",
        reason_words("NOT_FOUND"),
    ):
        assert words in text, words


def test_where_there_is_no_book_a_sentence_says_so():
    bookless = Move(None, None, None, None, "NO_BOOK", None)
    text = attack_section(COST._replace(up=bookless, down=bookless, notional=None)).text
    assert reason_words("NO_BOOK").replace("'", "&#x27;") in text
    assert text.count("<table") == 1


def test_where_there_is_no_fix_there_is_nothing_to_move():
    assert "There is no fix to move." in attack_section(NONE).text
    assert all(reason_words(code).endswith(".") for code in NO_PURCHASE)
    assert reason_words("") == ""
