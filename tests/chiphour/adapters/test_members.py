"""TEST MEMBERS: who trades here is what the journal says, and nothing else.

Takes   a plain exchange that tells what it did.
Gives   claims on names, accounts, groups and wishes, before and after a restart.
Keeps   private bytes of others without effect.
Source  Rulebook 3.1 and 3.6; decision 0034.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.adapters.commit import Told
from chiphour.adapters.members import NAME_LENGTH_MAX
from chiphour.adapters.members import SUB_ACCOUNTS_MAX
from chiphour.adapters.members import WISHES_MAX
from chiphour.adapters.members import Member
from chiphour.adapters.members import MemberExists
from chiphour.adapters.members import MemberRefused
from chiphour.adapters.members import Members
from chiphour.adapters.members import MemberUnknown
from chiphour.adapters.members import check_name
from chiphour.adapters.members import name_bytes
from chiphour.adapters.members import wish_bytes
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.reasons import Reason
from chiphour.observe.observation import canonical_json
from chiphour.simulate.members import DEMONSTRATION
from chiphour.simulate.members import LABEL
from doored import PlainDoor


def join(door, account, name, group=0):
    door.tell(command(Kind.OPEN_ACCOUNT, account=account, group=group), name_bytes(account, name))


def heard_again(door, cut=None):
    """Give members that hear all that a door told, in one frame of all or in its own."""
    members = Members()
    frames = door.frames
    if cut is None:
        private, at = [], 0
        for each in frames:
            private += [(place + at, content) for place, content in each.private]
            at += len(each.rows)
        rows = np.concatenate([each.rows for each in frames])
        frames = [Told(rows, np.concatenate([each.events for each in frames]), private)]
    for each in frames:
        members.hear(each)
    return members


def test_a_member_is_there_once_its_account_is_open():
    door = PlainDoor()
    join(door, 9, "acme")
    assert door.members.named("ACME") == door.members.of(9) == Member(9, "acme", "member", 9)
    join(door, 9, "thief")  # Refused: the account is open already.
    assert door.members.of(9).name == "acme"
    with pytest.raises(MemberUnknown, match="found 'thief'"):
        door.members.named("thief")
    join(door, 3, "house")  # Refused: it is one of the market's own.
    assert [each.name for each in door.members.all()] == ["acme"]


def test_the_list_that_enrols_demonstration_members_is_understood():
    """It names several accounts beside the first command of all; the market has always done so."""
    door = PlainDoor()
    names = [{"account": a, "name": f"{LABEL} {a}", "label": LABEL} for a in (8, 9)]
    rows = [command(Kind.OPEN_ACCOUNT, account=account) for account in (8, 9)]
    door.tell(rows, canonical_json(names).encode())
    assert [each.label for each in door.members.all()] == [LABEL, LABEL]


def test_sub_accounts_are_those_of_a_group():
    door = PlainDoor()
    join(door, 20, "acme")
    join(door, 9, "acme hedge", group=20)
    join(door, 10, "other")
    parent, sub = door.members.named("acme"), door.members.named("acme hedge")
    assert (parent.is_sub, sub.is_sub) == (False, True)
    assert door.members.group(sub) == [parent, sub]
    with pytest.raises(MemberRefused, match="which is one"):
        door.members.check_new("deeper", sub)


def test_a_group_has_an_end():
    members = Members()
    for number in range(SUB_ACCOUNTS_MAX + 1):
        rows = command(Kind.OPEN_ACCOUNT, account=8 + number, group=8)[None]
        rows[0, 0] = number + 1
        events = np.zeros((1, 16), np.int64)
        events[0, :4] = (number + 1, 0, 2, 8 + number)
        members.hear(Told(rows, events, [(0, name_bytes(8 + number, f"m{number}"))]))
    with pytest.raises(MemberRefused, match=f"at most {SUB_ACCOUNTS_MAX} sub-accounts"):
        members.check_new("more", members.of(8))


@pytest.mark.parametrize(
    "name",
    [
        *("", " a", "a ", "a/b", "a\\b", "a?b", "a#b", "a%b", ".", "..", "a\nb", "a\u200bb"),
        *("e\u0301", "x" * (NAME_LENGTH_MAX + 1), f"{LABEL} maker one", LABEL.upper()),
    ],
)
def test_a_name_that_would_mislead_is_refused(name):
    with pytest.raises(MemberRefused, match="expected a name"):
        check_name(name)


@pytest.mark.parametrize("name", ["a", "Acme Labs", "x" * NAME_LENGTH_MAX, "ö", "計算", "a.b"])
def test_a_plain_name_is_taken(name):
    check_name(name)


def test_names_that_look_alike_are_one():
    door = PlainDoor()
    join(door, 9, "Straße")
    for name in ("straße", "STRASSE", "\uff33traße"):
        with pytest.raises(MemberExists):
            door.members.check_new(name)


def test_an_account_is_drawn_from_those_never_used():
    """Draw until there is none: each once, none of the market's, none of the demonstration's."""
    members, accounts, drawn = Members(), 40, set()
    for number in range(accounts - ACCOUNTS_RESERVED):
        account = members.draw(accounts)
        drawn.add(account)
        rows = command(Kind.OPEN_ACCOUNT, account=account)[None]
        rows[0, 0] = number + 1
        events = np.zeros((1, 16), np.int64)
        events[0, :4] = (number + 1, 0, 2, account)
        members.hear(Told(rows, events, []))
    assert drawn == set(range(ACCOUNTS_RESERVED, accounts))
    assert not drawn & {each.account for each in DEMONSTRATION}
    with pytest.raises(MemberRefused, match="found none"):
        members.draw(accounts)


def test_a_wish_is_remembered_with_what_became_of_it():
    door = PlainDoor()
    join(door, 9, "acme")
    deposit = command(Kind.DEPOSIT, account=9, amount_microusd=700)
    door.tell(deposit, wish_bytes(9, "w1", "hash"))
    door.tell(command(Kind.WITHDRAW, account=9, amount_microusd=900), wish_bytes(9, "w2", ""))
    done, not_done = door.members.outcome(9, "w1"), door.members.outcome(9, "w2")
    assert (done.what, done.amount_microusd, done.cash_microusd) == ("deposit", 700, 700)
    assert (done.reason, done.request) == (Reason.NONE, "hash")
    assert (not_done.what, not_done.reason) == ("withdrawal", Reason.FUNDS_INSUFFICIENT)
    assert door.members.outcome(9, "w3") is door.members.outcome(8, "w1") is None
    door.tell(deposit, wish_bytes(9, "w1", "later"))  # The first stands.
    assert door.members.outcome(9, "w1") == done


def test_the_oldest_wishes_are_forgotten_first():
    door = PlainDoor()
    join(door, 9, "acme")
    for number in range(WISHES_MAX + 1):
        row = command(Kind.DEPOSIT, account=9, amount_microusd=1)
        door.tell(row, wish_bytes(9, f"w{number}", ""))
    assert door.members.outcome(9, "w0") is None
    assert door.members.outcome(9, "w1") is not None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "deposit", "withdraw", "transfer", "order", "noise"]),
        st.integers(0, 14),
        st.integers(0, 14),
        st.integers(-1, 3),
    ),
    max_size=25,
)
NOISE = [b"", b"{", b"\xff", b"[1]", b'{"account": 9}', b'[{"account": "x", "name": 1}]']


@settings(max_examples=60)
@given(STEPS)
def test_a_restart_knows_what_was_known(steps):
    """Tell any steps; hear all of it again, frame by frame and in one: the same members know it."""
    door = PlainDoor()
    for number, (what, one, other, amount) in enumerate(steps):
        wish = wish_bytes(one, f"w{other}", str(number))
        money = {"account": one, "amount_microusd": amount}
        if what == "join":
            join(door, one, f"m{other}", group=max(0, amount) * 8)
        elif what == "deposit":
            door.tell(command(Kind.DEPOSIT, **money), wish)
        elif what == "withdraw":
            door.tell(command(Kind.WITHDRAW, **money), wish)
        elif what == "transfer":
            door.tell(command(Kind.TRANSFER, **money, target=other), wish)
        elif what == "order":
            door.tell(command(Kind.CANCEL, account=one, order=1), wish)
        else:
            door.tell(command(Kind.OPEN_ACCOUNT, account=one), NOISE[number % len(NOISE)])
    for again in (heard_again(door), heard_again(door, cut=1)) if door.frames else ():
        assert again.all() == door.members.all()
        for account in range(15):
            for word in range(15):
                mine = door.members.outcome(account, f"w{word}")
                assert again.outcome(account, f"w{word}") == mine
