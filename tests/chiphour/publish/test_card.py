"""CARD: the pictures are whole, small, and show what they are given.

Takes   cards by hand.
Gives   failures.
Keeps   the same words the same bytes; no text over the edge.
Source  Decision 0041.
"""

import io
from datetime import date
from datetime import timedelta

import pytest
from PIL import Image
from PIL import ImageChops

from chiphour.publish.card import HEIGHT
from chiphour.publish.card import NOTE
from chiphour.publish.card import PANEL
from chiphour.publish.card import WIDTH
from chiphour.publish.card import DayCard
from chiphour.publish.card import DayRow
from chiphour.publish.card import FixCard
from chiphour.publish.card import day_card
from chiphour.publish.card import fix_card
from chiphour.publish.card import icon_ico
from chiphour.publish.card import icon_png
from chiphour.publish.chart import Point

POINTS = tuple(
    Point(date(2026, 6, 1) + timedelta(days=n), None if n in (0, 7) else 30_000 + n, 29_000, 33_000)
    for n in range(30)
)
FIX = FixCard(
    *("H100 SXM, on demand", "20 July 2026, 00:30 UTC", "$3.1700", "per GPU-hour"),
    *(("\u22120.0300 from 19 Jul", "90\u00a0% interval 3.1188\u20133.8276"), POINTS, "Replay."),
)
DAY = DayCard("Prices", "20 July 2026", "9 of 40.", (DayRow("H100", "$3.17", "+0.01", POINTS),) * 4)


def opened(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))
    return image.convert("RGB")


def is_near(image: Image.Image, at: tuple[int, int], colour: str) -> bool:
    """Tell whether a pixel is of a colour, as far as few colours allow."""
    wanted = tuple(int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return all(abs(one - other) <= 4 for one, other in zip(image.getpixel(at), wanted, strict=True))


@pytest.mark.parametrize("body", [fix_card(FIX), day_card(DAY)])
def test_a_card_is_a_small_picture_of_the_size_that_is_said(body):
    opened(body)
    assert 5_000 < len(body) < 60_000


def test_the_same_words_give_the_same_bytes_and_others_do_not():
    assert fix_card(FIX) == fix_card(FIX)
    assert fix_card(FIX) != fix_card(FIX._replace(figure="$3.1701"))
    assert day_card(DAY) != day_card(DAY._replace(rows=DAY.rows[:2]))


def test_a_label_is_seen():
    foot = (10, HEIGHT - 10)
    assert is_near(opened(fix_card(FIX)), foot, NOTE)
    assert is_near(opened(fix_card(FIX._replace(label=""))), foot, PANEL)


@pytest.mark.long
@pytest.mark.parametrize(
    "card",
    [
        FIX._replace(
            name="X" * 500, figure="$" + "9" * 40, facts=("y" * 900,) * 20, label="z" * 400
        ),
        FIX._replace(name="\u65e5\u672c\u202e\x00<script>", figure="no fix", points=()),
        FIX._replace(points=(Point(date(2026, 6, 1), 30_000, None, None),)),
        FIX._replace(points=(Point(date(2026, 6, 1), None, None, None),)),
    ],
)
def test_any_words_and_points_fit(card):
    """Nothing is drawn within 24 pixels of the left and right edge above the foot."""
    image = opened(fix_card(card))
    for left in (0, WIDTH - 24):
        edge = image.crop((left, 0, left + 24, HEIGHT - 70))
        plain = Image.new("RGB", edge.size, edge.getpixel((0, 0)))
        assert ImageChops.difference(edge, plain).getbbox() is None


def test_icons_have_their_sizes():
    for size in (180, 192, 512):
        assert Image.open(io.BytesIO(icon_png(size))).size == (size, size)
    icon = Image.open(io.BytesIO(icon_ico()))
    assert (icon.format, icon.info["sizes"]) == ("ICO", {(16, 16), (32, 32), (48, 48)})
