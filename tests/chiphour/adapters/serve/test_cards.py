"""CARDS: pictures over a real connection; one drawn at a time, each kept for a while.

Takes   the served index; `Cards` with a clock of its own.
Gives   failures.
Keeps   a flood of cards from taking every thread.
Source  Decision 0041.
"""

import io
import threading

import httpx
import pytest
from litestar.exceptions import ServiceUnavailableException
from PIL import Image

from chiphour.adapters.serve.cards import KEPT_MOST
from chiphour.adapters.serve.cards import KEPT_SECONDS
from chiphour.adapters.serve.cards import WAITING_MOST
from chiphour.adapters.serve.cards import Cards


@pytest.mark.parametrize(
    "path",
    [
        *("/cards/release.png", "/cards/series/h100-sxm-od.png", "/cards/report/2026-07-13.png"),
        *("/cards/series/h100-sxm-od/2026-07-13.png", "/cards/series/CHR.GB200.R1Y.png"),
    ],
)
def test_a_card_is_a_picture_that_may_be_kept(index_address, path):
    answer = httpx.get(index_address + path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "public, max-age=1800"
    assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)
    tag = answer.headers["etag"]
    assert httpx.get(index_address + path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/cards/series/nothing.png", 404),
        ("/cards/series/h100-sxm-od.jpg", 404),
        ("/cards/series/h100-sxm-od/2020-01-01.png", 404),
        ("/cards/series/h100-sxm-od/soon.png", 400),
        ("/cards/report/2020-01-01.png", 404),
        ("/cards/report/2026-07-12.png", 404),
        ("/cards/report/soon.png", 400),
        ("/cards/release.png?size=2", 400),
    ],
)
def test_what_is_not_there_is_refused_in_words(index_address, path, status):
    answer = httpx.get(index_address + path)
    assert answer.status_code == status
    assert "expected" in answer.json()["error"]


def test_a_card_is_drawn_once_in_half_an_hour():
    now, drawn = [0.0], []
    cards = Cards(lambda: now[0])

    def draw():
        drawn.append(now[0])
        return b"card"

    for now[0] in (1.0, 2.0, KEPT_SECONDS, KEPT_SECONDS + 1.0):
        assert cards.card("a", draw) == b"card"
    assert drawn == [1.0, KEPT_SECONDS + 1.0]


def test_so_many_are_kept_and_the_oldest_goes():
    cards = Cards(lambda: 0.0)
    for number in range(KEPT_MOST + 1):
        cards.card(number, lambda: b"card")
    assert cards.card(KEPT_MOST, lambda: b"again") == b"card"
    assert cards.card(0, lambda: b"again") == b"again"


def test_a_few_wait_and_more_are_told_to_come_again():
    cards, going, go = Cards(), threading.Event(), threading.Event()

    def draw():
        going.set()
        go.wait(10)
        return b"card"

    threads = [
        threading.Thread(target=cards.card, args=(number, draw)) for number in range(WAITING_MOST)
    ]
    for thread in threads:
        thread.start()
    assert going.wait(10)
    while cards._waiting._value:  # Until all of them wait.
        pass
    with pytest.raises(ServiceUnavailableException, match="ask again"):
        cards.card("late", draw)
    go.set()
    for thread in threads:
        thread.join(10)
    assert cards.card("late", lambda: b"drawn") == b"drawn"


def test_a_card_that_fails_leaves_its_place():
    cards = Cards()
    for _ in range(WAITING_MOST + 1):
        with pytest.raises(ZeroDivisionError):
            cards.card("a", lambda: 1 // 0)
    assert cards.card("a", lambda: b"card") == b"card"


def test_before_the_first_fix_there_is_no_release(started):
    process = started("0", "--empty")
    address = process.stdout.readline().removeprefix("ready ").strip()
    assert httpx.get(address + "/cards/release.png").status_code == 404
    assert httpx.get(address + "/cards/series/h100-sxm-od.png").status_code == 200
