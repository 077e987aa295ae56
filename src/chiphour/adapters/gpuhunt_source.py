"""GPUHUNT_SOURCE: the catalogue of the package gpuhunt, written as lines that its reader reads.

Takes   providers in gpuhunt's words ("aws", "lambdalabs"), and a query in those of its `Catalog`.
Gives   a line of canonical JSON for each item of the catalogue, sorted.
Keeps   every float the text that it prints as: 2.19 is "2.19", never 2.1899999. The package is
        optional, and asks the network itself; `GPUHUNT_CATALOG_DIR` makes it read files instead.
Source  gpuhunt's `Catalog` and `CatalogItem`; `observe/venues/gpuhunt`.

    MarketError
    └── CatalogueRefused    gpuhunt is not installed, or it cannot answer
"""

import importlib
import os
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from chiphour.observe.observation import MarketError
from chiphour.observe.observation import canonical_json

FOLDER_NAMED = "GPUHUNT_CATALOG_DIR"  # The variable by which gpuhunt is told to read files.


class CatalogueRefused(MarketError):
    """Gpuhunt is not installed, or it cannot answer."""


def catalogue_lines(providers: Sequence[str], **query: Any) -> bytes:
    """Query the catalogues of some providers; give their items, one a line, as they are.

    `query` holds what else `gpuhunt.Catalog.query` takes: gpu_name="H100", spot=False. Raises
    CatalogueRefused where the package is missing or refuses: a provider that it does not know, a
    file that is not there, a network that does not answer.
    """
    try:
        gpuhunt: Any = importlib.import_module("gpuhunt")
    except ImportError as fault:
        raise CatalogueRefused(f"expected the package gpuhunt, found {fault}") from None
    refusals = (OSError, ValueError, KeyError, RuntimeError, gpuhunt.GPUHuntError)
    try:
        items = _queried(gpuhunt, list(providers), query)
    except refusals as fault:
        raise CatalogueRefused(f"expected an answer of gpuhunt, found {fault!r}") from None
    return "".join(sorted(canonical_json(_line(item)) + "\n" for item in items)).encode()


def _queried(gpuhunt: Any, providers: list[str], query: dict[str, Any]) -> list[Any]:
    """Query; from the network only if each provider's catalogue came: it passes over those."""
    catalogue = gpuhunt.Catalog(balance_resources=False, auto_reload=False)
    if FOLDER_NAMED not in os.environ:
        catalogue.load()
        missing = [name for name in providers if name not in catalogue.catalog]
        if missing:
            raise CatalogueRefused(f"expected a catalogue of {', '.join(missing)}, found none")
    found: list[Any] = catalogue.query(provider=providers, **query)
    return found


def _line(item: Any) -> dict[str, Any]:
    return {
        "provider": item.provider,
        "instance_name": item.instance_name,
        "location": item.location,
        "price": _text(item.price),
        "cpu": item.cpu,
        "memory": _text(item.memory),
        "gpu_count": item.gpu_count,
        "gpu_name": item.gpu_name,
        "gpu_memory": _text(item.gpu_memory),
        "gpu_vendor": None if item.gpu_vendor is None else item.gpu_vendor.value,
        "spot": item.spot,
        "disk_size": _text(item.disk_size),
        "flags": sorted(item.flags),
    }


def _text(number: Any) -> str | None:
    """Write a float as the shortest decimal that is that float, without an exponent."""
    return None if number is None else format(Decimal(repr(number)), "f")
