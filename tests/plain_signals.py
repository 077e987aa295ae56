"""PLAIN_SIGNALS: the figures of `chiphour signals` again, from lines of CSV, with no database.

Takes   lines of CSV with the columns of COLUMNS: the observations as they lie in an archive.
Gives   dictionaries under the names of the JSON that `chiphour signals` prints.
Keeps   another way than the program's: lists in place of sums, a day left out and everything
        fitted again, `statistics` in place of formulas.
Source  Decision 0042.
"""

import csv
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from itertools import pairwise
from math import exp
from math import inf
from math import log
from math import sqrt
from statistics import fmean
from statistics import linear_regression
from statistics import mean
from statistics import median
from statistics import quantiles
from statistics import stdev

COLUMNS = (
    *("source", "venue", "feed", "kind", "chip", "form", "tenor"),
    *("price_nanousd", "gpus", "machine_key", "host_key", "flags", "observed_ns"),
)
HOUR = 3_600 * 10**9
DAY = 24 * HOUR
FINE = {"CARRIED", "COMPARISON", "FX_UPSTREAM", "REGION_UNKNOWN"}


class Plain:
    """The rows that count, read from CSV; `register` has role, owner, stale_ns for each venue."""

    def __init__(self, lines, register):
        self.rows = []
        self.free = []
        self.polls = []
        for row in csv.DictReader(lines):
            known = register.get(row["venue"])
            if known is None or known["role"] != "eligible":
                continue
            flags = set(row["flags"].split())
            row |= {name: int(row[name]) for name in ("price_nanousd", "gpus", "observed_ns")}
            row["stale_ns"] = min(known["stale_ns"], DAY)
            row["rank"] = 0 if row["source"] == row["venue"] else 2 if "COMPARISON" in flags else 1
            row["own"], row["venue"] = row["source"] == row["venue"], known["owner"]
            if row["kind"] in ("ask", "list", "stock"):
                self.polls.append(row)
            if flags - FINE or row["tenor"] not in ("SPOT", "OD") or row["form"] == "UNKNOWN":
                continue
            if "COMPARISON" not in flags and (
                row["kind"] == "stock" or (row["kind"], row["feed"]) == ("ask", "book")
            ):
                self.free.append(row)
            if row["kind"] in ("ask", "list") and row["price_nanousd"] > 0:
                row["rate"] = row["price_nanousd"] // row["gpus"]
                self.rows.append(row)

    def cells(self, good, from_ns, at_ns):
        """Give (tenor, venue, hour) -> the rates of the nearest source."""
        by = defaultdict(lambda: defaultdict(list))
        for row in self.rows:
            if (row["chip"], row["form"]) == good and from_ns <= row["observed_ns"] <= at_ns:
                key = (row["tenor"], row["venue"], row["observed_ns"] // HOUR)
                by[key][row["rank"]].append(row["rate"])
        return {key: of[min(of)] for key, of in by.items()}

    def latest(self, good, at_ns):
        """Give (tenor, venue) -> the rows of its last poll."""
        last = {}
        for row in self.polls:
            if at_ns - row["stale_ns"] <= row["observed_ns"] <= at_ns:
                key = (row["source"], row["venue"])
                last[key] = max(last.get(key, 0), row["observed_ns"])
        by = defaultdict(list)
        for row in self.rows:
            poll = last.get((row["source"], row["venue"]))
            here = (row["chip"], row["form"]) == good and row["observed_ns"] <= at_ns
            if here and poll and row["observed_ns"] > poll - HOUR:
                by[row["tenor"], row["venue"], row["rank"], row["source"]].append(row)
        found = defaultdict(dict)
        for (tenor, venue, rank, _), rows in by.items():
            newest = max(row["observed_ns"] for row in rows)
            kept = [row for row in rows if row["observed_ns"] == newest]
            found[tenor, venue].setdefault(rank, []).extend(kept)
        return {key: of[min(of)] for key, of in sorted(found.items())}

    def signal(self, good, at_ns):
        """Give what `chiphour signals CHIP --json` prints, but for verdicts and words."""
        latest = self.latest(good, at_ns)
        return {
            "prices": [price_of(key, rows) for key, rows in latest.items()],
            "changes": self.changes(good, at_ns, latest),
            "deltas": deltas_of(latest),
            "supply": self.supply(good, at_ns),
            "volatility": volatility_of(self.cells(good, at_ns - 30 * DAY, at_ns), at_ns),
            "tod": tod_of(self.cells(good, at_ns - 30 * DAY, at_ns)),
            "floors": floors_of(self.cells(good, at_ns - 30 * DAY, at_ns)),
        }

    def changes(self, good, at_ns, latest):
        cells = self.cells(good, at_ns - 9 * DAY, at_ns)
        found = []
        for tenor, venue in latest:
            rows = latest[tenor, venue]
            now = round(Fraction(sum(row["rate"] for row in rows), len(rows)))
            here = max(row["observed_ns"] for row in rows) // HOUR
            past = {
                hour: sum(of) // len(of)
                for (t, v, hour), of in cells.items()
                if (t, v) == (tenor, venue) and here - 168 <= hour < here
            }
            day = [price for hour, price in past.items() if hour >= here - 24]
            week = list(past.values()) if len({hour // 24 for hour in past}) >= 2 else []
            found.append((tenor, venue, now, day, week, len(past)))
        out = [change(t, v, now, day, week, n) for t, v, now, day, week, n in found]
        for tenor in sorted({each[0] for each in found}):
            out.append(together(tenor, [each for each in out if each["tenor"] == tenor]))
        return out

    def supply(self, good, at_ns):
        moments = [self.free_at(good, moment) for moment in (at_ns, at_ns - DAY)]
        found = []
        for venue, (time_ns, hosts) in sorted(moments[0].items()):
            before = moments[1].get(venue)
            named = {host: gpus for host, gpus in hosts.items() if host}
            now, then = sum(hosts.values()), before and sum(before[1].values())
            found.append(
                {
                    "venue": venue,
                    "observed_ns": time_ns,
                    "hosts": len(named) or None,
                    "gpus": now,
                    "largest_host_gpus": max(named.values()) if named else None,
                    "gpus_day_before": then,
                    "gpus_change": None if then is None else now - then,
                }
            )
        return found

    def free_at(self, good, at_ns):
        """Give venue -> (time, GPUs of each host) at the last poll of its best source."""
        last = {}
        for row in self.free:
            if at_ns - row["stale_ns"] <= row["observed_ns"] <= at_ns:
                key = (row["source"], row["venue"])
                last[key] = max(last.get(key, 0), row["observed_ns"])
        by = defaultdict(list)
        for row in self.free:
            poll = last.get((row["source"], row["venue"]))
            here = (row["chip"], row["form"]) == good
            if here and poll and poll - HOUR < row["observed_ns"] <= poll:
                by[row["venue"], row["kind"], not row["own"], row["source"]].append(row)
        found = {}
        for (venue, kind, _, _), rows in sorted(by.items()):
            newest = max(row["observed_ns"] for row in rows)
            hosts, machines = defaultdict(int), {}
            for row in rows:
                if row["observed_ns"] != newest:
                    continue
                if kind == "stock":
                    hosts[""] += row["gpus"]
                    continue
                gpus, host = machines.get(row["machine_key"], (0, ""))
                most = (max(gpus, row["gpus"]), max(host, row["host_key"]))
                machines[row["machine_key"]] = most
            for gpus, host in machines.values():
                hosts[host] += gpus
            found.setdefault(venue, (newest, dict(hosts)))
        return found


def usd(nanousd):
    return None if nanousd is None else f"{Decimal(nanousd) / 10**9:.9f}"


def ppm(change, of):
    return round(Fraction(change * 10**6, of)) / 10**6


def price_of(key, rows):
    rates = [row["rate"] for row in rows]
    hosts = len({row["host_key"] for row in rows if row["host_key"]})
    return {
        "tenor": key[0],
        "venue": key[1],
        "floor_usd": usd(min(rates)),
        "mean_usd": usd(round(mean(map(Fraction, rates)))),
        "ceiling_usd": usd(max(rates)),
        "spread_usd": usd(max(rates) - min(rates)),
        "offers": len(rates),
        "hosts": hosts or None,
    }


def change(tenor, venue, now, day, week, week_samples):
    out = {"tenor": tenor, "venue": venue, "now_nanousd": now}
    for name, prices, count in (("day", day, len(day)), ("week", week, week_samples)):
        before = round(mean(map(Fraction, prices))) if prices else None
        out |= past(name, now, before, count)
    return out


def past(name, now, before, count):
    known = before is not None
    return {
        f"{name}_before_nanousd": before,
        f"{name}_change_nanousd": now - before if known else None,
        f"{name}_change_ratio": ppm(now - before, before) if known else None,
        f"{name}_samples": count,
    }


def together(tenor, each):
    now = round(mean(Fraction(one["now_nanousd"]) for one in each))
    out = {"tenor": tenor, "venue": "", "now_nanousd": now}
    for name in ("day", "week"):
        pairs = [
            (one["now_nanousd"], one[f"{name}_before_nanousd"])
            for one in each
            if one[f"{name}_before_nanousd"] is not None
        ]
        if not pairs:
            out |= past(name, now, None, 0)
            continue
        after, before = (round(mean(map(Fraction, side))) for side in zip(*pairs, strict=True))
        out |= past(name, after, before, len(pairs))
    return out


def deltas_of(latest):
    found = []
    for tenor in ("", *sorted({key[0] for key in latest})):
        floors = {}
        for (t, venue), rows in latest.items():
            if tenor in ("", t):
                floor = min(row["rate"] for row in rows)
                floors[venue] = min(floor, floors.get(venue, floor))
        for (cheap, one), (dear, other) in combinations(
            sorted((floor, venue) for venue, floor in floors.items()), 2
        ):
            fee = -(-(cheap + dear) * 500 // 10**6)
            found.append(
                {
                    "tenor": tenor,
                    "cheap_venue": one,
                    "dear_venue": other,
                    "delta_usd": usd(dear - cheap),
                    "delta_ratio": ppm(2 * (dear - cheap), dear + cheap),
                    "after_fees_usd": usd(dear - cheap - fee),
                }
            )
    return found


def market_of(cells):
    """Give hour -> the mean over venues and tenors of each one's mean."""
    by = defaultdict(list)
    for (_, _, hour), rates in cells.items():
        by[hour].append(sum(rates) // len(rates))
    return {hour: sum(means) // len(means) for hour, means in sorted(by.items())}


def interval(days, of):
    """Leave out a day at a time and do everything again."""
    value, without = of(set()), [of({day}) for day in days]
    middle = fmean(without)
    error = sqrt((len(days) - 1) / len(days) * sum((one - middle) ** 2 for one in without))
    return value, value - 1.6448536269514722 * error, value + 1.6448536269514722 * error


def deviation_about_trends(panels, left_out):
    """Fit a line to each panel's logarithms; pool what is left."""
    squares, freedom = 0.0, 0
    for points in panels:
        kept = [(t, y) for t, y in points if t // 24 not in left_out]
        if len(kept) > 2:
            hours, logs = zip(*kept, strict=True)
            line = linear_regression(hours, logs)
            squares += sum((y - line.slope * t - line.intercept) ** 2 for t, y in kept)
            freedom += len(kept) - 2
    return sqrt(squares / freedom)


def panels_of(cells, least=10):
    by = defaultdict(list)
    for (tenor, venue, hour), rates in sorted(cells.items()):
        by[tenor, venue].append((hour, log(sum(rates) // len(rates))))
    return [points for points in by.values() if len(points) >= least]


def variation_of(panels, samples_min):
    days = sorted({hour // 24 for points in panels for hour, _ in points})
    if len(days) < 14 or sum(map(len, panels)) < samples_min:
        return None
    value, low, high = interval(days, lambda out: deviation_about_trends(panels, out))
    return value, max(low, 0.0), high


def volatility_of(cells, at_ns):
    market = market_of(cells)
    if not market:
        return None
    prices = list(market.values())
    deviation = float(stdev(map(Fraction, prices))) / 1e9 if len(prices) > 1 else None
    found = variation_of(panels_of(cells), 28) or (None, None, None)
    return {
        "samples": len(prices),
        "days": len({hour // 24 for hour in market}),
        "mean_usd": usd(round(mean(map(Fraction, prices)))),
        "sd_usd": deviation,
        "cv": None if deviation is None else deviation / (float(mean(prices)) / 1e9),
        "log_variation": found[0],
        "low": found[1],
        "high": found[2],
    }


def tod_of(cells):
    market = market_of(cells)
    if not market:
        return None
    by = defaultdict(list)
    for hour, price in market.items():
        by[hour % 24].append(price)
    means = {of_day: round(mean(map(Fraction, prices))) for of_day, prices in sorted(by.items())}
    swing = None
    if len(means) > 1:
        spread = max(means.values()) - min(means.values())
        swing = float(Fraction(spread * len(means), sum(means.values())))
    days = defaultdict(dict)
    for (tenor, venue, hour), rates in cells.items():
        days[tenor, venue, hour // 24][hour % 24] = log(sum(rates) // len(rates))
    whole = {key: of for key, of in days.items() if len(of) >= 20}
    numbers = sorted({key[2] for key in whole})
    found = (None, None, None)
    if len(numbers) >= 7:
        value, low, high = interval(numbers, lambda out: swing_of(whole, out))
        found = (value, max(low, 0.0), high)
    return {
        "hours": [
            {"hour_utc": of_day, "mean_usd": usd(price), "samples": len(by[of_day])}
            for of_day, price in means.items()
        ],
        "days": len({hour // 24 for hour in market}),
        "swing": swing,
        "whole_days": len(numbers),
        "matched_swing": found[0],
        "low": found[1],
        "high": found[2],
    }


def swing_of(whole, left_out):
    by = defaultdict(list)
    for (_, _, day), of in whole.items():
        if day not in left_out:
            middle = fmean(of.values())
            for of_day, y in of.items():
                by[of_day].append(y - middle)
    means = [fmean(each) for each in by.values()]
    return exp(max(means) - min(means)) - 1


def floors_of(cells):
    least = {}
    for (_, venue, hour), rates in cells.items():
        least[hour] = min(least.get(hour, (inf, "")), (min(rates), venue))
    if not least:
        return None
    trend = None
    if len(least) >= 14 and len({hour // 24 for hour in least}) >= 7:
        hours = sorted(least)
        trend = linear_regression(
            [hour / 24 for hour in hours], [log(least[hour][0]) for hour in hours]
        ).slope
    return {
        "points": [
            {"floor_usd": usd(floor), "venue": venue} for _, (floor, venue) in sorted(least.items())
        ],
        "trend_per_day": trend,
    }


def viability_of(cells):
    """Give the figures of the viability report for one good."""
    by = defaultdict(dict)
    for (tenor, venue, hour), rates in sorted(cells.items()):
        by[tenor, venue][hour] = min(rates)
    pairs = []
    for (one, left), (other, right) in combinations(by.items(), 2):
        if one[0] == other[0]:
            common = sorted(left.keys() & right.keys())
            pairs.append(steps_of([(h, left[h], right[h]) for h in common]))
    pairs = [pair for pair in pairs if len(pair["steps"]) >= 14]
    gaps = [gap for pair in pairs for gap in pair["gaps"]]
    venues = defaultdict(set)
    for tenor, venue in by:
        venues[tenor].add(venue)
    out = {
        "days": len({hour // 24 for _, _, hour in cells}),
        "venues": max(map(len, venues.values())),
        "samples": len(cells),
        "pairs": len(pairs),
        "pair_hours": len(gaps),
        "share_above_fees": fmean(gap > 0 for gap in gaps) if gaps else None,
        "gap": median(max(gap, 0.0) for gap in gaps) if gaps else None,
        "variation": variation_of(panels_of(cells), 0),
        "skill_steps": sum(len(pair["steps"]) - len(pair["steps"]) // 2 for pair in pairs),
    }
    halves = sorted(filter(lambda x: x is not None, (half_life_of(pair) for pair in pairs)))
    out["half_life"] = None
    if len(halves) >= 3 and halves[len(halves) // 4] == inf:
        out["half_life"] = (inf, inf, inf)
    elif len(halves) >= 3:
        low, middle, high = quantiles([min(h, 1e7) for h in halves], n=4, method="inclusive")
        out["half_life"] = tuple(inf if h > 1e6 else h for h in (middle, low, high))
    return out | {"skill": skill_of(pairs)}


def steps_of(points):
    gaps = [2 * abs(a - b) / (a + b) - 0.001 for _, a, b in points]
    hourly = [(p, q) for p, q in pairwise(points) if q[0] - p[0] == 1]
    steps, unit = hourly, 1
    if len(hourly) < 48:
        days = {p[0] // 24: p for p in points}
        steps = [(p, days[day + 1]) for day, p in days.items() if day + 1 in days]
        unit = 24
    return {
        "gaps": gaps,
        "unit": unit,
        "steps": [(log(p[1] / p[2]), log(q[1] / q[2]), q[0] // 24) for p, q in steps],
    }


def part_of(steps):
    x, y = [s[0] for s in steps], [s[1] for s in steps]
    middle = fmean(x)
    if len(x) < 3 or sum((each - middle) ** 2 for each in x) < 1e-12:
        return None
    slope = linear_regression(x, y).slope
    return slope + (1 + 3 * slope) / len(x)


def half_life_of(pair):
    part = part_of(pair["steps"])
    if part is None:
        return None
    if part >= 1:
        return inf
    return pair["unit"] * log(0.5) / log(part) if part > 0 else 0.0


def skill_of(pairs):
    errors = []
    for pair in pairs:
        half = len(pair["steps"]) // 2
        early, late = pair["steps"][:half], pair["steps"][half:]
        part = part_of(early)
        for x, y, day in late:
            guess = x
            if part is not None:
                middle = fmean(s[0] for s in early)
                guess = fmean(s[1] for s in early) + min(max(part, 0), 1) * (x - middle)
            errors.append((day, (y - guess) ** 2, (y - x) ** 2))
    days = sorted({day for day, _, _ in errors})
    walk = defaultdict(float)
    for day, _, square in errors:
        walk[day] += square
    if len(errors) < 30 or sum(each > 1e-12 for each in walk.values()) < 10:
        return None

    def skill(out):
        kept = [(ours, walk) for day, ours, walk in errors if day not in out]
        return 1 - sum(a for a, _ in kept) / sum(b for _, b in kept)

    return interval(days, skill)
