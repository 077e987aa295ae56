"""TEST QUESTION API: questions over a real connection, good and bad.

Takes   the served market of this folder.
Gives   failures.
Keeps   every answer readable by its published shape, strictly; every fault one sentence.
Source  Decision 0044.
"""

import httpx
import msgspec
import pytest
from litestar.exceptions import HTTPException
from litestar.exceptions import ValidationException

from chiphour.adapters.serve.question_api import _PLACES
from chiphour.adapters.serve.question_api import TOGETHER
from chiphour.adapters.serve.question_api import WAITING
from chiphour.adapters.serve.question_api import _working
from chiphour.adapters.serve.shapes_hedge import Hedge
from chiphour.adapters.serve.shapes_procure import Procured
from chiphour.adapters.serve.shapes_renting import RentOrBuy
from chiphour.analyse.hedge import HedgeRefused

EXPOSURE = {"months": [{"month": "2026-09", "hours": 1_000}]}


def put(address, path, body):
    return httpx.post(address + path, json=body, timeout=60)


def test_a_hedge_has_its_published_shape(address):
    answer = put(address, "/api/hedge", EXPOSURE | {"annual_volatility": "0.6"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found = msgspec.json.decode(answer.content, type=Hedge)
    assert (found.hours, found.series) == (1_000, "CHR.H100.SXM.OD")
    assert found.distribution.paths == 2_000
    # This market has a perpetual alone.
    assert found.legs[0].reason == "no contract is listed: it cannot be hedged yet"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"months": [{"month": "2026-07", "hours": 1}]}, "expected 2026-08 or later"),
        ({"months": [{"month": "2026-09", "hours": -1}]}, ">= 1"),
        ({"months": []}, "length >= 1"),
        ({"series": "h1000"}, "expected one such as h100-sxm-spot"),
        ({"price_usd": "0"}, "price_usd: expected a price above 0"),
        ({"venues": ["acme"]}, "venue: expected one that"),
        ({"chips": 5}, "unknown field"),
    ],
)
def test_a_bad_question_is_answered_400_with_one_sentence(address, change, words):
    answer = put(address, "/api/hedge", EXPOSURE | change)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_rent_or_buy_has_its_published_shape(address):
    answer = put(address, "/api/rent-or-buy", {"hours_per_month": 300})
    assert answer.status_code == 200, answer.text
    found = msgspec.json.decode(answer.content, type=RentOrBuy)
    (rent,) = [rent for rent in found.rent if rent.tenor == "OD"]
    assert rent.source == "fix of 2026-07-15"
    for body, words in (({"chip": "TPU"}, "chip: expected"), ({"hours_per_month": 0}, ">= 1")):
        answer = put(address, "/api/rent-or-buy", body)
        assert answer.status_code == 400 and words in answer.json()["error"]


def test_procure_has_its_published_shape(address):
    job = {"gpus": 2, "hours": 10, "chips": ["H200"]}
    answer = put(address, "/api/procure", job)
    assert answer.status_code == 200, answer.text
    found = msgspec.json.decode(answer.content, type=Procured)
    assert found.feasible and found.chosen[0].gpus == 2
    for change, words in (({"chips": ["TPU"]}, "chips: expected"), ({"gpus": -1}, ">= 1")):
        answer = put(address, "/api/procure", job | change)
        assert answer.status_code == 400 and words in answer.json()["error"]


def test_what_is_no_json_or_too_large_is_refused(address):
    head = {"content-type": "application/json"}
    assert httpx.post(f"{address}/api/hedge", content=b"{", headers=head).status_code == 400
    many = [{"month": "2026-09", "hours": 1}] * 5_000
    assert put(address, "/api/hedge", {"months": many}).status_code == 413


def test_the_questions_are_described(address):
    paths = httpx.get(f"{address}/schema/openapi.json").json()["paths"]
    assert paths["/api/hedge"]["post"]["summary"] == "Hedge hours that you will buy"


def test_a_turn_is_given_back_after_a_fault():
    for _ in range(TOGETHER + WAITING + 1):
        with pytest.raises(ValidationException, match="no"), _working():
            raise HedgeRefused("no")
    with _working():
        pass


def test_a_full_house_is_told_to_come_again_at_once():
    """Take every place by hand: the next one is refused, and none is lost."""
    for _ in range(TOGETHER + WAITING):
        assert _PLACES.acquire(blocking=False)
    with pytest.raises(HTTPException, match="expected fewer than 10 questions") as told, _working():
        pass
    assert told.value.status_code == 503
    _PLACES.release(TOGETHER + WAITING)
    with _working():
        pass
