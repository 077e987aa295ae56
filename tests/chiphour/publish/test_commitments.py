"""TEST COMMITMENTS: what is shown of the times of polls, before and after a strike.

Takes   one commitment, hidden and uncovered.
Gives   claims on `commitments_object`.
Keeps   nothing of the times in sight before they are revealed.
Source  Decision 0015.
"""

from datetime import date

from chiphour.publish.commitments import Committed
from chiphour.publish.commitments import Uncovered
from chiphour.publish.commitments import commitments_object
from chiphour.units import NS_PER_MINUTE
from chiphour.units import strike_ns

DAY = date(2026, 8, 1)
STRIKE = strike_ns(DAY)
HIDDEN = Committed("vast", DAY, "ab" * 32, 0, STRIKE - 10 * NS_PER_MINUTE, STRIKE, None, ())


def test_before_the_reveal_nothing_but_the_hash_is_shown():
    assert commitments_object([HIDDEN]) == {
        "commitments": [
            {
                "venue": "vast",
                "day": "2026-08-01",
                "sha256": "ab" * 32,
                "committed": "1970-01-01T00:00:00Z",
                "opens": "2026-08-01T00:20:00Z",
                "strike": "2026-08-01T00:30:00Z",
                "revealed": None,
                "nonce": None,
                "offsets_ns": None,
                "polls": [],
            }
        ]
    }


def test_after_the_reveal_all_is_shown():
    uncovered = Uncovered("5a1t", (7, 8), STRIKE)
    one = HIDDEN._replace(uncovered=uncovered, polls_ns=(STRIKE - NS_PER_MINUTE,))
    (shown,) = commitments_object([one])["commitments"]
    assert (shown["nonce"], shown["offsets_ns"]) == ("5a1t", [7, 8])
    assert shown["revealed"] == "2026-08-01T00:30:00Z"
    assert shown["polls"] == ["2026-08-01T00:29:00Z"]
