"""SETTINGS: what holds for the whole market: one row of integers.

Takes   nothing: this file is a language, not a program.
Gives   the columns of the settings, and their bounds and defaults: SET with CONTRACT -1.
Keeps   the default of each the one that the rulebook names.
Source  Rulebook 6.4, 8.2, 11.3.
"""

from chiphour.contracts.table import Term

SETTINGS_COLUMNS = 48

RATE_PPM = 0  # Of the net position on an index, in the scenario.
SPREAD_RATE_PPM = 1  # Of what is long and short on the same index.
VOLUME_LOTS = 2  # The four tiers' least lots of 30 days ...
FEE_SHARE_PPM = 6  # ... and their shares of the taker's fee.
TIERS = 4
PAIR_A = 10  # Eight pairs of indexes that offset each other: first index (0: no pair) ...
PAIR_B = 18  # ... second index ...
PAIR_CREDIT_PPM = 26  # ... and the credit.
PAIRS = 8
SETTINGS_USED = 34

_PPM = 1_000_000
_VOLUMES = (0, 100_000, 1_000_000, 10_000_000)
_SHARES = (_PPM, 900_000, 800_000, 700_000)

SETTINGS: tuple[Term, ...] = (
    Term(RATE_PPM, "rate_ppm", 0, 2 * _PPM, 100_000, True),
    Term(SPREAD_RATE_PPM, "spread_rate_ppm", 0, 2 * _PPM, 20_000, True),
    *(
        Term(VOLUME_LOTS + at, f"volume_{at + 1}_lots", 0, 1 << 40, lots, True)
        for at, lots in enumerate(_VOLUMES)
    ),
    *(
        Term(FEE_SHARE_PPM + at, f"fee_share_{at + 1}_ppm", 0, _PPM, share, True)
        for at, share in enumerate(_SHARES)
    ),
    *(Term(PAIR_A + at, f"pair_{at + 1}_a", 0, 1 << 20, 0, True) for at in range(PAIRS)),
    *(Term(PAIR_B + at, f"pair_{at + 1}_b", 0, 1 << 20, 0, True) for at in range(PAIRS)),
    *(
        Term(PAIR_CREDIT_PPM + at, f"pair_{at + 1}_credit_ppm", 0, _PPM, 0, True)
        for at in range(PAIRS)
    ),
)
assert len(SETTINGS) == SETTINGS_USED and all(at == each.column for at, each in enumerate(SETTINGS))
