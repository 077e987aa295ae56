"""RECORDED: what the shipped recordings hold beside fixings: a book by the day, a cloud's prices.

Takes   the files that the package ships.
Gives   histories and samples for the model's files.
Keeps   each file's own words: no price is converted, carried is only what a price list says until
        it says otherwise.
Source  NOTICE; docs/pricing/README.md, sections 8 and 9.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from datetime import timedelta
from statistics import median

import numpy as np

from chiphour.adapters.recordings import embedded_folder
from chiphour.analyse.pricing.fixed import date_of
from chiphour.analyse.pricing.fixed import number_of
from chiphour.analyse.pricing.generations import Sample
from chiphour.analyse.pricing.history import History
from chiphour.analyse.pricing.history import history_of

BOOKS = "hourly_vast_runpod_lambda"
CLOUD = "gcp/machine_price_changes.csv.gz"
MACHINES = {  # The smallest machine of each chip, or the only one that is listed throughout.
    "A100 40 GB": "a2-highgpu-1g",
    "A100 80 GB": "a2-ultragpu-1g",
    "H100": "a3-highgpu-8g",
    "L4": "g2-standard-4",
}
FOUR_WEEKS = timedelta(days=28)


def rows_of(pattern: str) -> Iterator[dict[str, str]]:
    """Give the rows of the open recordings of this name, file by file."""
    for path in sorted(embedded_folder().glob(pattern)):
        with gzip.open(path, "rt") as file:
            yield from csv.DictReader(file)


def book_histories() -> dict[str, list[History]]:
    """Give the daily medians of Vast.ai's books as an hourly collector saw them."""
    seen: dict[str, dict[date, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows_of(f"{BOOKS}/*.csv.gz"):
        if row["provider"] == "Vast.ai" and row["median_price_hr"]:
            day = date.fromisoformat(row["timestamp"][:10])
            seen[row["gpu"]][day].append(float(row["median_price_hr"]))
    found = {}
    for gpu, days in seen.items():
        ticks = [round(10_000 * median(days[day])) for day in sorted(days)]
        found[gpu] = [history_of(gpu, [number_of(day) for day in sorted(days)], ticks)]
    return found


def cloud_prices(column: str) -> dict[str, dict[str, dict[date, float]]]:
    """Give the price of one GPU by chip, region and the day on which it was first seen."""
    found: dict[str, dict[str, dict[date, float]]] = {chip: defaultdict(dict) for chip in MACHINES}
    chips = {machine: chip for chip, machine in MACHINES.items()}
    for row in rows_of(CLOUD):
        chip = chips.get(row["machine_type"])
        if chip is not None and row[column]:
            day = date.fromisoformat(row["first_seen"])
            found[chip][row["region"]][day] = float(row[column]) / int(row["gpu_count"])
    return found


def cloud_samples(column: str) -> list[Sample]:
    """Give each region's price every four weeks from its first on, as listed on that day."""
    samples = []
    for chip, regions in cloud_prices(column).items():
        last = max(max(days) for days in regions.values())
        for region, days in sorted(regions.items()):
            day, first = min(days), min(days)
            while day <= last:
                price = days[max(each for each in days if each <= day)]
                samples.append(Sample(chip, region, (day - first).days / 365.25, np.log(price)))
                day += FOUR_WEEKS
    return samples


def cloud_medians(column: str) -> dict[str, list[History]]:
    """Give the median over regions every four weeks, as listed on that day, by chip."""
    found = {}
    for chip, regions in cloud_prices(column).items():
        changes = [day for days in regions.values() for day in days]
        grid, ticks = [], []
        day = min(changes)
        while day <= max(changes):
            listed = [
                days[max(each for each in days if each <= day)]
                for days in regions.values()
                if min(days) <= day
            ]
            grid.append(number_of(day))
            ticks.append(round(10_000 * median(listed)))
            day += FOUR_WEEKS
        found[chip] = [history_of(chip, grid, ticks)]
    return found


def dates(history: History) -> list[date]:
    """Give the days of a history."""
    return [date_of(int(day)) for day in history.days]
