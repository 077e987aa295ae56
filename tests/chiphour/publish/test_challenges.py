"""CHALLENGES: an open challenge and an answered one, as published.

Takes   two challenges.
Gives   a failure where one is left out or an answer invented.
Keeps   times as ISO 8601, what is not there as null or empty.
Source  docs/methodology/governance.md.
"""

from chiphour.index.challenge import Challenge
from chiphour.publish.challenges import CHALLENGE_LIST
from chiphour.publish.columns import object_of

OPEN = Challenge("CH-2026-001", 1_784_507_400_000_000_000, "Ada", "SCREEN", "too wide")
DONE = OPEN._replace(id="CH-2026-002", answered_ns=OPEN.opened_ns, answered_by="Bob", answer="no")


def test_challenges_are_shown_with_their_answers():
    found = object_of(CHALLENGE_LIST, [OPEN, DONE])["challenges"]
    assert [(each["id"], each["state"], each["answered"]) for each in found] == [
        ("CH-2026-001", "open", None),
        ("CH-2026-002", "answered", "2026-07-20T00:30:00Z"),
    ]
    assert found[1]["answer"] == "no"
