"""METHODOLOGY: the statement of the benchmark, with every number from the program.

Takes   the parameter sets, the series, the register; the words of `methodology_text`.
Gives   the document, in Markdown.
Keeps   text and program equal: no number of it was typed, so none can differ.
Source  IOSCO, "Principles for Financial Benchmarks" (FR07/13), 11; decision 0016.
"""

from collections.abc import Iterable

from chiphour.index.filters import MIB_PER_GB
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import Parameters
from chiphour.index.parameters import parameters_sha256
from chiphour.index.revision import MATERIAL_PPM
from chiphour.index.revision import MATERIAL_TICKS
from chiphour.index.series import FILTERED
from chiphour.index.series import SERIES
from chiphour.index.series import Series
from chiphour.index.statistics import coverage
from chiphour.observe.record import RATE_AGE_NS_MAX
from chiphour.observe.register import REGISTER_SHA256
from chiphour.observe.register import VERSION
from chiphour.publish.methodology_text import TEXT
from chiphour.publish.words import PLACES
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import PPM
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import div_half_even
from chiphour.units import text_from_nanousd
from chiphour.units import text_from_ppm
from chiphour.units import text_from_ticks

NOTE = "<!-- Written by docs/reference/generate.py from the program. Change that, then run it. -->"
_TIE_NANOUSD = 670_250_000  # Halfway between two ticks: an example of the rounding rule.


def methodology_text(parameters: Parameters = V2026_1) -> str:
    """Give the statement for the parameters in force."""
    p = parameters
    words = {
        "methodology": p.methodology,
        "note": NOTE,
        "set_hashes": _table(
            ("set", "SHA-256"),
            ((f"`{name}`", f"`{parameters_sha256(each)}`") for name, each in SETS.items()),
        ),
        "sets_table": _table(("set", "screen"), ((f"`{n}`", _screen(s)) for n, s in SETS.items())),
        **_of_register(),
        **_of_series(),
        **_durations(p),
        **_shares(p),
        **_counts(p),
        "roles": _quoted(p.roles),
        "kinds": _quoted(p.kinds),
        "harmless_flags": ", ".join(p.harmless_flags),
        "verifications": _quoted(p.verifications),
        "grades": ", ".join(f"{grade} from {least}" for grade, least in p.grade_members_min),
        "lowest_grade": p.grade_members_min[-1][0],
        "settlement_grades": " or ".join(p.settlement_grades),
        "small_panel": str(p.grade_members_min[0][1] - 1),
        "screen_scale": decimal_text(p.screen_scale_ppm),
        "tick": text_from_ticks(1),
        "tie": text_from_nanousd(_TIE_NANOUSD).rstrip("0"),
        "tie_rounded": text_from_ticks(div_half_even(_TIE_NANOUSD, NANOUSD_PER_TICK)),
        "revision_amount": text_from_ticks(MATERIAL_TICKS),
    }
    return TEXT.format(**words)


def _of_register() -> dict[str, str]:
    return {"register_version": VERSION, "register_sha256": REGISTER_SHA256}


def _of_series() -> dict[str, str]:
    hours, minutes = divmod(STRIKE_OFFSET_NS // NS_PER_MINUTE, 60)
    return {
        "series_count": str(len(SERIES)),
        "filtered_count": str(len(FILTERED)),
        "mib_per_gb": str(MIB_PER_GB),
        "strike": f"{hours:02}:{minutes:02}",
        "rate_age": duration_text(RATE_AGE_NS_MAX),
        "series_table": _table(
            ("number", "ticker"), ((str(each.number), f"`{each.ticker}`") for each in SERIES)
        ),
        "filtered_table": _table(
            ("number", "ticker", "asks for"),
            ((str(each.number), f"`{each.ticker}`", asked(each)) for each in FILTERED),
        ),
    }


def _durations(p: Parameters) -> dict[str, str]:
    return {
        name.removesuffix("_ns"): duration_text(getattr(p, name))
        for name in p._fields
        if name.endswith("_ns")
    }


def _shares(p: Parameters) -> dict[str, str]:
    found = {
        name.removesuffix("_ppm"): percent_text(getattr(p, name))
        for name in p._fields
        if name.endswith("_ppm")
    }
    levels = {
        word: percent_text((coverage(count, 1) * PPM).numerator)
        for word, count in (("level_of_three", 3), ("level_of_four", 4))
    }
    return found | levels | {"revision_share": percent_text(MATERIAL_PPM)}


def _counts(p: Parameters) -> dict[str, str]:
    return {
        name: str(value)
        for name, value in p._asdict().items()
        if isinstance(value, int) and not isinstance(value, bool)
    }


def _screen(parameters: Parameters) -> str:
    if not parameters.screened:
        return "none: the median of all members"
    scale = decimal_text(parameters.screen_scale_ppm)
    deviation = "raw" if parameters.screen_scale_ppm == PPM else f"times {scale}"
    return f"{parameters.screen_multiple} median absolute deviations, {deviation}"


def asked(series: Series) -> str:
    """Say in words what a narrower series asks of a row; "everything" where it asks nothing."""
    only = series.filter
    parts = (
        f"in {PLACES[only.places[0]]}" if only.places else "",
        f"joined by {_quoted(only.interconnects)}" if only.interconnects else "",
        f"{only.gpus_min} GPUs or more in one offer" if only.gpus_min else "",
        f"{only.vcpus_min} vCPUs or more for each GPU" if only.vcpus_min else "",
        f"{only.memory_gb_min} GB of memory or more for each GPU" if only.memory_gb_min else "",
    )
    return ", ".join(part for part in parts if part) or "everything"


def duration_text(duration_ns: int) -> str:
    """Write a duration in its largest whole unit: 5 minutes, 24 hours, 7 days."""
    if duration_ns % NS_PER_DAY == 0 and duration_ns > NS_PER_DAY:
        return f"{duration_ns // NS_PER_DAY} days"
    if duration_ns % NS_PER_HOUR == 0:
        return f"{duration_ns // NS_PER_HOUR} hours"
    assert duration_ns % NS_PER_MINUTE == 0
    return f"{duration_ns // NS_PER_MINUTE} minutes"


def percent_text(share_ppm: int) -> str:
    """Write a share in percent, as short as it is exact: 20 %, 0.5 %, 87.5 %."""
    return f"{decimal_text(share_ppm * 100)} %"


def decimal_text(value_ppm: int) -> str:
    """Write millionths as a decimal without zeros at its end."""
    return text_from_ppm(value_ppm).rstrip("0").rstrip(".")


def _quoted(words: Iterable[str]) -> str:
    return " or ".join(f"`{word}`" for word in words)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
