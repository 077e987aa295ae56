"""STORM SCENE: what the weathers of a storm share: who there is, what indexes are worth, the words.

Takes   a way to pick (`storm.py`), a world.
Gives   a `Scene`, and the wishes of which weathers are made; `acted` lets actions follow another.
Keeps   all that is random in `pick`: a weather is the same for the same picks.
Source  Rulebook 1 to 12.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from itertools import islice
from typing import Any
from typing import NamedTuple

from chiphour.contracts.settings import PAIR_A
from chiphour.contracts.settings import PAIR_B
from chiphour.contracts.settings import PAIR_CREDIT_PPM
from chiphour.contracts.settings import VOLUME_LOTS
from chiphour.contracts.table import row_of
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.exchange.limits import INSURANCE_FUND
from chiphour.simulate.storm import ALL
from chiphour.simulate.storm import ALL_AND_ONE
from chiphour.simulate.storm import Pick
from chiphour.simulate.storm import Wish
from chiphour.simulate.storm import World
from chiphour.simulate.storm import index_value
from chiphour.units import NS_PER_SECOND
from chiphour.units import PPM

Step = tuple[str, int]
NOW: Step = ("on", 0)
NEXT_STRIKE: Step = ("strike", 0)
FACTOR = 8  # An index wanders between its first value divided and multiplied by so much.


class Scene(NamedTuple):
    """A market as a weather sees it: what is picked with, who trades, what indexes are worth."""

    pick: Pick
    world: World
    values_microusd: dict[int, int]

    def chance(self, one_in: int) -> bool:
        """Tell whether something happens that does so once in so many times."""
        return bool(self.pick(range(one_in)) == one_in - 1)

    def two(self) -> tuple[int, int]:
        """Pick two members."""
        first = self.pick(self.world.members)
        return first, self.pick([other for other in self.world.members if other != first])

    def moved_microusd(self, index: int, gap_ppm: int) -> int:
        """Move an index by so much, and give what it is worth now."""
        first = index_value(index, self.world.fix_microusd)
        value = self.values_microusd.get(index, first)
        value = max(first // FACTOR, min(first * FACTOR, value + value * gap_ppm // PPM))
        self.values_microusd[index] = value
        return value


Action = Callable[[Scene], Iterator[Wish]]


def acted(scene: Scene, actions: Sequence[Action], count: int) -> Iterator[Wish]:
    """Give `count` wishes of actions, picked one after the other."""

    def endless() -> Iterator[Wish]:
        while True:
            yield from scene.pick(actions)(scene)

    return islice(endless(), count)


# How a market begins.


def opened(scene: Scene, groups: Sequence[int], funds_microusd: Sequence[int]) -> Iterator[Wish]:
    """Open the members' accounts; the first of them is rich enough to take any other side."""
    for place, member in enumerate(scene.world.members):
        yield Wish(command(Kind.OPEN_ACCOUNT, account=member, group=scene.pick(groups)))
        amount = 10**11 if place == 0 else scene.pick(scene.world.deposits_microusd)
        yield Wish(command(Kind.DEPOSIT, account=member, amount_microusd=amount))
    fund = scene.pick(funds_microusd)
    if fund:
        yield Wish(command(Kind.DEPOSIT, account=INSURANCE_FUND, amount_microusd=fund))


def priced(scene: Scene, indexes: Sequence[int], days: int = 1) -> Iterator[Wish]:
    """Bring the fixes of the last days of these indexes."""
    for index in indexes:
        for strike in range(1 - days, 1):
            yield fixing(index, scene.moved_microusd(index, scene.pick((0, 700, -700))), strike)


def listed(contract: int, **terms: int) -> Iterator[Wish]:
    """List and open a contract; an expiry counts days from the last strike."""
    return (Wish(row) for row in listing(contract, row_of(**terms)))


def paired(credit_ppm: int, *pairs: tuple[int, int]) -> Iterator[Wish]:
    """Let indexes offset each other (rulebook 6.4)."""
    for place, (first, second) in enumerate(pairs):
        for column, value in ((PAIR_A, first), (PAIR_B, second), (PAIR_CREDIT_PPM, credit_ppm)):
            set_row = command(Kind.SET, contract=-1, parameter=column + place, value=value)
            yield Wish(set_row)


def tiered(*volumes_lots: int) -> Iterator[Wish]:
    """Set the volumes from which fees are lower (rulebook 11.3)."""
    for tier, lots in enumerate(volumes_lots):
        yield Wish(command(Kind.SET, contract=-1, parameter=VOLUME_LOTS + tier, value=lots))


# The words.


def after(seconds: int) -> Step:
    """Give the step of so many seconds."""
    return ("on", seconds * NS_PER_SECOND)


def moment(step: Step = NOW) -> Wish:
    """Let time pass."""
    return Wish(command(Kind.ADVANCE), step)


def mark(index: int, value_microusd: int, step: Step, quality: Quality = Quality.LIVE) -> Wish:
    """Publish a tick of an index, or with 0 its quality alone."""
    row = command(Kind.MARK, index=index, fit=quality, value_microusd=value_microusd)
    return Wish(row, step)


def fixing(
    index: int, value_microusd: int, strike: int = 0, vintage: Vintage = Vintage.PROVISIONAL
) -> Wish:
    """Publish a fix, or with 0 that there is none; the strike counts days from the last one."""
    columns = {"index": index, "strike_ns": strike, "vintage": vintage}
    fit = int(value_microusd > 0)
    return Wish(command(Kind.FIXING, fit=fit, value_microusd=value_microusd, **columns))


def order(account: int, contract: int, side: int, away_ticks: int, lots: int, **more: int) -> Wish:
    """Send an order, LIMIT and GTC unless told otherwise, so many ticks from the mark."""
    columns = {
        "account": account,
        "contract": contract,
        "side": side,
        "price_ticks": away_ticks,
        "lots": lots,
        "order_type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC,
    }
    return Wish(command(Kind.ORDER, **(columns | more)))


def traded(scene: Scene, contract: int, away_ticks: int, lots: int) -> Iterator[Wish]:
    """Let two members trade with each other."""
    buyer, seller = scene.two()
    sides = [(buyer, Side.BUY), (seller, Side.SELL)]
    for member, side in sides if scene.chance(2) else sides[::-1]:
        yield order(member, contract, side, away_ticks, lots)


def halted(scene: Scene, contracts: Sequence[int]) -> Iterator[Wish]:
    """Halt something, perhaps kill its orders too; sometimes resume it soon, with what waits."""
    member = scene.pick(scene.world.members) if scene.chance(4) else 0
    named = {"account": member, "contract": 0 if member else scene.pick(contracts)}
    mode = scene.pick((Mode.HALTED, Mode.HALTED, Mode.REDUCE_ONLY, Mode.NORMAL))
    yield Wish(command(Kind.HALT, mode=mode, flags=scene.pick((0, 0, 1)), **named))
    contract = named["contract"] if named["contract"] >= 0 else 0
    away = scene.pick((0, 1, -1))
    flags = scene.pick((0, Flag.REDUCE_ONLY))
    yield order(member or scene.pick(scene.world.members), contract, Side.BUY, away, 1, flags=flags)
    if mode != Mode.NORMAL and not scene.chance(8):
        yield moment(after(scene.pick((0, 1, 30))))
        yield Wish(command(Kind.HALT, mode=Mode.NORMAL, **named))


def left_with(scene: Scene) -> Iterator[Wish]:
    """Take all out of an account that may leave it, or a micro-dollar more."""
    amount: Any = scene.pick((ALL, ALL_AND_ONE, 1_000_000))
    account = scene.pick(scene.world.members)
    yield Wish(command(Kind.WITHDRAW, account=account, amount_microusd=amount))
