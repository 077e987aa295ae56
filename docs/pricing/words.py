"""WORDS: the numbers and tables of the paper, as text.

Takes   the world.
Gives   a word or a table for each mark that the text holds.
Keeps   every figure of the text computed: the text itself holds none that the program could give.
Source  docs/pricing/text.md.
"""

import math
from collections.abc import Iterable

import numpy as np
from claims import claims
from desk_words import lab
from desk_words import lender
from desk_words import others
from desks import OWNER
from spelling import MINUS
from spelling import NONE
from spelling import last_price
from spelling import percent
from spelling import table
from spelling import usd
from world import AHEAD
from world import H100
from world import H200
from world import PLANTED
from world import World
from world import book_price
from world import continuous

from chiphour.analyse.pricing import history as rules
from chiphour.analyse.pricing.borrowing import calibrate
from chiphour.analyse.pricing.fixed import Priced
from chiphour.analyse.pricing.fixed import begins_anew
from chiphour.analyse.pricing.fixed import farthest
from chiphour.analyse.pricing.fixed import last_day
from chiphour.analyse.pricing.generations import Decline
from chiphour.analyse.pricing.outlook import shock_correlation
from chiphour.analyse.pricing.premium import exposure
from chiphour.analyse.pricing.premium import forward_price
from chiphour.analyse.pricing.reversion import fit
from chiphour.analyse.pricing.reversion import parameters_of
from chiphour.analyse.pricing.skill import mean_errors
from chiphour.analyse.pricing.structure import implied_decline
from chiphour.analyse.pricing.structure import required_price
from chiphour.analyse.pricing.structure import running_usd
from chiphour.hardware.throughput import THROUGHPUTS
from chiphour.index.series import SERIES

COMPARED = ("A100", "H100", "H200", "B200", "MI300X", "L40S", "L4")
KINDS = {"hour": "on demand", "hour_spot": "spot"}
SOURCES = {"fixings": "fixes", "books": "marketplace book", "spot": "cloud spot"}


def words_of(world: World) -> dict[str, str]:
    """Give every mark of the text; raises ValueError where a sentence of it holds no longer."""
    gone = [claim for claim, holds in claims(world).items() if not holds]
    if gone:
        raise ValueError(f"expected text.md to hold, found that no longer: {'; '.join(gone)}")
    parts = (market, structure, calibration, curve, generations, backtest, lab, others, lender)
    found: dict[str, str] = {}
    for part in parts:
        new = part(world)
        assert not found.keys() & new.keys()
        found |= new
    return found


def market(world: World) -> dict[str, str]:
    """Give what section 1 says of recorded prices."""
    counts = rules.counts_of([part for parts in world.kin.values() for part in parts])
    book = rules.counts_of([part for parts in world.books.values() for part in parts])
    (spot,) = world.spot["H100"]
    fall = 1 - math.exp(float(np.diff(spot.logs).min()))
    fixed = {each.strike_ns for each in world.fixings if each.fix_ticks is not None}
    rows = []
    for series in world.kin:
        each = rules.counts_of(world.kin[series])
        reason = calibrate(world.kin, series).own_reason
        row = (str(each.fixings), str(each.moves), str(len(world.kin[series])), f"`{reason}`")
        rows.append((series.removeprefix("CHR."), *row))
    return {
        "kin_count": str(len(world.kin)),
        "strikes": str(len(fixed)),
        "fix_steps": str(counts.steps),
        "fix_moves": str(counts.moves),
        "fix_still": percent(1 - counts.moves / counts.steps),
        "book_steps": str(book.steps),
        "book_moved": percent(book.moves / book.steps),
        "h100": usd(last_price(world, H100), 4),
        "h200": usd(last_price(world, H200), 4),
        "book_h100": usd(book_price()),
        "book_share": percent(book_price() / last_price(world, H100)),
        "last_day": last_day(world.outlook.calibration).isoformat(),
        "spot_fall": percent(fall),
        "panel_largest": percent(max(panel_moves(world))),
        "breaks": str(sum(len(parts) - 1 for parts in world.kin.values())),
        "series_table": table(("series", "fixes", "moves", "histories", "alone it is"), rows),
    }


def panel_moves(world: World) -> list[float]:
    """Give by how much of the fix before each beginning anew moved it."""
    moved = [each for each in world.fixings if each.series in world.kin and begins_anew(each)]
    return [
        abs(each.change_ticks) / (each.fix_ticks - each.change_ticks)
        for each in moved
        if each.fix_ticks is not None and each.change_ticks is not None
    ]


def structure(world: World) -> dict[str, str]:
    """Give what section 2 says of an owner."""
    price = last_price(world, H100)
    implied, at_book = implied_decline(OWNER, price), implied_decline(OWNER, book_price())
    assert implied is not None and at_book is not None
    middle = continuous(0.3)
    base = required_price(OWNER, middle)
    changes = (
        ("capital 10 % higher", {"capital_usd": 1.1 * OWNER.capital_usd}),
        ("sold 60 % of hours instead of 70 %", {"utilisation": 0.6}),
        ("financing at 15 % instead of 12 %", {"rate": 0.15}),
        ("four years of use instead of five", {"life_years": OWNER.life_years - 1}),
        ("power at 160 USD instead of 80", {"power_usd_per_mwh": 2 * OWNER.power_usd_per_mwh}),
        ("fixed cost 20 % higher", {"fixed_usd": 1.2 * OWNER.fixed_usd}),
        ("nothing left at the end", {"resale_share": 0.0}),
    )
    rows = [
        (name, usd(required_price(OWNER._replace(**change), middle) - base))
        for name, change in changes
    ]
    rows.append(
        (
            "rents fall 40 % a year instead of 30 %",
            usd(required_price(OWNER, continuous(0.4)) - base),
        )
    )
    return {
        "capital": usd(OWNER.capital_usd, 0),
        "resale": percent(OWNER.resale_share),
        "life": f"{OWNER.life_years:g}",
        "rate": percent(OWNER.rate),
        "used": percent(OWNER.utilisation),
        "kw": f"{OWNER.kw:g}",
        "power": usd(OWNER.power_usd_per_mwh, 0),
        "fixed_cost": usd(OWNER.fixed_usd, 0),
        "running": usd(running_usd(OWNER)),
        "running_share": percent(running_usd(OWNER) / price, 1),
        "required_0": usd(required_price(OWNER, 0.0)),
        "required_30": usd(base),
        "required_60": usd(required_price(OWNER, continuous(0.6))),
        "implied": percent(-math.expm1(-implied)),
        "implied_book": percent(abs(math.expm1(-at_book))),
        "implied_book_way": "fall" if at_book > 0 else "rise",
        "sensitivity_table": table(("change", "USD per GPU-hour"), rows),
    }


def calibration(world: World) -> dict[str, str]:
    """Give what sections 3 and 4 say of the fit, and of what was planted."""
    found = world.outlook.calibration.fit
    assert found is not None
    fitted = parameters_of(found)
    pace = [
        fitted.half_life_days * math.exp(side * 2 * fitted.log_kappa.error) for side in (-1, 0, 1)
    ]
    rows = [
        (f"{each.days} days, half-life {each.half_life}", *map(percent, (*each.found, each.band)))
        for each in world.plantings
    ]
    header = ("history", "speed", "volatility", "trend", "level", f"band, {AHEAD} days")
    worst = min(share for each in world.plantings for share in each.found)
    book = parameters_of(fit(world.books["H100"]))
    return {
        "book_sigma": percent(book.sigma),
        "book_half_life": f"{book.half_life_days:.1f}",
        "half_life": f"{pace[1]:.0f}",
        "half_life_low": f"{pace[0]:.0f}",
        "half_life_high": f"{pace[2]:.0f}",
        "sigma": percent(fitted.sigma, 1),
        "trend": percent(math.expm1(fitted.trend.value)),
        "trend_error": percent(fitted.trend.error),
        "level": usd(math.exp(fitted.level.value)),
        "planted": str(PLANTED),
        "planted_worst": percent(worst, 1),
        "planted_table": table(header, rows),
        "fixings_min": str(rules.FIXINGS_MIN),
        "span_min": str(rules.SPAN_DAYS_MIN),
        "moves_min": str(rules.MOVES_MIN),
        "largest_max": percent(rules.LARGEST_SHARE_MAX),
    }


def priced_rows(contracts: Iterable[Priced]) -> list[tuple[str, ...]]:
    """Write contracts as rows."""
    rows = []
    for each in contracts:
        prices = (NONE,) * 3 if each.value is None else [usd(price, 4) for price in each.value]
        rows.append((f"`{each.name}`", *prices, f"`{each.reason}`" if each.reason else ""))
    return rows


def curve(world: World) -> dict[str, str]:
    """Give what sections 5 to 7 say of contracts."""
    outlook = world.outlook
    found = outlook.calibration.fit
    assert found is not None
    listed = [each for each in outlook.futures if each.value is not None]
    late = listed[-1]
    assert late.value is not None
    day = (late.expiry - last_day(outlook.calibration)).days
    number = int(found.histories[-1].days[-1]) + day
    asked = [forward_price(found, number, risk) / late.value.price - 1 for risk in (0.5, -0.5)]
    august, september = (each.value for each in outlook.averages)
    assert august is not None and september is not None
    both = [world.kin[name] for name in (H100, H200)]
    correlation, low = shock_correlation(*both)
    header = ("contract", "expected", "5 %", "95 %", "no price")
    band = (late.value.high - late.value.low) / late.value.price
    return {
        "farthest": farthest(outlook.calibration).isoformat(),
        "futures_table": table(header, priced_rows(outlook.futures)),
        "averages_table": table(header, priced_rows(outlook.averages)),
        "basis_table": table(header, priced_rows(e for e in world.basis if e.value is not None)),
        "late": late.expiry.isoformat(),
        "late_days": str(day),
        "late_price": usd(late.value.price, 4),
        "late_band": percent(band / 2, 1),
        "risk_half": percent(asked[0], 1),
        "risk_minus": percent(asked[1], 1),
        "risk_times": f"{band / 2 / abs(asked[0]):.0f}",
        "risk_exposure": percent(float(found.weight @ exposure(found, number)), 1),
        "known": str(outlook.averages[0].known),
        "august_band": percent((august.high - august.low) / august.price / 2, 1),
        "september_band": percent((september.high - september.low) / september.price / 2, 1),
        "september_price": usd(september.price, 4),
        "correlation": f"{correlation:.2f}".replace("-", MINUS),
        "correlation_low": f"{low:.2f}".replace("-", MINUS),
    }


def generations(world: World) -> dict[str, str]:
    """Give what section 8 says of chips that age."""
    rows = []
    for column, kind in KINDS.items():
        histories = world.listed if column == "hour" else world.spot
        for each in world.declines[column]:
            (part,) = histories[each.chip]
            whole = math.expm1(float(part.logs[-1] - part.logs[0]))
            rows.append((f"{each.chip}, {kind}", *decline_row(each), percent(whole)))
    header = (
        "chip",
        "years",
        "loss a year",
        "error",
        "regions that fell",
        "in one step",
        "end to end",
    )
    (a100,) = [e for e in world.declines["hour_spot"] if e.chip == "A100 80 GB"]
    (h100,) = [e for e in world.declines["hour_spot"] if e.chip == "H100"]
    per = []
    for name in COMPARED:
        price = last_price(world, series_of(name))
        per.append((name, usd(price, 4), *(usd(price / each) for each in peak(name))))
    (recent,) = world.spot["A100 80 GB"]
    year = int(np.searchsorted(recent.days, recent.days[-1] - 365))
    unit = {
        row[0]: [last_price(world, series_of(row[0])) / each for each in peak(row[0])]
        for row in per
    }
    wide = [unit[name][1] for name in ("A100", "H100", "H200", "B200")]
    return {
        "a100_recent": percent(-math.expm1(float(recent.logs[-1] - recent.logs[year]))),
        "a100_flops": percent(unit["A100"][0] / unit["H100"][0] - 1),
        "bandwidth_apart": percent(max(wide) / min(wide) - 1),
        "h100_line": percent(h100.decline),
        "declines_table": table(header, rows),
        "a100_years": f"{a100.years:.1f}",
        "a100_falls": str(a100.falls),
        "a100_places": str(a100.places),
        "h100_step": percent(h100.worst_share),
        "throughput_table": table(("chip", "last fix", "per PFLOP/s-hour", "per TB/s-hour"), per),
    }


def series_of(chip: str) -> str:
    """Give the on-demand series of a chip, of its SXM form where it has several."""
    forms = {each.form for each in SERIES if each.chip == chip}
    form = "SXM" if "SXM" in forms else ""
    (ticker,) = [s.ticker for s in SERIES if (s.chip, s.form, s.tenor) == (chip, form, "OD")]
    return ticker


def peak(chip: str) -> tuple[float, float]:
    """Give a chip's PFLOP/s of dense BF16, and its TB/s of memory."""
    form = "SXM" if "SXM" in series_of(chip) else ""
    (found,) = [e for e in THROUGHPUTS if (e.chip, e.form) == (chip, form)]
    return found.dense_bf16_gflops / 1e6, found.memory_gb_per_s / 1e3


def decline_row(each: Decline) -> tuple[str, ...]:
    """Write a decline."""
    error = percent(each.error, 1)
    fell = f"{each.falls} of {each.places}"
    return f"{each.years:.1f}", percent(each.decline, 1), error, fell, percent(each.worst_share)


def backtest(world: World) -> dict[str, str]:
    """Give what section 9 says of forecasts."""
    rows = []
    for name, found in world.skills.items():
        for each in found:
            ours = [o for o in world.outcomes[name] if o.horizon == each.horizon]
            errors = [percent(error, 1) for error in mean_errors(ours)]
            interval = NONE
            if each.low is not None and each.high is not None:
                interval = f"{percent(each.low)} to {percent(each.high)}"
            skill = NONE if each.skill is None else percent(each.skill)
            counts = (str(each.forecasts), str(each.moved))
            row = (*counts, *errors, skill, interval, percent(each.inside), each.verdict)
            rows.append((f"{SOURCES[name]}, {each.horizon} d", *row))
    header = (
        "forecast",
        "made",
        "moved",
        "error",
        "last price's",
        "skill",
        "90 %",
        "in band",
        "verdict",
    )
    day = world.skills["books"][0]
    assert day.skill is not None and day.low is not None and day.high is not None
    return {
        "skill_table": table(header, rows),
        "book_skill": percent(day.skill),
        "book_skill_low": percent(day.low),
        "book_skill_high": percent(day.high),
        "book_band": percent(world.skills["books"][-1].inside),
        "book_band_days": str(world.skills["books"][-1].horizon),
        "fix_forecasts": str(world.skills["fixings"][0].forecasts),
        "fix_moved": str(world.skills["fixings"][0].moved),
    }
