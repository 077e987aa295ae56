"""TEST READING: nothing is left over, nothing is guessed, no number is a float.

Takes   JSON bodies, whole and broken.
Gives   claims on `Fields` and `parse_object`.
Keeps   each fault to one line that names place, field, expectation and find.
Source  Decision 0003.
"""

import json
import threading
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_csv
from chiphour.observe.reading import parse_lines
from chiphour.observe.reading import parse_object
from chiphour.observe.reading import parse_objects
from chiphour.units import iso_from_ns


def fields(**values):
    return parse_object(json.dumps(values).encode(), "page")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=0, max_value=9999))
def test_a_price_is_the_text_it_was_rounded_once(price):
    """Write a price with twelve decimals: nano-dollars are its half-even rounding, exactly."""
    body = b'{"price": ' + format(price, "f").encode() + b"}"
    found = parse_object(body, "page").price_nanousd("price")
    assert found == int((price * 10**9).to_integral_value(rounding="ROUND_HALF_EVEN"))


def test_a_price_between_two_nanodollars_goes_to_the_even_one():
    page = parse_object(b'{"a": 0.0000000005, "b": 0.0000000015, "c": 2.6e-6}', "page")
    assert [page.price_nanousd(name) for name in "abc"] == [0, 2, 2600]


@given(st.integers(0, 10**9), st.integers(1, 9000))
def test_a_price_for_many_hours_is_divided_exactly_and_rounded_once(dollars, hours):
    """Divide any price by any number: the error is at most half a nano-dollar."""
    for price in (dollars, str(dollars)):
        found = fields(price=price).decimal_price_nanousd("price", per=hours)
        assert abs(Fraction(dollars * 10**9, hours) - found) <= Fraction(1, 2)


def test_cents_are_whole_and_a_hundredth_of_a_dollar():
    assert fields(cents=249).cents_price_nanousd("cents") == 2_490_000_000
    with pytest.raises(UnexpectedData, match="page: cents: expected a whole number"):
        fields(cents=2.5).cents_price_nanousd("cents")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 1}',
        b'{"a": 1',
        b'{"a": 01}',
        b'{"\xff": 1}',
        b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    ],
)
def test_a_body_that_is_not_one_object_is_refused(body):
    with pytest.raises(UnexpectedData, match=r"^page: expected "):
        parse_object(body, "page")


@pytest.mark.parametrize(
    ("take", "value"),
    [
        (Fields.text, 1),
        (Fields.text, None),
        (Fields.text_or_none, True),
        (Fields.word, ""),
        (Fields.word, None),
        (Fields.boolean, "true"),
        (Fields.boolean, 1),
        (Fields.number, "1"),
        (Fields.number, None),
        (Fields.number, True),
        (Fields.number_or_none, "1"),
        (Fields.count, -1),
        (Fields.count, 1.5),
        (Fields.count, 10**19),
        (Fields.price_nanousd, -0.01),
        (Fields.price_nanousd, "2.39"),
        (Fields.price_nanousd, 10**11),
        (Fields.price_nanousd, [2.39]),
        (Fields.time_ns, "2026-07-10"),
        (Fields.time_ns, "2026-07-10T08:45:04"),
        (Fields.time_ns, "yesterday"),
        (Fields.time_ns, 1783673104),
        (Fields.rows, {}),
        (Fields.decimal, -1),
        (Fields.decimal, "-1"),
        (Fields.decimal, "1 USD"),
        (Fields.decimal, ""),
        (Fields.decimal, None),
        (Fields.decimal, True),
        (Fields.decimal_or_none, "none"),
        (Fields.count_or_none, "1"),
        (Fields.count_or_none, -1),
        (Fields.whole_or_none, 1.5),
        (Fields.whole_or_none, "-1"),
        (Fields.whole_or_none, "\u0663"),
        (Fields.whole_or_none, 10**9),
        (Fields.whole_or_none, True),
        (Fields.price_nanousd_or_none, "2.39"),
        (Fields.decimal_price_nanousd, -1),
        (Fields.decimal_price_nanousd, "ten"),
        (Fields.decimal_price_nanousd, "10000000000"),
        (Fields.decimal_price_nanousd, None),
        (Fields.decimal_price_nanousd_or_none, ""),
        (Fields.cents_price_nanousd, "249"),
        (Fields.cents_price_nanousd, 10**12),
        (Fields.texts, "a"),
        (Fields.texts, ["a", 1]),
        (Fields.texts, [None]),
        (Fields.utc_time_ns, "2026-07-10T08:45:04Z"),
        (Fields.utc_time_ns, "2026-07-10T08:45:04+02:00"),
        (Fields.utc_time_ns, "2026-07-10"),
        (Fields.day_end_ns, "2026-07-10T08:45:04"),
        (Fields.day_end_ns, "2026-02-30"),
        (Fields.day_end_ns, ""),
    ],
)
def test_a_field_of_another_kind_is_refused_by_place_and_name(take, value):
    with pytest.raises(UnexpectedData, match=r"^page: field: expected .*, found "):
        take(fields(field=value), "field")


def test_a_price_finer_than_any_we_read_is_refused():
    with pytest.raises(UnexpectedData, match="page: price: expected a decimal number"):
        parse_object(b'{"price": 0.' + b"1" * 40 + b"}", "page").price_nanousd("price")


def test_a_count_below_its_least_is_refused():
    assert fields(gpus=1).count("gpus", least=1) == 1
    with pytest.raises(UnexpectedData, match="at least 1, found 0"):
        fields(gpus=0).count("gpus", least=1)


def test_each_field_is_taken_once_and_none_is_left():
    page = fields(a=1, b="x", c=None, d=[1], e=True, f=2)
    assert page.names() == list("abcdef")
    assert (page.number("a"), page.text("b"), page.text_or_none("c")) == ("1", "x", None)
    assert (page.rows("d"), page.boolean("e")) == (["1"], True)
    with pytest.raises(UnexpectedData, match=r"page: expected no further field, found \['f'\]"):
        page.end()
    with pytest.raises(UnexpectedData, match="page: expected a field 'a', found none"):
        page.take("a")
    page.skip(("f",))
    page.end()
    assert not page.has("f")


def test_a_name_given_twice_is_found_at_once_among_many():
    """To look for it by counting took 15 seconds for 30,000 names: a megabyte stopped everybody."""
    names = ",".join(f'"{number}":1' for number in [*range(60_000), 59_999])
    began = time.monotonic()
    with pytest.raises(UnexpectedData, match="a name given twice: '59999'"):
        parse_object(f"{{{names}}}".encode(), "page")
    assert time.monotonic() - began < 2


def test_a_body_of_millions_of_values_is_refused_before_it_fills_the_memory():
    with pytest.raises(UnexpectedData, match="page: expected at most 4000000 values"):
        parse_object(b"[" + b"1," * 4_000_001 + b"1]", "page")


TURNS_MIN = 20  # Of hundreds; where none is let in there are two at the most.


def test_other_threads_run_while_a_body_of_numbers_is_read():
    """Numbers made in C alone let no thread in: 8 MB of them held every venue for 4 seconds."""
    turns, is_read = [], threading.Event()

    def take_turns():
        while not is_read.is_set():
            time.sleep(0.001)
            turns.append(time.monotonic())

    other = threading.Thread(target=take_turns)
    other.start()
    began = time.monotonic()
    parse_object(b'{"a": [' + b"1," * 1_000_000 + b"1]}", "page")
    ended = time.monotonic()
    is_read.set()
    other.join()
    assert sum(began < at < ended for at in turns) >= TURNS_MIN


@pytest.mark.parametrize("take", ["text", "text_or_none", "word"])
def test_a_text_is_bounded(take):
    """Patterns look for words in it: blanks without end would take them time without end."""
    assert getattr(fields(a="x" * 2_000), take)("a") == "x" * 2_000
    with pytest.raises(UnexpectedData, match="a: expected at most 2000 characters, found 'xxx"):
        getattr(fields(a="x" * 2_001), take)("a")
    with pytest.raises(UnexpectedData, match="expected at most 2000 characters"):
        fields(a=["x" * 2_001]).texts("a")


@pytest.mark.parametrize("take", ["number", "number_or_none"])
def test_a_number_is_bounded(take):
    """It is kept as text and counted with later: Python refuses to read 5,000 digits."""
    long = parse_object(b'{"a":' + b"9" * 2_001 + b"}", "x")
    with pytest.raises(UnexpectedData, match="x: a: expected at most 2000 characters"):
        getattr(long, take)("a")
    assert getattr(parse_object(b'{"a":' + b"9" * 2_000 + b"}", "x"), take)("a") == "9" * 2_000


def test_long_finds_are_shortened():
    with pytest.raises(UnexpectedData) as fault:
        fields(a="x" * 10_000).boolean("a")
    assert len(str(fault.value)) < 200


def test_a_number_is_text_and_compares_as_it_was_written():
    assert parse_object(b'{"a": 1.50}', "page").number("a") == "1.50"
    assert parse_object(b'{"a": null}', "page").number_or_none("a") is None


def test_a_decimal_may_be_written_as_a_number_or_as_a_string():
    page = fields(a=1.5, b="1.50", c=None, d=0)
    assert [page.decimal("a"), page.decimal("b"), page.decimal("d")] == ["1.5", "1.50", "0"]
    assert page.decimal_or_none("c") is None
    with pytest.raises(UnexpectedData, match="expected a field 'e'"):
        page.decimal_or_none("e")


def test_objects_are_read_in_turn_and_say_where_they_lie():
    page = fields(inner={"a": 1}, rows=[{"b": 2}, 3])
    page.object("inner").count("a")
    with pytest.raises(UnexpectedData, match="page rows/1: expected an object, found 3"):
        list(page.objects("rows"))


def test_null_is_none_only_where_it_may_stand():
    page = fields(a=None, b=None, c=None, d=None, e=None, f=None, g=None, h="", i="x")
    assert page.count_or_none("a") is page.price_nanousd_or_none("b") is None
    assert page.decimal_price_nanousd_or_none("c") is page.object_or_none("d") is None
    assert page.one_of_or_none("e", "xy") is page.whole_or_none("f") is None
    assert page.decimal_or_none("g") is page.whole_or_none("h") is None
    assert page.one_of_or_none("i", "xy") == "x"
    page.end()
    with pytest.raises(UnexpectedData, match="page: expected a field 'a', found none"):
        page.count_or_none("a")


def test_what_may_be_null_is_read_where_it_is_not():
    page = fields(a=3, b=2.5, c="730", d={"e": 1}, f="12", g=12)
    assert page.count_or_none("a", least=3) == 3
    assert page.price_nanousd_or_none("b") == 2_500_000_000
    assert page.decimal_price_nanousd_or_none("c", per=730) == 1_000_000_000
    assert page.object_or_none("d").count("e") == 1
    assert page.whole_or_none("f") == page.whole_or_none("g") == 12


def test_a_word_is_one_of_those_expected_or_refused():
    assert fields(unit="h").one_of("unit", ("h",)) == "h"
    with pytest.raises(UnexpectedData, match=r"page: unit: expected one of \['h'\], found 'GB'"):
        fields(unit="GB").one_of("unit", ("h",))


def test_fields_that_may_be_missing_are_taken_where_they_are_there():
    page = fields(a=1, b=2)
    page.skip_if_there(("a", "c"))
    assert page.names() == ["b"]


def test_a_list_of_words_is_given_as_it_is():
    assert fields(regions=["us", "eu"]).texts("regions") == ["us", "eu"]
    assert fields(regions=[]).texts("regions") == []


def test_a_time_without_its_zone_is_utc_and_a_day_is_over_at_its_end():
    page = fields(time="2026-07-10T08:45:04", day="2026-07-10")
    assert iso_from_ns(page.utc_time_ns("time")) == "2026-07-10T08:45:04Z"
    assert iso_from_ns(page.day_end_ns("day")) == "2026-07-10T23:59:59Z"


@pytest.mark.parametrize("body", [b"{}", b"", b"[1,", b"null", b"[{}, 1]"])
def test_a_body_that_is_not_one_list_of_objects_is_refused(body):
    with pytest.raises(UnexpectedData, match=r"^page(/1)?: expected "):
        parse_objects(body, "page")


def test_each_object_of_a_list_says_where_it_lies():
    rows = parse_objects(b'[{"a": 1}, {"a": 2}]', "page")
    assert [(number, row.where, row.count("a")) for number, row in rows] == [
        (0, "page/0", 1),
        (1, "page/1", 2),
    ]


def test_lines_are_objects_and_the_last_one_ends():
    rows = list(parse_lines(b'{"a": 1}\n{"a": 2}\n', "page"))
    assert [(row, line.count("a")) for row, line in rows] == [("line 1", 1), ("line 2", 2)]
    for body in (b'{"a": 1}', b'{"a": 1}\n[]\n', b"\n"):
        with pytest.raises(UnexpectedData, match="page"):
            list(parse_lines(body, "page"))


def test_csv_gives_numbers_as_text_and_empty_numbers_as_null():
    ((row, line),) = parse_csv(b"name,usd,memory\r\nH100,3.10,\r\n", "page", CSV, ("usd", "memory"))
    assert row == "line 2"
    assert (line.text("name"), line.number("usd"), line.number_or_none("memory")) == (
        "H100",
        "3.10",
        None,
    )


CSV = ("name", "usd", "memory")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"name,usd,memory\nH100,1,2",
        b"name,usd\nH100,1\n",
        b"name,usd,memory,more\nH100,1,2,3\n",
        b"name,usd,memory\nH100,1\n",
        b"name,usd,memory\nH100,1,2,3\n",
        b'name,usd,memory\n"H100,1,2\n',
        b"name,usd,memory\nH\xff00,1,2\n",
    ],
)
def test_csv_that_is_cut_short_or_of_other_columns_is_refused(body):
    with pytest.raises(UnexpectedData, match="page"):
        list(parse_csv(body, "page", CSV))
