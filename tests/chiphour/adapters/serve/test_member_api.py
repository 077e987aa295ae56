"""TEST MEMBER_API: a member sees its own money, all of it, and moves it among its own accounts.

Takes   a market that trades, served as a process; requests that members sign.
Gives   claims on account, statement, keys, withdrawals and transfers.
Keeps   members from one another's accounts.
Source  Rulebook 3.6; decision 0034.
"""

import csv
import io
from decimal import Decimal

import msgspec
import pytest

from chiphour.adapters.serve import shapes_members as shapes
from officed import PAID_USD
from officed import PERPETUAL


def read(answer, shape):
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=shape, strict=True)


@pytest.fixture(scope="module")
def family(trading):
    """Give a member's name, a sub-account's, and keys of both that do all."""
    parent = trading.join(deposit_usd="100")["member"]["name"]
    sub = trading.join(sub_of=parent)["member"]["name"]
    return parent, sub, *(trading.key_of(name, "read", "withdraw") for name in (parent, sub))


def test_an_account_is_shown_as_it_stands(trading):
    made = trading.key_of("seller")
    account = read(trading.signed(made, "GET", "/api/account"), shapes.Account)
    (position,) = account.positions
    assert (position.contract, position.lots, position.entry_usd) == (PERPETUAL, -40, "3.201000")
    cash, margin = Decimal(account.cash_usd), Decimal(account.initial_margin_usd)
    assert Decimal(account.free_usd) == min(cash, Decimal(account.equity_usd)) - margin
    assert not account.in_liquidation


def test_a_statement_adds_up_to_the_micro_dollar(trading):
    """In JSON and CSV, whole and in parts: opening and amounts give the closing, which is cash."""
    made = trading.key_of("buyer")
    whole = read(trading.signed(made, "GET", "/api/statement.json"), shapes.Statement)
    account = read(trading.signed(made, "GET", "/api/account"), shapes.Account)
    assert (whole.opening_usd, whole.closing_usd) == ("0.000000", account.cash_usd)
    assert whole.lines[0].amount_usd == PAID_USD
    text = trading.signed(made, "GET", "/api/statement.csv").text
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    written = [
        [str(value or "") for value in msgspec.to_builtins(line).values()] for line in whole.lines
    ]
    assert [[value if value != "0" else "" for value in row.values()] for row in rows] == [
        [value if value != "0" else "" for value in row] for row in written
    ]
    assert sum(Decimal(row["amount_usd"]) for row in rows) == Decimal(whole.closing_usd)
    at = "2026-07-20T00:46:40Z"
    empty, late = (
        read(trading.signed(made, "GET", f"/api/statement.json?{query}"), shapes.Statement)
        for query in (f"before={at}", f"since={at}&before=2100-01-01T00:00:00Z")
    )
    assert (empty.lines, empty.closing_usd) == ([], "0.000000")
    assert late.lines == whole.lines


@pytest.mark.parametrize("query", ["since=yesterday", "before=2026-07-20", "until=x", "of="])
def test_a_bad_parameter_is_refused(trading, query):
    made = trading.key_of("buyer")
    answer = trading.signed(made, "GET", f"/api/statement.json?{query}")
    assert answer.status_code in (400, 404), answer.text


def test_keys_are_ones_own(trading, family):
    _, _, key, sub_key = family
    listed = read(trading.signed(key, "GET", "/api/keys"), shapes.KeyList).keys
    assert key["key"]["id"] in {each.id for each in listed}
    assert sub_key["key"]["id"] not in {each.id for each in listed}


def test_money_moves_between_ones_own_accounts(trading, family):
    parent, sub, key, sub_key = family
    post = ("POST", "/api/transfers")
    moved = read(trading.signed(key, *post, {"amount_usd": "30", "to": sub}), shapes.Moved)
    assert (moved.member, moved.to, moved.cash_usd) == (parent, sub, "70.000000")
    back = {"amount_usd": "10", "to": parent, "source": sub}
    assert read(trading.signed(key, *post, back), shapes.Moved).cash_usd == "20.000000"
    own = {"amount_usd": "1", "to": parent}
    assert read(trading.signed(sub_key, *post, own), shapes.Moved).cash_usd == "19.000000"
    seen = read(trading.signed(key, "GET", f"/api/account?of={sub}"), shapes.Account)
    assert (seen.member.name, seen.cash_usd) == (sub, "19.000000")


def test_a_sub_account_is_apart_and_so_is_another_member(trading, family):
    parent, sub, key, sub_key = family
    post = ("POST", "/api/transfers")
    taking = trading.signed(sub_key, *post, {"amount_usd": "1", "to": sub, "source": parent})
    looking = trading.signed(sub_key, "GET", f"/api/account?of={parent}")
    assert (taking.status_code, looking.status_code) == (403, 403)
    for other in ("buyer", "nobody"):  # Who exists is nobody's business.
        giving = trading.signed(key, *post, {"amount_usd": "1", "to": other})
        stealing = {"amount_usd": "1", "to": parent, "source": other}
        found = [giving, trading.signed(key, *post, stealing)]
        found.append(trading.signed(key, "GET", f"/api/account?of={other}"))
        for answer in found:
            assert (answer.status_code, answer.json()["error"]) == (
                404,
                f"expected the name of an account of yours, found '{other}'",
            )


def test_a_withdrawal_needs_its_scope_and_is_done_once(trading):
    name = trading.join(deposit_usd="9")["member"]["name"]
    reads, pays = trading.key_of(name), trading.key_of(name, "withdraw")
    wish = ("POST", "/api/withdrawals", {"amount_usd": "4"})
    assert trading.signed(reads, *wish).status_code == 403
    words = {"Idempotency-Key": "out"}
    first, second = (read(trading.signed(pays, *wish, **words), shapes.Moved) for _ in range(2))
    assert first == second
    assert first.cash_usd == "5.000000"
    assert trading.signed(pays, "POST", "/api/withdrawals", {"amount_usd": "6"}).status_code == 409
