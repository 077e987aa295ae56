"""TEST GOODS: a word names one chip in one form, or is refused.

Takes   the vocabulary.
Gives   claims on names.
Keeps   nothing guessed.
Source  Decision 0042.
"""

import pytest

from chiphour.analyse.goods import GOODS
from chiphour.analyse.goods import Good
from chiphour.analyse.goods import GoodUnknown
from chiphour.analyse.goods import good_named
from chiphour.hardware import UNKNOWN


def test_every_good_is_found_by_its_slug_and_by_its_name():
    assert len({good.slug for good in GOODS}) == len(GOODS)
    for good in GOODS:
        assert good_named(good.slug) == good_named(good.name) == good
        assert good.form != UNKNOWN


def test_names_of_one_and_of_several_forms():
    assert good_named(" H100 sxm ") == Good("H100", "SXM")
    assert good_named("a100-40-sxm") == Good("A100-40", "SXM")
    assert good_named("RTX4090").name == "RTX4090"


@pytest.mark.parametrize(
    ("text", "near"), [("h100", "h100-sxm"), ("rtx409", "rtx4090"), ("", "h100-sxm")]
)
def test_any_other_word_is_refused_with_what_is_near(text, near):
    with pytest.raises(GoodUnknown, match=f"such as .*{near}.* found '{text}'"):
        good_named(text)


def test_a_long_word_is_cut_in_the_refusal():
    with pytest.raises(GoodUnknown) as refused:
        good_named("x" * 10_000)
    assert len(str(refused.value)) < 200
