"""TEST VENUE BODIES: bodies made larger, or wrong in one place.

Takes   small bodies of each form.
Gives   claims on what is changed, and that nothing else is.
Keeps   numbers from being rounded through a float, and one fault from being two.
Source  Decision 0015.
"""

import csv
import io
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.observe.reading import Number
from chiphour.observe.reading import parse
from chiphour.simulate.venue_bodies import CHIP_OF_NOBODY
from chiphour.simulate.venue_bodies import FAULTS
from chiphour.simulate.venue_bodies import NUDGE_PPM_MAX
from chiphour.simulate.venue_bodies import TRANSPORT
from chiphour.simulate.venue_bodies import content_of
from chiphour.simulate.venue_bodies import faults_of
from chiphour.simulate.venue_bodies import faulty
from chiphour.simulate.venue_bodies import outcome
from chiphour.simulate.venue_bodies import page_of
from chiphour.simulate.venue_bodies import places
from chiphour.simulate.venue_bodies import rows
from chiphour.simulate.venue_bodies import scaled
from chiphour.units import PPM

LIST = {
    "file": "offers.json",
    "rows": "data/offers",
    "price": ["price/usd", "bid", "cents"],
    "chip": ["gpus/*/name"],
    "identity": ["id", "name"],
    "needed": "price/usd",
}
MAP = {
    "file": "types.json",
    "rows": "data",
    "price": ["cents"],
    "chip": ["@"],
    "identity": ["@"],
    "needed": "cents",
}
CSV = {
    "file": "prices.csv",
    "rows": "",
    "price": ["usd"],
    "chip": ["gpu"],
    "identity": ["sku"],
    "needed": "usd",
}
LINES = CSV | {"file": "prices.jsonl"}
MARKUP = MAP | {
    "file": "prices.html",
    "price": [],
    "chip": [],
    "identity": [],
    "edits": {"empty": [r"<li>.*</li>", ""], "price_x100": [r"\$(\d+)", r"$\g<1>00"]},
}


def offer(number=7, name="host", usd="1.2300000000000000001", bid="0.5"):
    gpus = '[{"name":"H100"},{"name":"H100"}]'
    price = f'{{"usd":{usd}}}'
    return (
        f'{{"id":{number},"name":"{name}","gpus":{gpus},"price":{price},"bid":"{bid}","cents":250}}'
    )


def listed(*offers):
    return f'{{"data":{{"offers":[{",".join(offers)}]}},"total":1e400}}\n'.encode()


CPU = '{"id":1,"name":"cpu","gpus":[],"price":{"usd":0},"bid":null,"cents":0}'
A_LIST = listed(CPU, offer(), offer(8, "other"))
A_MAP = b'{"data":{"gpu_8x_h100":{"cents":2392},"gpu_1x_a10":{"cents":75}}}\n'
A_PAGE = b"<ul>\n<li>A10 $1</li>\n<li>H100 $2</li>\n</ul>\n"
A_CSV = b'sku,gpu,usd\na,"H100, SXM",2.50\nb,A10,0.75\n'
SOME_LINES = b'{"sku":"a","gpu":"H100","usd":2.50}\n{"sku":"b","gpu":"A10","usd":0.75}\n'
EACH = pytest.mark.parametrize(
    ("content", "wire"),
    [(A_LIST, LIST), (A_MAP, MAP), (A_CSV, CSV), (SOME_LINES, LINES)],
    ids=["list", "map", "csv", "jsonl"],
)


def value_of(content, wire):
    return page_of(content, wire).value


def row_values(content, wire):
    return [holder[key] for holder, key in rows(page_of(content, wire), wire)]


@EACH
def test_what_is_taken_apart_is_written_as_it_was(content, wire):
    page = page_of(content, wire)
    assert content_of(page) == content
    assert page_of(content_of(page), wire) == page


def test_a_pointer_names_every_place_and_nothing_that_is_not_there():
    value = parse(A_LIST, "")
    assert len(list(places(value, "data/offers/*/gpus/*/name"))) == 4
    assert list(places(value, "data/offers/9/name")) == []
    assert list(places(value, "data/absent/name")) == []
    assert list(places(value, "total/name")) == []


# Larger.


@EACH
@given(count=st.integers(0, 400), seed=st.text("abc", max_size=3))
@settings(max_examples=20)
def test_a_larger_body_has_that_many_rows_each_of_its_own(content, wire, count, seed):
    more = scaled(content, wire, count, seed)
    found = rows(page_of(more, wire), wire)
    assert len(found) == max(count, len(rows(page_of(content, wire), wire)))
    names = [key for _, key in found] if "@" in wire["identity"] else []
    own = [[str(h[k]) for p in wire["identity"] for h, k in places(h0[k0], p)] for h0, k0 in found]
    assert len({*map(str, zip(names or own, own, strict=True))}) == len(found)
    assert more == scaled(content, wire, count, seed)
    before = [json.dumps(row) for row in row_values(content, wire)]
    assert [json.dumps(row) for row in row_values(more, wire)][: len(before)] == before


def test_copies_keep_their_types_and_move_by_a_few_ppm():
    for row in row_values(scaled(A_LIST, LIST, 60, "s"), LIST)[3:]:
        if row["gpus"] == []:
            assert (row["price"]["usd"], row["bid"], row["cents"]) == ("0", None, "0")
            continue
        assert isinstance(row["id"], Number)
        assert int(row["id"]) % 10_000_000 in (7, 8)
        assert isinstance(row["price"]["usd"], Number)
        assert not isinstance(row["bid"], Number)
        assert row["cents"] == Number("250")
        for text, was in ((row["price"]["usd"], "1.2300000000000000001"), (row["bid"], "0.5")):
            moved = abs(Decimal(text) / Decimal(was) - 1)
            assert moved <= Decimal(NUDGE_PPM_MAX + 1) / PPM
    assert len({row["price"]["usd"] for row in row_values(scaled(A_LIST, LIST, 60, "s"), LIST)}) > 9


def test_bodies_of_other_numbers_share_no_identity():
    one = {row["id"] for row in row_values(scaled(A_LIST, LIST, 50, "s"), LIST)[3:]}
    two = {row["id"] for row in row_values(scaled(A_LIST, LIST, 50, "s", 10_001), LIST)[3:]}
    assert not one & two


def test_what_has_no_identity_is_not_multiplied():
    assert scaled(A_LIST, LIST | {"identity": []}, 50, "s") == A_LIST


def test_a_repeated_row_is_not_copied():
    again = listed(offer(), offer())
    ids = [row["id"] for row in row_values(scaled(again, LIST, 20, "s"), LIST)]
    assert len(set(ids)) == 19


# Wrong.


@EACH
def test_every_fault_changes_the_body(content, wire):
    for fault in faults_of(wire):
        assert faulty(content, wire, fault) != content, fault
    for fault in TRANSPORT:
        assert faulty(content, wire, fault) == content


@EACH
@pytest.mark.parametrize("fault", ["price_x100", "absurd_price", "negative_price", "renamed_chip"])
def test_a_fault_of_a_row_leaves_all_others_as_they_were(content, wire, fault):
    before = row_values(content, wire)
    after = row_values(faulty(content, wire, fault), wire)
    changed = [n for n, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    concerned = 1 if wire is LIST else 0
    assert changed == ([] if wire is MAP and fault == "renamed_chip" else [concerned])


def test_a_row_without_a_price_is_not_the_one_concerned():
    after = row_values(faulty(A_LIST, LIST, "price_x100"), LIST)[1]
    assert after["price"]["usd"] == Number("123.0000000000000000100")
    assert after["bid"] == "50.0"
    assert after["cents"] == Number("25000")
    named = LIST | {"fault_row": 2}
    assert row_values(faulty(A_LIST, named, "price_x100"), named)[2]["cents"] == "25000"


def test_every_name_of_the_chip_is_renamed():
    row = row_values(faulty(A_LIST, LIST, "renamed_chip"), LIST)[1]
    assert [gpu["name"] for gpu in row["gpus"]] == [CHIP_OF_NOBODY] * 2
    assert list(value_of(faulty(A_MAP, MAP, "renamed_chip"), MAP)["data"]) == [
        CHIP_OF_NOBODY,
        "gpu_1x_a10",
    ]


def test_a_name_given_twice_is_given_twice():
    body = faulty(A_MAP, MAP, "repeated_row")
    assert body.count(b'"gpu_8x_h100":{"cents":2392}') == 2
    assert body.count(b"gpu_1x_a10") == 1
    assert outcome(A_MAP, MAP, {}, "", "repeated_row") == "UNREADABLE"
    assert outcome(A_LIST, LIST, {}, "", "repeated_row") == "REPEATED"
    assert row_values(faulty(A_LIST, LIST, "repeated_row"), LIST)[3]["id"] == "7"


def test_columns_come_and_go_whole():
    added = faulty(A_CSV, CSV, "new_field")
    assert added.partition(b"\n")[0] == b"sku,gpu,usd,colour"
    for fault in ("missing_field", "renamed_field"):
        lines = list(csv.reader(io.StringIO(faulty(A_CSV, CSV, fault).decode())))
        assert "usd" not in lines[0]
        assert len({len(line) for line in lines}) == 1
    assert faulty(A_CSV, CSV, "empty") == b"sku,gpu,usd\n"
    assert faulty(A_CSV, CSV, "short_line").endswith(b"\nb,A10\n")


def test_markup_is_served_as_it_is_and_goes_wrong_as_its_edits_say():
    of_any = ["truncated", "cut_at_end", "not_utf8", "another_form"]
    assert faults_of(MARKUP) == ["empty", *of_any, "price_x100"]
    assert scaled(A_PAGE, MARKUP, 50, "s") == A_PAGE
    assert row_values(A_PAGE, MARKUP) == []
    assert faulty(A_PAGE, MARKUP, "empty") == b"<ul>\n\n</ul>\n"
    assert faulty(A_PAGE, MARKUP, "price_x100") == A_PAGE.replace(b"$1", b"$100").replace(
        b"$2", b"$200"
    )
    assert faulty(A_PAGE, MARKUP, "cut_at_end") == A_PAGE[:-2]
    assert outcome(A_PAGE, MARKUP, {}, "", "price_x100") == "OUT_OF_BOUNDS"
    with pytest.raises(AssertionError, match="li"):
        faulty(b"<ul></ul>", MARKUP, "empty")


def test_a_venue_may_say_what_comes_of_a_fault():
    said = {"renamed_chip": "UNREADABLE", "renamed_chip@types": "NONE"}
    assert outcome(A_MAP, MAP, {}, "types", "renamed_chip") == "CHIP_UNKNOWN"
    assert outcome(A_MAP, MAP, said, "types", "renamed_chip") == "NONE"
    assert outcome(A_MAP, MAP, said, "others", "renamed_chip") == "UNREADABLE"


def test_markup_is_edited_as_its_venue_says_and_only_so():
    edits = {"price_x100": [r"(\$)4\.40", r"\g<1>440"], "empty": ["<li>.*</li>", ""]}
    wire = LIST | {"file": "pricing.html", "rows": "", "identity": [], "edits": edits}
    body = b"<ul><li>H100\n $4.40</li></ul>\n"
    assert faulty(body, wire, "price_x100") == b"<ul><li>H100\n $440</li></ul>\n"
    assert faulty(body, wire, "empty") == b"<ul></ul>\n"
    assert set(faults_of(wire)) == {*edits, "truncated", "cut_at_end", "not_utf8", "another_form"}
    assert all(faulty(body, wire, fault) != body for fault in faults_of(wire))
    assert outcome(body, wire, {}, "pricing", "price_x100") == "OUT_OF_BOUNDS"
    assert scaled(body, wire, 50, "s") == body
    with pytest.raises(AssertionError):
        faulty(b"<ul></ul>", wire, "price_x100")


def test_faults_are_described():
    assert all(fault.description and fault.outcome.isupper() for fault in FAULTS.values())
    assert len(TRANSPORT) == 9
