"""STATEMENT: the file of a statement says what its lines say.

Takes   lines.
Gives   failures.
Keeps   prices in dollars of their tick, amounts to the micro-dollar, cells empty where none is.
Source  RFC 4180.
"""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from chiphour.exchange.commands import Side
from chiphour.publish.statement import CSV_COLUMNS
from chiphour.publish.statement import line_object
from chiphour.publish.statement import statement_csv
from chiphour.publish.statement import within
from chiphour.statement import Line

FILL = Line(
    sequence=7,
    time_ns=0,
    what="fill",
    amount_microusd=-4_000_000,
    balance_microusd=1_000_019_999_982,
    contract=0,
    side=Side.BUY,
    price_ticks=31_800,
    tick_microusd=100,
    lots=400,
)
FUNDING = Line(
    sequence=8,
    time_ns=0,
    what="funding",
    amount_microusd=-7,
    contract=0,
    lots=400,
    rate_ppm=-120,
    period_s=3600,
    mark_microusd=3_170_000,
    index_microusd=3_180_000,
)


def rows_of(*lines):
    return list(csv.DictReader(io.StringIO(statement_csv(lines).decode(), newline="")))


def test_a_fill_is_written_in_dollars_and_words():
    (row,) = rows_of(FILL)
    assert row["price_usd"] == "3.1800" and row["side"] == "buy" and row["lots"] == "400"
    assert row["amount_usd"] == "-4.000000" and row["balance_usd"] == "1000019.999982"
    assert row["rate_ppm"] == row["period_s"] == row["mark_usd"] == row["index_usd"] == ""


def test_funding_is_written_with_what_it_was_made_of():
    (row,) = rows_of(FUNDING)
    assert (row["rate_ppm"], row["period_s"]) == ("-120", "3600")
    assert (row["mark_usd"], row["index_usd"]) == ("3.170000", "3.180000")
    assert row["side"] == row["price_usd"] == ""


def test_no_lines_are_a_header_alone():
    assert statement_csv([]).decode() == ",".join(CSV_COLUMNS) + "\r\n"


def test_a_line_has_the_same_columns_in_every_form():
    for line in (FILL, FUNDING):
        (row,) = rows_of(line)
        plain = line_object(line)
        assert row == {n: "" if value is None else str(value) for n, value in plain.items()}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-5, 5)), max_size=12), st.data())
def test_the_parts_of_a_statement_add_up_to_the_whole(moves, data):
    """Cut any statement at any two times: each part opens where the one before it closed."""
    whole, balance = [], 0
    for time_ns, amount in sorted(moves):
        balance += amount
        whole.append(
            FUNDING._replace(time_ns=time_ns, amount_microusd=amount, balance_microusd=balance)
        )
    first, second = sorted(data.draw(st.tuples(st.integers(0, 10), st.integers(0, 10))))
    parts = [within(whole, 0, first), within(whole, first, second), within(whole, second, 11)]
    assert [line for part in parts for line in part.lines] == whole
    assert [part.opening_microusd for part in parts] == [
        0,
        *(part.closing_microusd for part in parts[:-1]),
    ]
    assert parts[-1].closing_microusd == balance
