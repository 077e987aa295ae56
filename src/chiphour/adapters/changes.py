"""CHANGES: the changelog as the package or the checkout carries it.

Takes   CHANGELOG.md and changelog.d/, beside the modules of a wheel or above those of a checkout.
Gives   releases, the latest first.
Keeps   an installation without them as one that has none: nothing is made up.
Source  CONTRIBUTING.md; decision 0041.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from chiphour.publish.documents import Release
from chiphour.publish.documents import releases_of

PACKAGE = Path(__file__).resolve().parents[1]
PLACES = (PACKAGE / "changes", PACKAGE.parents[1])
GATHERED = "CHANGELOG.md"
FRAGMENTS = "changelog.d"


@cache
def releases(places: Sequence[Path] = PLACES) -> Sequence[Release]:
    """Read the changelog once; empty where there is none."""
    for place in places:
        if (place / GATHERED).is_file():
            waiting = sorted((place / FRAGMENTS).glob("*.md"))
            fragments = {each.stem: each.read_text(encoding="utf-8") for each in waiting}
            return releases_of((place / GATHERED).read_text(encoding="utf-8"), fragments)
    return ()
