"""CITATION: how a fix is cited, so that a reader finds the very figure that was used.

Takes   a fixing, the state of the log, the address of the server.
Gives   BibTeX, APA, CSL-JSON, plain text.
Keeps   the vintage named: its time, its hash, the root of the log that holds it; the address one
        that shows that vintage for good.
Source  Citation Style Language 1.0.2, "CSL-JSON"; BibTeX; APA 7, 10.9; decision 0023.
"""

import json
from collections.abc import Callable
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import fixing_sha256
from chiphour.publish.addresses import vintage_path
from chiphour.publish.datasets import series_of
from chiphour.publish.datasets import strike_day
from chiphour.publish.proof import Logged
from chiphour.publish.words import day_words
from chiphour.publish.words import series_words
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import text_from_ticks

PUBLISHER = "chiphour"
_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "{}$&#%_"})  # What TeX would take amiss.


class Cited(NamedTuple):
    """What a citation names: the fixing, its place in the log, the address of the server or ""."""

    fixing: Fixing
    logged: Logged | None = None
    address: str = ""


def citation(cited: Cited, form: str) -> bytes:
    """Give the citation in a form of FORMATS, UTF-8."""
    return FORMATS[form][1](cited).encode()


def title_of(fixing: Fixing) -> str:
    """Give the title: what, of which day, and the figure."""
    figure = "no fix" if fixing.fix_ticks is None else f"${text_from_ticks(fixing.fix_ticks)}"
    name = series_words(series_of(fixing))
    return f"{name}: GPU-hour reference price of {day_words(strike_day(fixing))}, {figure}"


def _version(fixing: Fixing) -> str:
    known = f"{fixing.vintage} of {iso_from_ns(fixing.known_ns)}"
    return f"{known}, {fixing.methodology}, set {fixing.parameter_set}"


def _note(cited: Cited) -> str:
    fixing = cited.fixing
    parts = [fixing.series, f"fixing SHA-256 {fixing_sha256(fixing)}"]
    if cited.logged is not None:
        parts.append(f"leaf {cited.logged.number} of the log, root to there {cited.logged.root}")
    return "; ".join(parts)


def _address(cited: Cited) -> str:
    return cited.address + vintage_path(cited.fixing)


def _key(fixing: Fixing) -> str:
    return f"{fixing.series.lower().replace('.', '-')}-{strike_day(fixing).isoformat()}"


def _issued(fixing: Fixing) -> date:
    return day_from_ns(fixing.known_ns)


def _bibtex(cited: Cited) -> str:
    fixing = cited.fixing
    day = _issued(fixing)
    fields = {
        "author": "{" + PUBLISHER + "}",
        "title": "{" + title_of(fixing).translate(_MARKS) + "}",
        "year": str(day.year),
        "month": str(day.month),
        "publisher": PUBLISHER,
        "version": _version(fixing).translate(_MARKS),
        "url": _address(cited),
        "note": _note(cited).translate(_MARKS),
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{_key(fixing)},\n{lines}\n}}\n"


def _apa(cited: Cited) -> str:
    fixing = cited.fixing
    day = _issued(fixing)
    when = f"{day.year}, {day_words(day).split()[1]} {day.day}"
    version = f"Version: {_version(fixing)}"
    return (
        f"{PUBLISHER}. ({when}). {title_of(fixing)} ({version}) [Data set]. {_address(cited)} "
        f"({_note(cited)})\n"
    )


def _text(cited: Cited) -> str:
    fixing = cited.fixing
    return (
        f"{PUBLISHER}, {title_of(fixing)}, {_version(fixing)}, {_address(cited)}; {_note(cited)}\n"
    )


def _csl(cited: Cited) -> str:
    fixing = cited.fixing
    day = _issued(fixing)
    item = {
        "id": _key(fixing),
        "type": "dataset",
        "title": title_of(fixing),
        "author": [{"literal": PUBLISHER}],
        "publisher": PUBLISHER,
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "version": _version(fixing),
        "URL": _address(cited),
        "note": _note(cited),
        "language": "en",
    }
    return json.dumps([item], ensure_ascii=False, indent=2) + "\n"


FORMATS: Mapping[str, tuple[str, Callable[[Cited], str]]] = {
    "bibtex": ("application/x-bibtex", _bibtex),
    "apa": ("text/plain", _apa),
    "csl": ("application/vnd.citationstyles.csl+json", _csl),
    "text": ("text/plain", _text),
}
