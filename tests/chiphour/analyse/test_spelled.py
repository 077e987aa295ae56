"""SPELLED: numbers in words are read as what they say.

Takes   words.
Gives   a failure where a number is read wrongly or passed over.
Keeps   "first" and words that hold a number's letters out.
Source  Decision 0043.
"""

from decimal import Decimal

import pytest

from chiphour.analyse.spelled import SPELLED
from chiphour.analyse.spelled import number_from_words

READ = {
    "zero": "0",
    "twelve": "12",
    "twenty-one": "21",
    "two hundred and five": "205",
    "three thousand four hundred": "3400",
    "two million": "2000000",
    "two dozen": "24",
    "dozen": "12",
    "half": "0.5",
    "three quarters": "0.75",
    "twice": "2",
    "tripled": "3",
    "second": "2",
    "twenty-fourth": "24",
}


@pytest.mark.parametrize(("words", "value"), READ.items())
def test_words_are_read_as_their_number(words, value):
    found = SPELLED.fullmatch(words)
    assert found is not None
    assert number_from_words(words).value == Decimal(value)


def test_parts_and_multiples_say_what_they_are():
    assert number_from_words("two thirds").unit == "share"
    assert number_from_words("doubled").unit == "times"
    assert number_from_words("seven").unit == ""


@pytest.mark.parametrize("words", ["first", "weight", "attention", "often", "someone", "stone"])
def test_other_words_are_no_numbers(words):
    assert SPELLED.search(words) is None


def test_a_part_in_the_middle_is_a_number_that_nobody_gives():
    assert number_from_words("half hundred").value == -1
