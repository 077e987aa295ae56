"""REGIONS: where a machine stands: a country when the source says it, else an area, else None.

Takes   a source's word for a region: a code of a venue, a country's name or ISO code, "Idaho, US".
Gives   Place: the country (ISO 3166-1 alpha-2) and its area; or an area alone.
Keeps   exactness: whole words of exact tables, read by rule only where a venue's codes have one. A
        code that means two countries at two venues is None until the venue is named. "X, CA" may
        be California or Canada: None, unless X is known to lie in the one or the other.
Source  `countries` and `region_codes`.
"""

import re
from typing import NamedTuple

from chiphour.hardware.countries import AREAS
from chiphour.hardware.countries import COUNTRY_LINES
from chiphour.hardware.countries import PARTS_LINES
from chiphour.hardware.region_codes import AREA_WORDS
from chiphour.hardware.region_codes import CODES

# Their regions end in an ISO code, always: "Delhi, IN" is no place in Indiana.
_ENDS_IN_ISO = ("vast",)
# ISO codes that, standing alone, as likely mean an area or "not available".
_DOUBTFUL = ("na", "as")

# A zone of a region: us-east-1a, us-central1-a, fr-par-2. The region is looked up.
_ZONE = re.compile(r"(.*\d)-?[a-f]|([a-z]{2}-[a-z]{3})-\d")
# RunPod's: an area or a country, then what lies in it, then a number: EU-RO-1, US-KS-2.
_NESTED = re.compile(r"([a-z]{2,3})-([a-z]{2,3})(?:-\d{1,2})?")
_AREA_BY_PREFIX = {
    "eu": "EU",
    "eur": "EU",
    "ap": "AS",
    "sea": "AS",
    "oc": "OC",
    "me": "ME",
    "af": "AF",
    "sa": "SA",
}
_CITY_CODES = {("ca", "mtl"): "CA"}


class Place(NamedTuple):
    """A place. `country` is "" where only the area is known; `area` is a word of AREAS."""

    country: str
    area: str


def place_of(word: str, venue: str = "") -> Place | None:
    """Read a source's word for a region; None when no table holds it or it may mean two."""
    key = _key(word)
    country = _country(key, venue)
    if country is not None:
        return Place(country, _AREA_BY_COUNTRY[country])
    area = _AREA_BY_WORD.get(key)
    return Place("", area) if area is not None else None


def countries_in(area: str) -> tuple[str, ...]:
    """List the countries of an area, sorted."""
    return tuple(sorted(code for code, of in _AREA_BY_COUNTRY.items() if of == area))


def _key(word: str) -> str:
    """Give the word in small letters, with "-" between its parts, around commas nothing."""
    spaced = re.sub(r"\s*,\s*", ",", word.strip().lower())
    return re.sub(r"[\s_]+", "-", spaced).rstrip("-")


def _country(key: str, venue: str) -> str | None:
    """Try the tables, the most exact first."""
    own = _CODES_BY_VENUE.get(venue, {})
    zone = _ZONE.fullmatch(key)
    region = (zone[1] or zone[2]) if zone else ""
    for code in (key, region):
        found = own.get(code) or _COUNTRY_BY_CODE.get(code)
        if found:
            return found
    if "," in key:
        return _country_at_end(key, venue)
    if key in _AREA_BY_WORD or key in _DOUBTFUL:
        return None
    return _COUNTRY_BY_NAME.get(key) or _country_nested(key)


def _country_at_end(key: str, venue: str) -> str | None:
    """Read "Idaho,US": the country stands last, and nothing before it may speak against it.

    A code that is a state's or a province's too counts only after a part or the name of its own
    country; a name, or another code, counts after anything. "Dallas,Texas" needs no more.
    """
    *before, last = key.split(",")
    country = _COUNTRY_BY_NAME.get(last)
    if country is None:
        return _COUNTRY_BY_PART.get(last)
    if last not in _PART_CODES or before == [""] or venue in _ENDS_IN_ISO:
        return country
    inside = before[-1] in _PARTS.get(country, ())
    return country if inside or _COUNTRY_BY_NAME.get(before[-1]) == country else None


def _country_nested(key: str) -> str | None:
    """Read EU-RO-1, US-KS-2, US-VA, US-OTHER and fr-france: a whole, then a part of it."""
    whole, _, part = key.partition("-")
    country = _COUNTRY_BY_NAME.get(whole)
    if len(whole) == 2 and country and _lies_in(part, country):
        return country
    nested = _NESTED.fullmatch(key)
    if nested is None:
        return None
    whole, part = nested[1], nested[2]
    country = _COUNTRY_BY_NAME.get(part) if len(part) == 2 else None
    if country and _AREA_BY_COUNTRY[country] == _AREA_BY_PREFIX.get(whole):
        return country
    country = _COUNTRY_BY_NAME.get(whole)
    return (
        country if country and part in _PARTS.get(country, ()) else _CITY_CODES.get((whole, part))
    )


def _lies_in(part: str, country: str) -> bool:
    glued = {name.replace("-", "") for name in _PARTS.get(country, ())}
    return part == "other" or part in glued or _COUNTRY_BY_NAME.get(part) == country


def _read_countries() -> tuple[dict[str, str], dict[str, str]]:
    """Give the area of each country, and the country of each name and code."""
    areas: dict[str, str] = {}
    countries: dict[str, str] = {}
    for area, lines in COUNTRY_LINES.items():
        for line in lines.strip().splitlines():
            code, names = line.split(maxsplit=1)
            areas[code] = area
            for name in (code, *names.split("|")):
                assert _key(name) not in countries, name
                countries[_key(name)] = code
    return areas, countries


def _read_parts(lines: str) -> frozenset[str]:
    """Give the codes and the names of a country's parts."""
    parts = [part.split(maxsplit=1) for line in lines.splitlines() for part in line.split("|")]
    return frozenset(_key(word) for part in parts for word in part)


def _read_codes() -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Give the country of each code at each venue, and of those that all venues agree on."""
    by_venue = {
        venue: {code: country for country, codes in table.items() for code in codes.split()}
        for venue, table in CODES.items()
    }
    meant: dict[str, set[str]] = {}
    for own in by_venue.values():
        for code, country in own.items():
            meant.setdefault(code, set()).add(country)
    agreed = {code: min(found) for code, found in meant.items() if len(found) == 1}
    return by_venue, agreed


_AREA_BY_COUNTRY, _COUNTRY_BY_NAME = _read_countries()
_PARTS = {country: _read_parts(lines) for country, lines in PARTS_LINES.items()}
_PART_CODES = {part for parts in _PARTS.values() for part in parts if len(part) == 2}
_COUNTRY_BY_PART = {
    part: country
    for country, parts in _PARTS.items()
    for part in parts
    if len(part) > 2 and part != "georgia"
}
_CODES_BY_VENUE, _COUNTRY_BY_CODE = _read_codes()
_AREA_BY_WORD = {word: area for area, words in AREA_WORDS.items() for word in words.split()}

assert set(_AREA_BY_COUNTRY.values()) | {"GLOBAL"} == set(AREAS)
assert set(_COUNTRY_BY_CODE.values()) <= set(_AREA_BY_COUNTRY)
