"""TEST SETTINGS: what holds for the whole market.

Takes   `contracts/settings.py`.
Gives   a failure that names the setting.
Keeps   the numbers that the rulebook names, written down here a second time.
Source  Rulebook 6.4, 11.3.
"""

import pytest

from chiphour.contracts import settings
from chiphour.contracts.settings import SETTINGS


@pytest.mark.parametrize("setting", SETTINGS, ids=[setting.name for setting in SETTINGS])
def test_setting_stands_at_its_column_within_its_bounds(setting):
    assert setting.column == SETTINGS.index(setting)
    assert setting.least <= setting.default <= setting.most
    assert setting.live


def test_defaults_are_the_rulebooks():
    default = [setting.default for setting in SETTINGS]
    assert default[settings.RATE_PPM] == 100_000
    assert default[settings.SPREAD_RATE_PPM] == 20_000
    volumes = settings.VOLUME_LOTS, settings.VOLUME_LOTS + settings.TIERS
    assert default[slice(*volumes)] == [0, 100_000, 1_000_000, 10_000_000]
    shares = settings.FEE_SHARE_PPM, settings.FEE_SHARE_PPM + settings.TIERS
    assert default[slice(*shares)] == [1_000_000, 900_000, 800_000, 700_000]
    assert not any(default[settings.PAIR_A :])
