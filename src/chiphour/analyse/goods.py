"""GOODS: what is compared with what: a chip in one form.

Takes   the words of `hardware`.
Gives   `Good`, with its slug and its name; `good_named`; GOODS, all that exist.
Keeps   a chip of unknown form out: nobody knows what it would be compared with.
Source  Decision 0042.

    MarketError
    └── GoodUnknown    a word that names no chip in a form
"""

import difflib
from typing import NamedTuple

from chiphour.hardware import CHIPS
from chiphour.hardware import UNKNOWN
from chiphour.observe.observation import MarketError

NAME_CHARACTERS_MAX = 60


class GoodUnknown(MarketError):
    """A word that names no chip in a form, or one that nobody has offered."""


class Good(NamedTuple):
    """A chip in one form; `form` is "" where the chip exists in one only."""

    chip: str
    form: str

    @property
    def slug(self) -> str:
        """Give the name used in addresses: `h100-sxm`."""
        return self.name.lower().replace(" ", "-")

    @property
    def name(self) -> str:
        """Give the name for people: `H100 SXM`."""
        return f"{self.chip} {self.form}".strip()


GOODS: tuple[Good, ...] = tuple(
    Good(chip, form) for chip, of in CHIPS.items() for form in of.forms if form != UNKNOWN
)
_BY_SLUG = {good.slug: good for good in GOODS}


def good_named(text: str) -> Good:
    """Give the good with this slug or name, in any case; raises GoodUnknown, naming the nearest."""
    slug = text[:NAME_CHARACTERS_MAX].strip().lower().replace(" ", "-")
    found = _BY_SLUG.get(slug)
    if found is not None:
        return found
    near = [name for name in _BY_SLUG if name.startswith(f"{slug}-")] if slug else []
    near = near or difflib.get_close_matches(slug, _BY_SLUG, n=3)
    wanted = f"such as {', '.join(near or ('h100-sxm', 'rtx4090'))}"
    raise GoodUnknown(
        f"expected a chip in one form, {wanted}, found {text[:NAME_CHARACTERS_MAX]!r}"
    )
