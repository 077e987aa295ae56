"""NAMES: what a source calls a card, read into our words; or None.

Takes   a name in any spelling, and what the source says of memory and of bare names elsewhere.
Gives   a Card: chip, form and memory, all words that `chips` knows.
Keeps   exactness: what is left of a name after makers, memory and form are taken out must be a key
        of the one table, letter for letter. No part of a name is ever enough, so that H100T is
        unknown, and an L40 is no L40S. What contradicts itself or the data sheet is None.
Source  Makers' data sheets; the names of the recorded sources (`name_words`).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from chiphour.hardware.chips import CHIPS
from chiphour.hardware.chips import MEMORY_GAP_PPM
from chiphour.hardware.chips import UNKNOWN
from chiphour.hardware.chips import memory_sizes_gb
from chiphour.hardware.name_words import CHIP_BY_KEY
from chiphour.hardware.name_words import CHIP_BY_MEMORY
from chiphour.hardware.name_words import FORM_BY_DRIVER_NAME
from chiphour.hardware.name_words import FORM_BY_WORD
from chiphour.hardware.name_words import MAKERS
from chiphour.hardware.name_words import NOISE

_NOTHING: Mapping[str, str] = MappingProxyType({})
_WORD = re.compile(r"[^\W_]+")  # Letters and digits of any script: "H100é" is no H100.
_COUNT_BEFORE = re.compile(r"\s*[0-9]{1,2}\s*[x\u00d7]\s*")  # "8x H100", also with the sign
_COUNT_AFTER = re.compile(r"x[0-9]{1,2}")  # "H100 x8"
_MEMORY = re.compile(r"([0-9]{1,3})(?:g|gb|gib)")
_BARE_MEMORY = re.compile(r"[0-9]{1,3}")  # The last word of "a100-pcie-40".
_MEMORY_UNITS = ("g", "gb", "gib")


class Card(NamedTuple):
    """A card as our words have it. `form` may be UNKNOWN; `memory_gb` is 0 when not said."""

    chip: str
    form: str
    memory_gb: int


class _Said(NamedTuple):
    """What the words of a name say: the model's key, the forms, the memories."""

    key: str
    forms: frozenset[str]
    memories_gb: frozenset[int]


def card_named(name: str, memory_gb: int = 0, bare: Mapping[str, str] = _NOTHING) -> Card | None:
    """Read a source's name for a card; None when no table holds it, or when it cannot be.

    `memory_gb` is what the source states beside the name, 0 if nothing; a driver's figure, up to
    7 % below the label, is taken for the label. A memory that the card does not have, or that
    contradicts its name, stays as stated: whoever checks the card sees that it does not fit. `bare`
    holds the form that the source means, by chip, when it names none.
    """
    assert memory_gb >= 0
    said = _said(name)
    stated_gb = said.memories_gb | ({memory_gb} if memory_gb else frozenset())
    card = _card(said, stated_gb, bare)
    if card is None and memory_gb:
        named = _card(said, said.memories_gb, bare)
        return None if named is None else named._replace(memory_gb=memory_gb)
    return card


def _card(said: _Said, stated_gb: frozenset[int], bare: Mapping[str, str]) -> Card | None:
    """Give the card on which name and memory agree, or None."""
    chip = _chip(said.key, stated_gb)
    form = None if chip is None else _form(chip, said.forms)
    if chip is None or form is None:
        return None
    usual = bare.get(chip, UNKNOWN) if form == UNKNOWN else UNKNOWN
    for candidate in (usual, form) if usual != UNKNOWN else (form,):
        assert candidate == UNKNOWN or candidate in CHIPS[chip].forms
        size_gb = _one_size_gb(chip, candidate, stated_gb)
        if size_gb is not None:
            return Card(chip, candidate, size_gb)
    return None


def _said(name: str) -> _Said:
    """Sort the words of a name into forms, memories and the rest, which is the model."""
    spelled = _WORD.findall(name.lower())
    model_only = "".join(map(_without_maker, spelled))
    if model_only in CHIP_BY_KEY:
        return _Said(model_only, frozenset(), frozenset())
    glued = "".join(spelled)
    forms = {FORM_BY_DRIVER_NAME[glued]} if glued in FORM_BY_DRIVER_NAME else set()
    memories_gb: set[int] = set()
    model: list[str] = []
    bare: list[str] = []  # Numbers that are memory, unless the model goes on after them.
    for word in _words(name):
        memory = _MEMORY.fullmatch(word)
        if word in FORM_BY_WORD:
            forms.add(FORM_BY_WORD[word])
        elif memory:
            memories_gb.add(int(memory[1]))
        elif _BARE_MEMORY.fullmatch(word) and "".join(model) in CHIP_BY_KEY:
            bare.append(word)
        else:
            model += [*bare, word]
            bare = []
    memories_gb |= {int(number) for number in bare}
    return _Said("".join(model), frozenset(forms), frozenset(memories_gb))


def _words(name: str) -> list[str]:
    """Give the words that say something: no makers, no counts, no noise; "80 GB" as one."""
    words: list[str] = []
    counted = _COUNT_BEFORE.match(name.lower())
    rest = name.lower()[counted.end() :] if counted else name.lower()
    for spelled in _WORD.findall(rest.replace("pci-e", "pcie")):
        word = _without_maker(spelled)
        if word in _MEMORY_UNITS and words and _BARE_MEMORY.fullmatch(words[-1]):
            words[-1] += word
        elif word and word not in NOISE and not _COUNT_AFTER.fullmatch(word):
            words += _parted(word)
    return words


def _without_maker(word: str) -> str:
    for maker in MAKERS:
        word = word.removeprefix(maker)
    return word


def _parted(word: str) -> tuple[str, ...]:
    """Part a form from the model it is glued to: h100nvl is h100, nvl."""
    for form in FORM_BY_WORD:
        model = word.removesuffix(form)
        if model != word and model in CHIP_BY_KEY and word not in CHIP_BY_KEY:
            return model, form
    return (word,)


def _chip(key: str, stated_gb: frozenset[int]) -> str | None:
    """Look the model up; where memory tells two chips of a name apart, let it."""
    named = CHIP_BY_KEY.get(key)
    if named is None:
        return None
    for (family, size_gb), chip in CHIP_BY_MEMORY.items():
        if family == named and stated_gb and all(_fits(gb, size_gb) for gb in stated_gb):
            return chip
    return named if named in CHIPS else None


def _fits(stated_gb: int, size_gb: int) -> bool:
    """Tell whether a driver of such a card could state this many whole GB, itself rounded."""
    twice_off = 2 * abs(stated_gb - size_gb) - 1
    return twice_off * 1_000_000 <= 2 * MEMORY_GAP_PPM * size_gb


def _form(chip: str, forms: frozenset[str]) -> str | None:
    """Give the form; UNKNOWN when nothing says; None when what is said cannot be."""
    known = CHIPS[chip].forms
    if known == ("",):
        return ""
    if len(forms) > 1 or not forms <= set(known):
        return None
    if forms:
        return next(iter(forms))
    return known[0] if len(known) == 1 else UNKNOWN


def _one_size_gb(chip: str, form: str, stated_gb: frozenset[int]) -> int | None:
    """Give the one size that all statements mean; 0 if there are none; None if it cannot be."""
    if not stated_gb:
        return 0
    meant = set()
    for gb in stated_gb:
        near = [size_gb for size_gb in memory_sizes_gb(chip, form) if _fits(gb, size_gb)]
        meant.add(min(near, key=lambda size_gb: (abs(gb - size_gb), size_gb)) if near else 0)
    return min(meant) or None if len(meant) == 1 else None
