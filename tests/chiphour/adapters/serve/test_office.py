"""TEST OFFICE: a fault of the asker has its status; one of ours has none.

Takes   faults.
Gives   claims on what becomes of them, and on answers for one pair of eyes.
Keeps   what nobody expected unexplained.
Source  Decision 0034.
"""

import asyncio
from types import SimpleNamespace

import pytest
from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.exceptions import ServiceUnavailableException

from chiphour.adapters.cash_events import CashEvents
from chiphour.adapters.cash_events import StatementsLost
from chiphour.adapters.cashier import AmountRefused
from chiphour.adapters.cashier import WordReused
from chiphour.adapters.commit import SequencerStopped
from chiphour.adapters.door import WishRefused
from chiphour.adapters.key_file import KeyRingRefused
from chiphour.adapters.members import MemberExists
from chiphour.adapters.members import MemberRefused
from chiphour.adapters.members import MemberUnknown
from chiphour.adapters.serve.office import as_answers
from chiphour.adapters.serve.office import gateway_of
from chiphour.adapters.serve.office import office_of
from chiphour.adapters.serve.office import opens_office
from chiphour.adapters.serve.office import private_file
from doored import PlainDoor


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (MemberUnknown, 404),
        (MemberExists, 409),
        (MemberRefused, 400),
        (AmountRefused, 400),
        (WordReused, 409),
        (WishRefused, 409),
        (KeyRingRefused, 400),
        (StatementsLost, 503),
    ],
)
def test_a_fault_of_the_asker_is_answered_with_its_status(kind, status):
    with pytest.raises(HTTPException) as caught, as_answers():
        raise kind("expected one thing, found another")
    assert caught.value.status_code == status
    assert caught.value.detail == "expected one thing, found another"


def test_a_fault_of_the_world_goes_on():
    with pytest.raises(SequencerStopped), as_answers():
        raise SequencerStopped("closed")


def test_an_office_is_open_while_the_application_runs(tmp_path):
    door, cash_events = PlainDoor(), CashEvents(tmp_path)
    app = Litestar(openapi_config=None)
    asker = SimpleNamespace(app=app)
    with pytest.raises(ServiceUnavailableException):
        office_of(asker)
    opened = opens_office(tmp_path, "t", lambda app: door, door.members, cash_events)

    async def run():
        async with opened(app):
            return office_of(asker)

    office = asyncio.run(run())
    assert office.door is door
    assert office.members is door.members
    with pytest.raises(KeyRingRefused):  # It was closed.
        office.keys.keys()
    cash_events.close()


def test_what_is_for_one_pair_of_eyes_is_kept_nowhere():
    answer = private_file(b"x", "text/csv")
    assert answer.headers == {"Cache-Control": "no-store"}


def test_a_market_without_doors_knows_no_orders(tmp_path):
    door, cash_events = PlainDoor(), CashEvents(tmp_path)
    app = Litestar(openapi_config=None)
    opened = opens_office(tmp_path, "t", lambda app: door, door.members, cash_events)

    async def run():
        async with opened(app):
            with pytest.raises(ServiceUnavailableException, match="expected a server that runs"):
                gateway_of(SimpleNamespace(app=app))

    asyncio.run(run())
    cash_events.close()
