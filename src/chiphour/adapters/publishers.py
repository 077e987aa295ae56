"""PUBLISHERS: whose fixes this exchange settles on, and the command that tells it one.

Takes   the data folder; keys of publishers and of witnesses; the bytes of a signed fix.
Gives   the publishers that are believed; a fix that one of them proved, as rows for the exchange.
Keeps   an exchange free of any index: ours is one publisher among others. What proves nothing, is
        of no use to a contract, or comes from somebody unknown changes nothing.
Source  Decision 0020; rulebook 9.

    MarketError
    └── PublisherRefused    a key or a policy that cannot be, or a file that holds none
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.bodies import write_durably
from chiphour.day import fixing_commands
from chiphour.index.fixing import Fixing
from chiphour.index.note import COSIGNATURE
from chiphour.index.note import ED25519
from chiphour.index.note import NoteRefused
from chiphour.index.note import VerifierKey
from chiphour.index.note import vkey_of
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import parameters_sha256
from chiphour.index.series import BY_TICKER
from chiphour.index.series import FILTERED_FROM
from chiphour.index.series import series_named
from chiphour.observe.observation import MarketError
from chiphour.publish.signed import Believed
from chiphour.publish.signed import FixRefused
from chiphour.publish.signed import Publisher
from chiphour.publish.signed import believed_fix
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import strike_ns

Rows = NDArray[np.int64]

FILE = "publishers.json"
PUBLISHERS_MAX = 64


class PublisherRefused(MarketError):
    """A key or a policy that cannot be, or a file that holds none."""


class Publishers:
    """The publishers that the market in a folder believes."""

    def __init__(self, folder: Path) -> None:
        """Read them; none where none was ever added. Raises PublisherRefused."""
        self._file = folder / FILE
        self.known: tuple[Publisher, ...] = ()
        if self._file.exists():
            self.known = _from_text(self._file.read_bytes(), self._file)

    def add(
        self,
        key: str,
        witnesses: Sequence[str] = (),
        witnesses_min: int = 0,
        series: Sequence[str] = (),
    ) -> Publisher:
        """Believe a publisher from now on, in place of what was said of its key before.

        At least `witnesses_min` of the witnesses must have cosigned each checkpoint. `series` are
        the tickers or slugs that it is believed for, none of them standing for all. Raises
        PublisherRefused; then nothing changes.
        """
        added = _publisher(key, witnesses, witnesses_min, series)
        others = tuple(each for each in self.known if each.key != added.key)
        if len(others) >= PUBLISHERS_MAX:
            raise PublisherRefused(f"expected at most {PUBLISHERS_MAX} publishers, found more")
        self._write((*others, added))
        return added

    def remove(self, name: str) -> None:
        """Believe a publisher no more; raises PublisherRefused for one who never was."""
        others = tuple(each for each in self.known if each.key.name != name)
        if len(others) == len(self.known):
            known = ", ".join(each.key.name for each in self.known) or "none"
            raise PublisherRefused(f"expected a publisher of {known}, found {name!r}")
        self._write(others)

    def believed(self, content: bytes) -> Believed:
        """Read a signed fix of one of them; raises FixRefused."""
        return believed_fix(content, self.known)

    def _write(self, publishers: tuple[Publisher, ...]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(self._file, _as_text(publishers).encode())
        self.known = publishers


def settling_rows(fixing: Fixing, now_ns: int) -> Rows:
    """Give the commands that tell the exchange a fix; raises FixRefused for one of no use to it.

    A contract settles on the parameter set in force, made from all sources, of a series that the
    exchange has, of a strike that was, with a value only where the fix has one; a revision comes
    after what was settled and changes nothing there.
    """
    if fixing.parameter_set != V2026_1.parameter_set or fixing.source:
        raise FixRefused(
            f"fix: expected the set {V2026_1.parameter_set} of all sources, "
            f"found {fixing.parameter_set} of {fixing.source or 'all'}"
        )
    numbers = (fixing.methodology, fixing.parameters_sha256)
    if numbers != (V2026_1.methodology, parameters_sha256(V2026_1)):
        raise FixRefused(
            f"fix: expected the numbers of {V2026_1.methodology} that contracts name, "
            f"found those of {fixing.methodology} with the hash {fixing.parameters_sha256}"
        )
    series = BY_TICKER.get(fixing.series)
    if series is None or series.number >= FILTERED_FROM:
        raise FixRefused(f"fix: expected a series that contracts settle on, found {fixing.series}")
    if fixing.vintage not in ("provisional", "final"):
        raise FixRefused(
            f"fix: expected the provisional or the final word on a strike, found {fixing.vintage}"
        )
    if fixing.strike_ns != strike_ns(day_from_ns(fixing.strike_ns)):
        raise FixRefused(
            f"fix: expected the strike of a day, found {iso_from_ns(fixing.strike_ns)}"
        )
    if max(fixing.strike_ns, fixing.known_ns) > now_ns:  # The command would take the market there.
        raise FixRefused(
            f"fix: expected one known by {iso_from_ns(now_ns)}, "
            f"found one of {iso_from_ns(max(fixing.strike_ns, fixing.known_ns))}"
        )
    is_fixed = fixing.state == "fixed" and fixing.fix_ticks is not None and fixing.fix_ticks > 0
    if fixing.fit and not (is_fixed and fixing.grade in ("A", "B")):
        raise FixRefused(
            f"fix: expected grade A or B and a value where it is fit, "
            f"found {fixing.state}, {fixing.grade or 'no grade'}, {fixing.fix_ticks}"
        )
    final = [fixing] if fixing.vintage == "final" else []
    return fixing_commands(final, [] if final else [fixing])


def _publisher(
    key: str, witnesses: Sequence[str], witnesses_min: int, series: Sequence[str]
) -> Publisher:
    cosigning = tuple(_key(each, COSIGNATURE, "a witness") for each in witnesses)
    different = len({each.key for each in cosigning})
    if not 0 <= witnesses_min <= different:
        raise PublisherRefused(
            f"expected from 0 to {different} cosignatures, as there are witnesses, "
            f"found {witnesses_min}"
        )
    try:
        tickers = tuple(series_named(name).ticker for name in series)
    except KeyError as fault:
        raise PublisherRefused(str(fault.args[0])) from None
    return Publisher(_key(key, ED25519, "a log"), cosigning, witnesses_min, tickers)


def _key(text: str, algorithm: int, whose: str) -> VerifierKey:
    try:
        key = vkey_of(text)
    except NoteRefused as fault:
        raise PublisherRefused(str(fault)) from None
    if key.algorithm != algorithm:
        raise PublisherRefused(
            f"expected the key of {whose} (algorithm {algorithm}), found {key.algorithm}"
        )
    return key


def _as_text(publishers: Sequence[Publisher]) -> str:
    records = [
        {
            "key": publisher.key.text,
            "witnesses": [witness.text for witness in publisher.witnesses],
            "witnesses_min": publisher.witnesses_min,
            "series": list(publisher.series),
        }
        for publisher in publishers
    ]
    return json.dumps(records, indent=2) + "\n"


def _from_text(text: bytes, file: Path) -> tuple[Publisher, ...]:
    try:
        records: list[dict[str, Any]] = json.loads(text)
        names = ("key", "witnesses", "witnesses_min", "series")
        return tuple(_publisher(*(each[name] for name in names)) for each in records)
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise PublisherRefused(f"{file}: expected publishers, found {fault!r}") from None
