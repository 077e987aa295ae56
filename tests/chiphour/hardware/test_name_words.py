"""TEST NAME_WORDS: the tables of which names are made contradict neither each other nor the chips.

Takes   the tables of `name_words`.
Gives   claims on keys, forms, makers and noise.
Keeps   one chip to a key.
Source  `name_words`.
"""

import re

from chiphour.hardware import CHIPS
from chiphour.hardware import FORMS
from chiphour.hardware.name_words import CHIP_BY_KEY
from chiphour.hardware.name_words import CHIP_BY_MEMORY
from chiphour.hardware.name_words import FORM_BY_WORD
from chiphour.hardware.name_words import MAKERS
from chiphour.hardware.name_words import NOISE


def test_keys_are_small_letters_and_digits():
    assert all(re.fullmatch(r"[a-z0-9]+", key) for key in CHIP_BY_KEY)


def test_no_key_is_a_word_with_a_meaning_of_its_own():
    assert not CHIP_BY_KEY.keys() & (NOISE | FORM_BY_WORD.keys() | set(MAKERS))
    assert not NOISE & FORM_BY_WORD.keys()
    assert not [key for key in CHIP_BY_KEY if key.startswith(MAKERS)]


def test_every_chip_has_a_key_or_is_told_by_memory():
    assert CHIPS.keys() <= set(CHIP_BY_KEY.values()) | set(CHIP_BY_MEMORY.values())
    families = {family for family, _ in CHIP_BY_MEMORY}
    assert set(CHIP_BY_KEY.values()) <= CHIPS.keys() | families


def test_memory_tells_chips_apart_that_have_it():
    for (family, size_gb), chip in CHIP_BY_MEMORY.items():
        assert CHIPS[chip].memory_gb == (size_gb,)
        assert family not in CHIPS or size_gb not in CHIPS[family].memory_gb


def test_form_words_are_forms():
    assert set(FORM_BY_WORD.values()) <= set(FORMS)


def test_two_lines_of_a_chip_are_both_read():
    assert CHIP_BY_KEY["pro6000"] == CHIP_BY_KEY["rtxpro6000wk"] == "RTXPRO6000"
