"""BORROWING: whose history speaks for a series: its own, else that of its kind together.

Takes   the histories of all series that trade by the same terms; the one that is asked for.
Gives   a fit in which that series comes last, how many series speak, or the reason for none.
Keeps   what is borrowed apart from what is own: `series` above one says so, and every price that
        comes of it carries it in its name.
Source  docs/pricing/README.md, section 4; decision 0045.

Together one speed, one volatility and one trend are assumed of all, and a level of its own of each.
Series of one kind do not move at the same hour, as far as recorded; where they did, the errors here
would be too small.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.analyse.pricing.history import DAY_MAX
from chiphour.analyse.pricing.history import History
from chiphour.analyse.pricing.history import reason_against
from chiphour.analyse.pricing.history import within
from chiphour.analyse.pricing.reversion import Fit
from chiphour.analyse.pricing.reversion import fit

RECENT_DAYS = 1_461  # What lies longer before the series' last fixing is not learned from.
NO_FIXING = "NO_FIXING"  # The series was never fixed.


class Calibration(NamedTuple):
    """A fit whose last history is the asked series' latest; or the reason why there is none.

    `own_reason` is what keeps the series' own history from speaking, "" where it does.
    """

    fit: Fit | None
    series: int
    own_reason: str
    reason: str

    @property
    def name(self) -> str:
        """Give what is behind a price of this calibration, in words."""
        return "own history" if self.series == 1 else f"histories of {self.series} series"


def calibrate(histories: Mapping[str, Sequence[History]], series: str) -> Calibration:
    """Fit a series by its own histories if they suffice, else by all of these together."""
    whole = histories.get(series, ())
    if not whole:
        return Calibration(None, 0, NO_FIXING, NO_FIXING)
    last = int(whole[-1].days[-1])
    recent = (last - RECENT_DAYS, DAY_MAX)
    own = within(whole, *recent)
    own_reason = reason_against(own)
    if not own_reason:
        return Calibration(fit(own), 1, "", "")
    others = [parts for name, parts in histories.items() if name != series]
    together = [*(each for parts in others for each in within(parts, *recent)), *own]
    reason = reason_against(together)
    if reason:
        return Calibration(None, 0, own_reason, reason)
    names = {each.series for each in together}
    return Calibration(fit(together), len(names), own_reason, "")
