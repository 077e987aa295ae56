"""CHALLENGES: what was said to be wrong and what was answered, for programs.

Takes   challenges.
Gives   CHALLENGE_LIST, their published shape.
Keeps   an open challenge beside the answered ones: the list leaves none out.
Source  IOSCO FR07/13, 16; docs/methodology/governance.md.
"""

from collections.abc import Sequence

from chiphour.index.challenge import Challenge
from chiphour.publish.columns import Shape
from chiphour.publish.columns import many
from chiphour.publish.columns import moment
from chiphour.publish.columns import moment_or_null
from chiphour.publish.columns import text
from chiphour.publish.columns import word

_OPENED = "2026-11-27T09:00:00Z"

CHALLENGE = Shape[Challenge](
    "Challenge",
    "Somebody's claim that a fix, a rule or a role is wrong, with its answer once there is one.",
    (
        text("id", "Its name for good.", "CH-2026-001", lambda c: c.id),
        word("state", "Whether it is answered.", "open", lambda c: c.state, ("open", "answered")),
        moment("opened", "When it was made, UTC.", _OPENED, lambda c: c.opened_ns),
        text("by", "Who made it.", "A. Reader", lambda c: c.by),
        text("about", "What it is about.", "CHR.H100.SXM.OD 2026-07-20", lambda c: c.about),
        text("text", "What is said to be wrong.", "A rate was misread.", lambda c: c.text),
        moment_or_null("answered", "When it was answered, or null.", "", lambda c: c.answered_ns),
        text("answered_by", "Who answered; else empty.", "", lambda c: c.answered_by),
        text("answer", "The answer; else empty.", "", lambda c: c.answer),
    ),
)
CHALLENGE_LIST = Shape[Sequence[Challenge]](
    "Challenges",
    "All challenges, the earliest first.",
    (),
    (many("challenges", CHALLENGE, "Each of them.", lambda known: known),),
)
