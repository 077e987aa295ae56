"""FIGURES: the drawings of the paper, as SVG.

Takes   the world.
Gives   the bytes of each drawing by name.
Keeps   one width, one palette, text as text; the same world gives the same bytes.
Source  The palette: M. Okabe and K. Ito, Color Universal Design (2008).
"""

import io
import re
from collections.abc import Callable

import matplotlib as mpl
import matplotlib.dates
import numpy as np
from desks import OWNER
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from recorded import dates
from world import CUT
from world import DECLINES
from world import H100
from world import NOISES
from world import World
from world import continuous

from chiphour.analyse.pricing.fixed import date_of
from chiphour.analyse.pricing.fixed import farthest
from chiphour.analyse.pricing.outlook import average_value
from chiphour.analyse.pricing.outlook import future_value
from chiphour.analyse.pricing.premium import forward_price
from chiphour.analyse.pricing.reversion import DAYS_PER_YEAR
from chiphour.analyse.pricing.structure import implied_decline
from chiphour.analyse.pricing.structure import required_price

BLACK, ORANGE, SKY, GREEN, BLUE, RED, PINK = (
    "#000000 #e69f00 #56b4e9 #009e73 #0072b2 #d55e00 #cc79a7".split()
)
COLOURS = (BLUE, RED, GREEN, ORANGE, PINK, SKY, BLACK)
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "chiphour",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
ENGLISH = re.compile(r"[ \t]+$", re.M)


def drawn(world: World) -> dict[str, bytes]:
    """Draw everything."""
    found = {}
    with mpl.rc_context(STYLE):
        for name, (panels, draw) in FIGURES.items():
            figure = Figure(figsize=(7.2, 3.1))
            axes = figure.subplots(1, panels, squeeze=False)[0]
            draw(world, *axes)
            stream = io.StringIO()
            figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
            found[f"{name}.svg"] = ENGLISH.sub("", stream.getvalue()).encode()
    return found


def fixes(world: World, left: Axes, right: Axes) -> None:
    """Show fixes as steps, and a marketplace's daily medians."""
    for colour, name in zip(COLOURS, ("B200", "H200", "H100", "A100"), strict=False):
        for at, part in enumerate(world.histories[f"CHR.{name}.SXM.OD"]):
            label = name if at == 0 else None
            left.step(dates(part), np.exp(part.logs), where="post", color=colour, label=label)
    left.set_title("Fixes, on demand: steps")
    for colour, name in zip(COLOURS, ("B200", "H200", "H100"), strict=False):
        (part,) = world.books[name]
        right.plot(dates(part), np.exp(part.logs), color=colour, label=name)
    right.set_title("Vast.ai's book, daily median")
    finish(left, right, label="USD per GPU-hour")
    left.set_ylim(0, 8)
    left.legend(fontsize=7, loc="lower center", ncols=4)


def cloud(world: World, left: Axes, right: Axes) -> None:
    """Show a cloud's list prices and its spot prices over years."""
    for axes, of in ((left, world.listed), (right, world.spot)):
        for colour, (chip, (part,)) in zip(COLOURS, of.items(), strict=False):
            axes.step(dates(part), np.exp(part.logs), where="post", color=colour, label=chip)
        axes.set_yscale("log")
        axes.set_yticks([0.2, 0.5, 1, 2, 5, 10], labels=["0.2", "0.5", "1", "2", "5", "10"])
        axes.minorticks_off()
    left.set_title("Google Cloud, on demand")
    right.set_title("The same machines, spot")
    finish(left, right, label="USD per GPU-hour, log")


def structure(world: World, left: Axes, right: Axes) -> None:
    """Show what an hour must earn by utilisation, and the decline that a price implies."""
    used = np.linspace(0.3, 1, 71)
    for colour, fall in zip(COLOURS, DECLINES, strict=False):
        required = [
            required_price(OWNER._replace(utilisation=u), continuous(fall)) for u in used.tolist()
        ]
        left.plot(100 * used, required, color=colour, label=f"rents fall {fall:.0%} a year")
    left.axhline(last_fix(world), color=BLACK, ls=":", label="H100, last fix")
    left.set_ylim(0, 8)
    left.set_xlabel("hours sold, %")
    left.set_title("What an hour must earn")
    prices = np.linspace(1, 6, 101)
    for colour, years in zip(COLOURS, (3, 4, 5, 6), strict=False):
        owner = OWNER._replace(life_years=years)
        implied = [implied_decline(owner, price) for price in prices.tolist()]
        right.plot(
            prices,
            [np.nan if each is None else -100 * np.expm1(-each) for each in implied],
            color=colour,
            label=f"{years} years of use",
        )
    right.axvline(last_fix(world), color=BLACK, ls=":")
    right.axhline(0, color=BLACK, lw=0.6)
    right.set_xlabel("price today, USD per GPU-hour")
    right.set_title("Decline a year that a price just pays, %")
    finish(left, right, label="USD per GPU-hour", dated=False)
    right.set_ylabel("% a year")


def likelihood(world: World, left: Axes, right: Axes) -> None:
    """Show how sure the speed of return is, and each parameter's hit rate when planted."""
    found = world.outlook.calibration.fit
    assert found is not None
    left.plot(
        np.log(2) / found.kappa * DAYS_PER_YEAR, found.weight / found.weight.max(), color=BLUE
    )
    left.set_xscale("log")
    left.set_xticks([1, 10, 100], labels=["1", "10", "100"])
    left.set_xlabel("half-life, days")
    left.set_title("Speed of return, eleven series together")
    left.set_ylabel("weight, of the most likely")
    names = ("speed", "volatility", "trend", "level", "band")
    for colour, each in zip(COLOURS, world.plantings, strict=False):
        shares = [100 * share for share in (*each.found, each.band)]
        right.plot(
            names, shares, "o", color=colour, label=f"{each.days} days, half-life {each.half_life}"
        )
    right.axhline(90, color=BLACK, lw=0.6)
    right.set_ylim(80, 100.5)
    right.set_title("Planted and found, % of 200")
    right.legend(fontsize=7)


def forward(world: World, axes: Axes) -> None:
    """Show the H100's forward curve: expectation, band, and prices of risk."""
    calibration = world.outlook.calibration
    found = calibration.fit
    assert found is not None
    last = found.histories[-1]
    days = [
        int(last.days[-1]) + each
        for each in range(1, (farthest(calibration) - dates(last)[-1]).days + 1)
    ]
    values = [future_value(found, day) for day in days]
    when = [date_of(day) for day in days]
    axes.step(dates(last), np.exp(last.logs), where="post", color=BLACK, label="fix")
    axes.plot(when, [value.price for value in values], color=BLUE, label="expected")
    axes.fill_between(
        when, [v.low for v in values], [v.high for v in values], color=BLUE, alpha=0.15, lw=0
    )
    for price, colour in ((0.5, RED), (-0.5, GREEN)):
        curve = [forward_price(found, day, price) for day in days]
        axes.plot(when, curve, color=colour, ls="--", label=f"forward, price of risk {price:+.1f}")
    listed = [each for each in world.outlook.futures if each.value is not None]
    axes.plot(
        [e.expiry for e in listed], [e.value.price for e in listed if e.value], "o", color=BLUE
    )
    axes.set_title(
        "H100 on demand: what the model expects, with its 90 % band; dots are listed futures"
    )
    finish(axes, label="USD per GPU-hour")


def averages(world: World, left: Axes, right: Axes) -> None:
    """Show how an average's band closes as its month is fixed, and the band of basis."""
    found = world.outlook.calibration.fit
    assert found is not None
    last = int(found.histories[-1].days[-1])
    price = float(np.exp(found.histories[-1].logs[-1]))
    width = {"average": [], "future of the last day": []}
    for done in range(31):
        days = range(last + 1, last + 32 - done)
        value = average_value(found, [price] * done, list(days))
        width["average"].append(100 * (value.high - value.low) / value.price)
        late = future_value(found, last + max(31 - done, 1))
        width["future of the last day"].append(100 * (late.high - late.low) / late.price)
    for colour, (name, values) in zip(COLOURS, width.items(), strict=False):
        left.plot(range(31), values, color=colour, label=name)
    left.set_xlabel("days of the month that are fixed")
    left.set_ylabel("width of the 90 % band, % of price")
    left.set_title("A month that passes")
    left.legend()
    shown = [each for each in world.basis if each.value is not None]
    for at, each in enumerate(shown):
        assert each.value is not None
        right.plot([each.value.low, each.value.high], [at, at], color=BLUE)
        right.plot(each.value.price, at, "o", color=BLUE)
    right.set_yticks(range(len(shown)), labels=[each.expiry.isoformat() for each in shown])
    right.set_xlabel("USD per GPU-hour")
    right.set_title("H100 less H200")


def skill(world: World, left: Axes, right: Axes) -> None:
    """Show skill by horizon with intervals where there are any, and bands that held."""
    for colour, (name, found) in zip(COLOURS, world.skills.items(), strict=False):
        horizons = [each.horizon for each in found]
        left.plot(
            horizons,
            [100 * (each.skill or 0) for each in found],
            "o",
            color=colour,
            label=NAMES[name],
        )
        for each in found:
            if each.low is not None and each.high is not None:
                left.plot([each.horizon] * 2, [100 * each.low, 100 * each.high], color=colour)
        right.plot(horizons, [100 * each.inside for each in found], "o", color=colour)
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xticks([1, 3, 7, 14, 28, 84, 168], labels=["1", "3", "7", "14", "28", "84", "168"])
        axes.minorticks_off()
        axes.set_xlabel("days ahead")
    left.axhline(0, color=BLACK, lw=0.6)
    right.axhline(90, color=BLACK, lw=0.6)
    left.set_title("Skill against the last price, %")
    right.set_title("Outcomes inside the 90 % band, %")
    left.legend()


def lab(world: World, left: Axes, right: Axes) -> None:
    """Show a lab's costs by the noise of its venue, and a month at one and a half."""
    places = np.arange(len(NOISES))
    for at, (name, colour) in enumerate((("bare", RED), ("averaged", BLUE), ("dated", GREEN))):
        found = [getattr(each, name) for each in world.labs]
        middle = places + 0.2 * (at - 1)
        label = HEDGES[name]
        left.plot(middle, [each.mean / 1_000 for each in found], "o", color=colour, label=label)
        left.vlines(
            middle, [e.low / 1_000 for e in found], [e.high / 1_000 for e in found], color=colour
        )
        spiked = getattr(world.spike, name)
        right.bar(label, spiked.mean / 1_000, color=colour)
        right.vlines(label, spiked.low / 1_000, spiked.high / 1_000, color=BLACK)
    left.set_xticks(places, labels=[f"{noise:.0%}" for noise in NOISES])
    left.set_xlabel("venue's own noise over the month")
    left.set_ylabel("cost of 50,000 hours, thousand USD")
    left.set_title("September, as the model expects it")
    left.legend(fontsize=7, loc="upper left")
    right.set_title("Every price at one and a half times")


def loans(world: World, left: Axes, right: Axes) -> None:
    """Show what a chip is worth and owes, and what it earns over what is due."""
    months = range(36)
    for colour, fall in zip(COLOURS, DECLINES, strict=False):
        each = world.loans[fall]
        left.plot(
            months, each.worth_usd / 1_000, color=colour, label=f"rents fall {fall:.0%} a year"
        )
        right.plot(months, each.coverage, color=colour)
    left.plot(months, world.loans[0.0].owed_usd / 1_000, color=BLACK, ls=":", label="owed")
    right.plot(
        months, world.cut_loan.coverage, color=BLACK, ls="--", label=f"cut by {CUT:.0%} at once"
    )
    right.axhline(1, color=BLACK, lw=0.6)
    for axes in (left, right):
        axes.set_xlabel("month of the loan")
    left.set_ylim(0, 45)
    left.set_ylabel("thousand USD a chip")
    left.set_title("Worth and debt")
    right.set_title("Earned over what is due")
    left.legend(fontsize=7)
    right.legend(fontsize=7)


def finish(*panels: Axes, label: str, dated: bool = True) -> None:
    """Name the axes, thin out the dates, show the legend."""
    panels[0].set_ylabel(label)
    for axes in panels:
        axes.legend(fontsize=7)
        if dated:
            axes.xaxis.set_major_locator(mpl.dates.AutoDateLocator(minticks=3, maxticks=5))
            axes.xaxis.set_major_formatter(
                mpl.dates.ConciseDateFormatter(axes.xaxis.get_major_locator())
            )


def last_fix(world: World) -> float:
    """Give the last fix of the H100, dollars."""
    return float(np.exp(world.histories[H100][-1].logs[-1]))


NAMES = {"fixings": "fixes", "books": "marketplace book", "spot": "cloud spot"}
HEDGES = {"bare": "no hedge", "averaged": "average", "dated": "late future"}
FIGURES: dict[str, tuple[int, Callable[..., None]]] = {
    "fixes": (2, fixes),
    "cloud": (2, cloud),
    "structure": (2, structure),
    "calibration": (2, likelihood),
    "forward": (1, forward),
    "averages": (2, averages),
    "skill": (2, skill),
    "lab": (2, lab),
    "loans": (2, loans),
}
