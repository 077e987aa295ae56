"""WORKLOAD: a buyer's bid: modes in which its work may be served, logic between them, a budget.

Takes   its JSON fields; modes are read by their own files.
Gives   `Workload`, a bid of kind "buy".
Keeps   logic a forest: one parent and one exclusive group a mode, members share their parent. A
        contradiction is refused.
Source  docs/formulation/auction.md, section 2 and equations 11, 12 and 15.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np

from chiphour.auction.bids import KINDS
from chiphour.auction.bids import MODE
from chiphour.auction.bids import OWN
from chiphour.auction.bids import Context
from chiphour.auction.bids import Mode
from chiphour.auction.bids import Offered
from chiphour.auction.exact import NOTHING
from chiphour.auction.exact import exact_sum
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import closed_object
from chiphour.auction.fields import decimal_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Violation
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.units import MICROUSD_PER_USD

if TYPE_CHECKING:
    from chiphour.auction.model import Columns
    from chiphour.auction.model import Floats

KIND = "buy"
ROLE = "bid"
MODES_MAX = 64
SPEND_PICOUSD_MAX = 10**21  # A thousand million dollars.
_TEXT = {"type": "string"}
_NAMES = {"type": "array", "items": _TEXT, "minItems": 2}
SCHEMA: dict[str, Any] = {
    "workload": closed_object({"class": _TEXT, "unit": _TEXT, "model": _TEXT, "bench": _TEXT})
    | {"required": ["class", "unit"]},
    "modes": {
        "type": "array",
        "minItems": 1,
        "maxItems": MODES_MAX,
        "items": {
            "oneOf": [
                closed_object({"type": {"const": name}, "id": _TEXT, **kind.SCHEMA})
                for name, kind in KINDS.items()
                if kind.ROLE == MODE
            ]
        },
    },
    "logic": closed_object(
        {
            "xor": {"type": "array", "items": _NAMES},
            "requires": {"type": "array", "items": _NAMES | {"maxItems": 2}},
        }
    )
    | {"required": []},
    "limits": closed_object({"spend_usd": _TEXT}),
}
OPTIONAL = ("logic", "limits")


class Facts(NamedTuple):
    """What the work is: its class, its unit; the model and the benchmark's hash, or ""."""

    work_class: str
    unit: str
    model: str
    bench: str


class Workload(NamedTuple):
    """A bid for work. `xor`: exclusive groups of modes; `requires`: (child, parent) modes.

    `spend_microusd`: the most that it pays, uplift included, or None.
    """

    id: str
    account: int
    facts: Facts
    modes: tuple[tuple[str, Mode], ...]
    xor: tuple[tuple[str, ...], ...]
    requires: tuple[tuple[str, str], ...]
    spend_microusd: int | None

    @property
    def side(self) -> int:
        """Give BUY."""
        return BUY

    @property
    def offered(self) -> Offered | None:
        """Give None: it offers nothing."""
        return None

    @property
    def hull_is_exact(self) -> bool:
        """Tell whether its relaxation is its convex hull: no budget across several modes."""
        return self.spend_microusd is None or len(self.modes) == 1

    def fields(self, grid: Grid) -> dict[str, Any]:
        """Write the bid as JSON fields, canonically."""
        facts = {"class": self.facts.work_class, "unit": self.facts.unit}
        named = {"model": self.facts.model, "bench": self.facts.bench}
        fields: dict[str, Any] = {
            "kind": KIND,
            "id": self.id,
            "account": self.account,
            "workload": facts | {name: text for name, text in named.items() if text},
            "modes": [{"type": kind, **mode.fields(grid)} for kind, mode in self.modes],
        }
        if self.xor or self.requires:
            groups = [list(group) for group in self.xor]
            links = [list(link) for link in self.requires]
            fields["logic"] = {"xor": groups, "requires": links}
        if self.spend_microusd is not None:
            spend = decimal_text(self.spend_microusd, MICROUSD_PER_USD)
            fields["limits"] = {"spend_usd": spend}
        return fields

    def lower(self, columns: "Columns") -> tuple[object, ...]:
        """Add every mode; choices and their rows where there is logic (eq. 15)."""
        from chiphour.auction.model import Budget

        budget = None
        if self.spend_microusd is not None and columns.reference is not None:
            usd = self.spend_microusd / MICROUSD_PER_USD
            budget = Budget(columns.rows(("budget", self.id), 1, -np.inf, usd), usd)
        linked = {mode for group in (*self.xor, *self.requires) for mode in group}
        chosen = {
            mode.id: columns.columns((self.id, mode.id, "chosen"), 0, np.ones(1), (), integer=True)
            for _, mode in self.modes
            if mode.id in linked
        }
        parents = dict(self.requires)
        alone = tuple((child,) for child in parents if not any(child in g for g in self.xor))
        for group in (*self.xor, *alone):
            parent = parents.get(group[0])
            most = 1 if parent is None else 0
            row = columns.rows((OWN, self.id, "logic", *group), 1, -np.inf, most)
            for mode_id in group:
                columns.put(np.array([row]), np.array([chosen[mode_id]]), 1)
            if parent is not None:
                columns.put(np.array([row]), np.array([chosen[parent]]), -1)
        return tuple(
            mode.lower(columns, self.id, budget, chosen.get(mode.id)) for _, mode in self.modes
        )

    def read(self, grid: Grid, layout: Any, primal: "Floats") -> Held:
        """Give what the solution holds for all modes together."""
        found = [
            mode.read(grid, part, primal)
            for (_, mode), part in zip(self.modes, layout, strict=True)
        ]
        traded = {key: quantity for held in found for key, quantity in held.traded.items()}
        return Held(traded, tuple(gang for held in found for gang in held.gangs))

    def needs(self, mode: str, product: str) -> Mapping[str, int]:
        """Give the units of each side resource that a chip of a mode needs beyond the bundle."""
        return next((found.needs(product) for _, found in self.modes if found.id == mode), {})

    def worth(self, context: Context, held: Held) -> Fraction:
        """Give the declared value of all modes."""
        used = _used(held)
        return exact_sum(mode.worth(context, held) for _, mode in self.modes if mode.id in used)

    def violations(self, context: Context, held: Held) -> Iterator[Violation]:
        """Yield what breaks a mode's limits or the logic between modes."""
        used = _used(held)
        if not used:
            return
        known = {mode.id for _, mode in self.modes}
        for mode_id in sorted(used - known):
            yield Violation("mode", self.id, "a mode of the bid", mode_id)
        for _, mode in self.modes:
            if mode.id in used:
                yield from mode.violations(context, self.id, held)
        for group in self.xor:
            if len(used & set(group)) > 1:
                found = " and ".join(sorted(used & set(group)))
                yield Violation("exclusive", self.id, f"one of {', '.join(group)}", found)
        for child, parent in self.requires:
            if child in used and parent not in used:
                yield Violation("requires", self.id, f"{parent} served with {child}", "it is not")

    def profit_max(self, context: Context, duals: Duals, fixed: Held | None) -> Fraction:
        """Give the best choice of modes at these prices, and what its budget's value adds."""
        used = None if fixed is None else _used(fixed)
        profit = {
            mode.id: mode.profit_max(context, self.id, duals, fixed)
            for _, mode in self.modes
            if used is None or mode.id in used or not self._is_linked(mode.id)
        }
        best = self._best(profit, None) if used is None else exact_sum(profit.values())
        if theta := duals.budgets.get(self.id, 0):
            best += Fraction(theta * (self.spend_microusd or 0), PICOS * MICROUSD_PER_USD)
        return best

    def _is_linked(self, mode: str) -> bool:
        return any(mode in group for group in (*self.xor, *self.requires))

    def _best(self, profit: Mapping[str, Fraction], parent: str | None) -> Fraction:
        """Give the best of the modes below a parent: every mode alone, one of each group."""
        if len(profit) == 1:  # One mode, that none is exclusive with and none requires.
            (own,) = profit.values()
            return own if parent is None and own.numerator > 0 else NOTHING
        parents = dict(self.requires)
        below = [mode.id for _, mode in self.modes if parents.get(mode.id) == parent]
        total = Fraction(0)
        grouped = {mode for group in self.xor for mode in group}
        groups = [group for group in self.xor if group[0] in below]
        for group in (*groups, *((mode,) for mode in below if mode not in grouped)):
            total += max(Fraction(0), *(profit[mode] + self._best(profit, mode) for mode in group))
        return total

    def declared_usd(self, grid: Grid) -> Fraction:
        """Give the most that all its modes together could ever be worth to it."""
        return sum((mode.declared_usd(grid) for _, mode in self.modes), Fraction(0))

    def open_hundredths(self, context: Context) -> int:
        """Give the most chip-hours that it could ever buy: of an exclusive group, its largest."""
        most = {mode.id: mode.open_hundredths(context) for _, mode in self.modes}
        grouped = {mode for group in self.xor for mode in group}
        alone = sum(hours for mode, hours in most.items() if mode not in grouped)
        return alone + sum(max(most[mode] for mode in group) for group in self.xor)

    def scaled(self, share_ppb: int) -> "Workload":
        """Give the same bid at a share of its values, in 10^-9 (eq. 11)."""
        return self._replace(
            modes=tuple((kind, mode.scaled(share_ppb)) for kind, mode in self.modes)
        )

    def tops_picousd(self, grid: Grid) -> Mapping[str, int]:
        """Give the greatest size of its price for a chip-hour of each product."""
        (_, first), *others = self.modes
        if not others:
            return first.tops_picousd(grid)
        found = dict(first.tops_picousd(grid))
        for _, mode in others:
            for product, picousd in mode.tops_picousd(grid).items():
                found[product] = max(found.get(product, 0), picousd)
        return found


def _used(held: Held) -> set[str]:
    """Give the modes in which something is held."""
    return {key.mode for key in held.traded} | {gang.mode for gang in held.gangs}


def read(fields: Fields, context: Context) -> Workload:
    """Read a buyer's bid; raises RequestMalformed with the field at fault."""
    modes = fields.each("modes", lambda mode: _read_mode(mode, context))
    ids = [mode.id for _, mode in modes]
    if not modes or len(set(ids)) < len(ids) or len(ids) > MODES_MAX:
        raise fields.refuse("modes", f"1 to {MODES_MAX} modes, each id once", len(ids))
    xor, requires = _read_logic(fields, set(ids)) if fields.has("logic") else ((), ())
    whole = {mode.id for _, mode in modes if mode.is_whole}
    for child, parent in requires:
        if parent not in whole:
            expected = f"{child} to require a mode that is served whole or not at all"
            raise fields.refuse("logic.requires", expected, parent)
    facts = fields.object("workload")
    named = Facts(
        facts.name("class"),
        facts.name("unit"),
        facts.name("model") if facts.has("model") else "",
        facts.name("bench") if facts.has("bench") else "",
    )
    facts.exhausted()
    spend_microusd = None
    if fields.has("limits"):
        limits = fields.object("limits")
        spend_picousd = limits.positive_picos("spend_usd")
        spend, rest = divmod(spend_picousd, PICOS // MICROUSD_PER_USD)
        if rest or spend_picousd > SPEND_PICOUSD_MAX:
            found = decimal_text(spend_picousd, PICOS)
            raise limits.refuse("spend_usd", "whole micro-dollars within bounds", found)
        spend_microusd = spend
        limits.exhausted()
    ordered = tuple(sorted(modes, key=lambda mode: mode[1].id))
    bid_id, account = fields.name("id"), fields.account("account")
    return Workload(bid_id, account, named, ordered, xor, requires, spend_microusd)


def _read_mode(fields: Fields, context: Context) -> tuple[str, Mode]:
    kinds = {name: kind for name, kind in KINDS.items() if kind.ROLE == MODE}
    kind = fields.text("type")
    if kind not in kinds:
        raise fields.refuse("type", " or ".join(kinds), kind)
    mode: Mode = kinds[kind].read(fields, context)
    return kind, mode


def _read_logic(
    fields: Fields, ids: set[str]
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, str], ...]]:
    logic = fields.object("logic")
    groups = _read_names(logic, "xor", ids)
    links = _read_names(logic, "requires", ids)
    logic.exhausted()
    if any(len(link) != 2 for link in links):
        raise logic.refuse("requires", "pairs of a mode and the one it requires", "others")
    parents = {link[0]: link[1] for link in links}
    members = [mode for group in groups for mode in group]
    if len(set(members)) < len(members) or len(parents) < len(links):
        raise logic.refuse("xor", "one exclusive group and one parent for each mode", "more")
    for group in groups:
        if len({parents.get(mode) for mode in group}) > 1:
            raise logic.refuse("xor", "members that share their parent", list(group))
    for mode in parents:
        above, seen = parents.get(mode), {mode}
        while above is not None:
            if above in seen:
                raise logic.refuse("requires", "no mode that requires itself", mode)
            seen.add(above)
            above = parents.get(above)
    return groups, tuple(sorted((child, parent) for child, parent in parents.items()))


def _read_names(fields: Fields, name: str, ids: set[str]) -> tuple[tuple[str, ...], ...]:
    groups = fields.raw(name) if fields.has(name) else []
    if not isinstance(groups, list):
        raise fields.refuse(name, "a list of lists of modes", groups)
    for group in groups:
        known = isinstance(group, list) and all(isinstance(m, str) and m in ids for m in group)
        if not known or len(group) < 2:
            raise fields.refuse(name, "lists of two or more modes of the bid", group)
        if len(set(group)) < len(group):
            raise fields.refuse(name, "each mode once", group)
    kept = [tuple(group) if name == "requires" else tuple(sorted(group)) for group in groups]
    return tuple(sorted(kept))
