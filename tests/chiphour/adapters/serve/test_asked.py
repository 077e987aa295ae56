"""ASKED: parameters are read, bounded and refused before anything is asked of the index.

Takes   texts.
Gives   failures.
Keeps   the future unasked for.
Source  Decision 0023.
"""

from types import SimpleNamespace

import pytest
from litestar.exceptions import NotFoundException
from litestar.exceptions import ValidationException

from chiphour.adapters.serve import asked
from chiphour.adapters.serve.answer import IMMUTABLE
from chiphour.adapters.serve.answer import REVALIDATED
from chiphour.units import ns_from_iso

NOW = "2026-07-20T12:00:00Z"
VIEW = SimpleNamespace(time_ns=lambda: ns_from_iso(NOW))


def test_without_a_word_all_that_is_known_under_the_set_in_force():
    assert asked.when(VIEW, None, None) == asked.When("v2026_1", None, REVALIDATED)
    assert asked.when(VIEW, "plain", None).parameter_set == "plain"


@pytest.mark.parametrize(
    ("as_of", "keeping"),
    [
        (NOW, REVALIDATED),
        ("2026-07-19T12:00:01Z", REVALIDATED),
        ("2026-07-19T12:00:00Z", IMMUTABLE),
        ("2026-07-19T14:00:00+02:00", IMMUTABLE),
    ],
)
def test_a_time_more_than_a_day_ago_is_settled(as_of, keeping):
    assert asked.when(VIEW, None, as_of) == asked.When("v2026_1", ns_from_iso(as_of), keeping)


@pytest.mark.parametrize(
    ("set_name", "as_of", "words"),
    [
        ("", None, "set: expected one of v2026_1, robust, plain, found ''"),
        (None, "2026-07-20T12:00:00.000001Z", "as_of: expected a time not after 2026-07-20T12:00"),
        (None, "2026-07-20", "as_of: expected a time such as"),
        (None, "", "as_of: expected a time such as"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(set_name, as_of, words):
    with pytest.raises(ValidationException) as refusal:
        asked.when(VIEW, set_name, as_of)
    assert words in refusal.value.detail


def test_a_series_is_found_by_either_name():
    assert asked.series_named("H100-SXM-OD") == asked.series_named("chr.h100.sxm.od")
    with pytest.raises(NotFoundException):
        asked.series_named("h100")


def test_a_file_is_what_it_ends_with():
    assert asked.named_file("a.b.csv", ("csv", "json")) == ("a.b", "csv")
    for name in ("csv.", "a.CSV", "a.", "", "a"):
        with pytest.raises(NotFoundException):
            asked.named_file(name, ("csv", "json"))


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("index.example", True),
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("a/b", False),
        ("a@b", False),
        ("a b", False),
        ("-a", False),
        ("a:123456", False),
        ("", False),
    ],
)
def test_a_host_is_a_name_and_nothing_else(host, is_one):
    assert bool(asked.HOST.fullmatch(host)) == is_one
