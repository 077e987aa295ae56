"""RECORDED: every name, memory and price of a GPU in the folder of reference recordings.

Takes   `observations` in $CHIPHOUR_REFERENCE, else in ../shared/data beside the checkout.
Gives   the fixture `recorded`: one row for each that differs; it skips where the folder is absent.
Keeps   the bytes where they lie: some of them may not be copied into this repository.
Source  The README of the folder; STYLE.md, "Tests".
"""

import csv
import gzip
import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from typing import NamedTuple

import pytest

from chiphour.hardware import memory_gb_from_mib

# Files, then what their rows call the name, the memory, the price, and how many it is for.
FILES = (
    ("open/multi_gpurentalprices/*.gz", "gpu", "vram_gb", "usd_hr", ""),
    ("open/multi_catalogue/*/*.gz", "gpu_model", "vram_gb", "price_usd_hour", ""),
    ("open/vast/*/*.gz", "gpu_name", "gpu_ram", "dph_base", "num_gpus"),
    ("nolicence/vast/*/*.json.gz", "gpu_name", "gpu_ram", "dph_base", "num_gpus"),
    ("nolicence/vast/*/*.csv", "gpu_model", "", "usd_per_gpu_hour", ""),
    ("open/primeintellect/*/availability_gpus.json", "gpuType", "gpuMemory", "", ""),
    ("open/primeintellect/*/availability_gpus.json", "cloudId", "gpuMemory", "", ""),
    ("open/digitalocean/*/probe_evidence.json", "sku", "", "", ""),
    ("open/digitalocean/*.gz", "sku", "", "price_hourly", "gpu_count"),
    ("open/digitalocean/*.gz", "gpu_model", "", "price_hourly", "gpu_count"),
    ("open/ratecards/*/*.json", "gpu_model", "", "price_per_gpu_hr", ""),
    ("open/verda/*/instance_types.json", "name", "", "", ""),
    ("open/gcp/*.gz", "gpu", "", "hour", "gpu_count"),
    ("open/gcp/*.gz", "gpu", "", "hour_spot", "gpu_count"),
    ("open/hourly_vast_runpod_lambda/*.gz", "gpu", "", "min_price_hr", ""),
    ("nolicence/runpod/*/*.json", "id", "memoryInGb", "securePrice", ""),
    ("nolicence/runpod/*/*.json", "displayName", "memoryInGb", "securePrice", ""),
    ("nolicence/tensordock/*/*.json", "v0Name", "", "price_per_hr", ""),
    ("nolicence/tensordock/*/*.json", "displayName", "", "price_per_hr", ""),
    ("nolicence/eucri_*/*.gz", "gpu_model", "", "price_usd_per_gpu_hr", ""),
    ("nolicence/eucri_*/*.gz", "gpu_name", "", "", ""),
    ("nolicence/hyperscaler_tenors_sooddvs/*.gz", "gpu_type", "", "per_gpu_hourly_usd", ""),
    ("nolicence/multi_daily_romaindeniau/*.gz", "gpu_model", "", "price_per_gpu_hour", ""),
    ("nolicence/multi_daily_cherielilili/*.gz", "gpu_model", "", "", ""),  # Machines among chips.
    ("nolicence/multi_oneoff_brainbreeze/*/*.gz", "model", "vram", "pricePerHour", "gpuCount"),
    ("nolicence/multi_listprices_2022_2025/*.gz", "GPU Type", "", "", ""),
)


class Recorded(NamedTuple):
    """What one source said once; a memory or a price of 0 was not said."""

    source: str
    name: str
    memory_gb: int
    price_nanousd: int


@pytest.fixture(scope="session")
def recorded() -> list[Recorded]:
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    folder = Path(os.environ.get("CHIPHOUR_REFERENCE") or beside) / "observations"
    if not folder.is_dir():
        pytest.skip("no folder observations in $CHIPHOUR_REFERENCE or ../shared/data")
    found = {
        seen
        for pattern, *words in FILES
        for path in sorted(folder.glob(pattern))
        for row in _rows(path)
        if (seen := _seen(pattern, row, *words)) is not None
    }
    return sorted(found)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield every object of a JSON file, however deep, or every row of a table."""
    read = gzip.open if path.suffix == ".gz" else open
    with read(path, "rt", encoding="utf-8") as file:
        if ".csv" in path.name:
            yield from csv.DictReader(file)
        elif ".jsonl" in path.name:
            for line in file:
                yield from _objects(json.loads(line, parse_float=Decimal))
        else:
            yield from _objects(json.load(file, parse_float=Decimal))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from _objects(inner)


def _seen(
    pattern: str, row: dict[str, Any], name: str, memory: str, price: str, count: str
) -> Recorded | None:
    if not row.get(name):
        return None
    source = "/".join(pattern.split("/")[:2])
    memory_gb = Decimal(row.get(memory) or 0)
    if memory == "gpu_ram":
        memory_gb = Decimal(memory_gb_from_mib(int(memory_gb), ()))
    price_usd = Decimal(row.get(price) or 0) / Decimal(row.get(count) or 1)
    return Recorded(source, row[name], int(memory_gb), int(price_usd * 10**9))
