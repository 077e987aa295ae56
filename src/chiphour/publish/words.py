"""WORDS: what codes, dates and signs are called on a page.

Takes   series, codes, days, integers in their units.
Gives   English for people; figures with their sign.
Keeps   an unknown code as it is: a word is never guessed.
Source  Methodology, "Publication"; decision 0010.
"""

import re
from datetime import date

from chiphour.hardware.regions import countries_in
from chiphour.index.series import Filter
from chiphour.index.series import Series
from chiphour.index.v2026_1 import NOTES
from chiphour.index.v2026_1 import REASONS
from chiphour.index.v2026_1 import RULES
from chiphour.units import MICROUSD_PER_TICK
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import div_floor
from chiphour.units import iso_from_ns
from chiphour.units import percent_from_ppm
from chiphour.units import text_from_microusd
from chiphour.units import text_from_ticks

MINUS = "\u2212"
DASH = "\u2013"
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
CHIPS = {
    "A100": "A100 80 GB",
    "A100-40": "A100 40 GB",
    "RTX4090": "RTX 4090",
    "RTX5090": "RTX 5090",
    "RTXPRO6000": "RTX PRO 6000",
}
FORMS = {"PCIE": "PCIe"}
TENORS = {
    "SPOT": ("marketplace", "by the hour from the hosts of an open marketplace, no commitment"),
    "OD": ("on demand", "by the hour from a provider's own rate card, no commitment"),
    "INT": ("interruptible", "by the hour where the provider may take it back, or by bid"),
}
PLACES = {"EU": "Europe", "US": "the United States"}
INTERCONNECTS = {"INFINIBAND": "InfiniBand"}
RESERVED = re.compile(r"R(\d+)([MY])")
GRADES = {
    "A": "seven owners or more",
    "B": "five or six owners",
    "C": "three or four owners, or most were screened out",
}


def chip_words(series: Series) -> str:
    """Name the chip with its form: H100 SXM, RTX 4090."""
    chip, form = series.chip, series.form
    return " ".join(word for word in (CHIPS.get(chip, chip), FORMS.get(form, form)) if word)


def tenor_words(tenor: str) -> str:
    """Name how the chip is rented, in one or two words."""
    reserved = RESERVED.fullmatch(tenor)
    if reserved:
        return f"reserved {_term(reserved)}"
    return TENORS[tenor][0] if tenor in TENORS else tenor


def series_words(series: Series) -> str:
    """Name a series: H100 SXM, on demand; a narrower one says what it keeps to."""
    narrowed = filter_words(series.filter)
    words = (chip_words(series), tenor_words(series.tenor), *((narrowed,) if narrowed else ()))
    return ", ".join(words)


def filter_words(only: Filter) -> str:
    """Say what a row must state to enter a narrower series; "" where anything may."""
    per_gpu = [f"{only.vcpus_min} vCPUs"] if only.vcpus_min else []
    per_gpu += [f"{only.memory_gb_min} GB"] if only.memory_gb_min else []
    parts = [f"in {place_words(only.places)}"] if only.places else []
    if only.interconnects:
        parts.append("over " + " or ".join(INTERCONNECTS.get(w, w) for w in only.interconnects))
    if only.gpus_min:
        parts.append(f"{only.gpus_min} GPUs or more together")
    if per_gpu:
        parts.append(f"with {' and '.join(per_gpu)} or more per GPU")
    return ", ".join(parts)


def place_words(places: tuple[str, ...]) -> str:
    """Name places; an area that stands before all of its countries speaks for them."""
    first, *others = places
    if others == list(countries_in(first)):
        others = []
    return " or ".join(PLACES.get(place, place) for place in (first, *others))


def measures(series: Series) -> str:
    """Say in one sentence what a series measures."""
    reserved = RESERVED.fullmatch(series.tenor)
    if reserved:
        how = f"under a commitment of {_term(reserved)}"
    else:
        how = TENORS[series.tenor][1] if series.tenor in TENORS else f"at tenor {series.tenor}"
    narrowed = filter_words(series.filter)
    only = f"; only offers that say so count: {narrowed}" if narrowed else ""
    return (
        f"The listed price of one {chip_words(series)} GPU for one hour, rented {how}, "
        f"in US dollars before tax, storage and traffic{only}."
    )


def _term(reserved: re.Match[str]) -> str:
    count, unit = reserved.groups()
    return f"{count} {'month' if unit == 'M' else 'year'}{'' if count == '1' else 's'}"


def reason_words(code: str) -> str:
    """Say why a series has no fix; an unknown code stands for itself."""
    return sentence(REASONS[code]) if code in REASONS else code


def rule_words(code: str) -> str:
    """Say by which rule something was left out; an unknown code stands for itself."""
    return sentence(RULES[code]) if code in RULES else code


def note_words(code: str) -> str:
    """Say what a note means; an unknown code stands for itself."""
    return sentence(NOTES[code]) if code in NOTES else code


def sentence(words: str) -> str:
    """Give words as a sentence: a capital first, a full stop last."""
    return f"{words[:1].upper()}{words[1:]}."


def day_words(day: date) -> str:
    """Write a day for people: 20 July 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """Write a day where the year is known: 20 Jul."""
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


def time_words(time_ns: int) -> str:
    """Write a time for people: 2026-07-20 00:35 UTC, to the second where it has seconds."""
    text = iso_from_ns(time_ns).replace("T", " ").removesuffix("Z").partition(".")[0]
    return f"{text.removesuffix(':00')} UTC"


def signed_ticks(value_ticks: int) -> str:
    """Write a difference in dollars with its sign: +0.0250, \u22120.0300, 0.0000."""
    text = text_from_ticks(abs(value_ticks))
    return text if value_ticks == 0 else ("+" if value_ticks > 0 else MINUS) + text


def price_text(price_ticks: int, tick_microusd: int) -> str:
    """Write a contract's price in dollars: four decimals where its tick allows, else six."""
    if tick_microusd % MICROUSD_PER_TICK == 0:
        return text_from_ticks(price_ticks * (tick_microusd // MICROUSD_PER_TICK))
    return text_from_microusd(price_ticks * tick_microusd)


def percent_words(rate_ppm: int) -> str:
    """Write a rate for people: 87.5 %."""
    return f"{percent_from_ppm(rate_ppm)}\u00a0%"


def grouped(count: int) -> str:
    """Write a whole number with its thousands apart: 12\u202f400."""
    return f"{count:,}".replace(",", "\u202f")


def counted(count: int, noun: str, nouns: str = "") -> str:
    """Write a count with its noun: 1 fill, 2 fills."""
    return f"{grouped(count)} {noun if count == 1 else nouns or f'{noun}s'}"


def age_words(age_ns: int) -> str:
    """Give an age in its largest whole unit: 9 s, 12 min, 3 h, 41 d."""
    for unit, length_ns in (("d", NS_PER_DAY), ("h", NS_PER_HOUR), ("min", NS_PER_MINUTE)):
        if age_ns >= length_ns:
            return f"{div_floor(age_ns, length_ns):,} {unit}"
    return f"{div_floor(max(0, age_ns), NS_PER_SECOND)} s"
