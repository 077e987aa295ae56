"""REFERENCE FEES: what a fill costs, and the volumes that make it cheaper.

Takes   fills; the sweep of 00:30.
Gives   the fee and the rebate of a fill, posted; the tier of an account.
Keeps   what takers pay, less what makers receive, in the account FEES.
Source  Rulebook 9.16 and 11.
"""

from chiphour.contracts import settings
from chiphour.contracts import table
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reference_floor import Floor
from chiphour.units import NS_PER_DAY

VOLUME_DAYS = 30
_FREE = (Cause.LIQUIDATION, Cause.DELEVERAGING)  # Rulebook 11.2.


class FeeSide(Floor):
    """Fees and tiers."""

    def charge(
        self, taker: int, maker: int, contract: int, lots: int, cause: Cause
    ) -> tuple[int, int]:
        """Take the fees of a fill and count its lots; give what the taker paid, the maker received.

        Of a block the maker pays as the taker does: what it received is negative (9.16, 11.1).
        """
        for account in (taker, maker):
            self.state.accounts[account].lots_today += lots
        if cause in _FREE:
            return 0, 0
        row = self.state.row(contract)
        worth = row[table.BASE_MICROUSD] * lots
        whole = rules.ppm_up(worth, row[table.TAKER_FEE_PPM])
        fee = self._fee_of(taker, whole)
        if cause == Cause.BLOCK:
            rebate = -self._fee_of(maker, whole)
        else:
            rebate = min(fee, rules.ppm_down(worth, row[table.MAKER_REBATE_PPM]))
        self.state.post(taker, -fee)
        self.state.post(maker, rebate)
        self.state.post(bounds.FEES, fee - rebate)
        return fee, rebate

    def _fee_of(self, account: int, whole_microusd: int) -> int:
        """Give an account's share of a whole fee, by its tier (rulebook 11.1)."""
        tier = self.state.accounts[account].tier
        return rules.ppm_up(whole_microusd, self.state.settings[settings.FEE_SHARE_PPM + tier])

    def roll_volumes(self, account: int) -> bool:
        """Close an account's day of volume and find its tier; tell whether it changed (11.3)."""
        holder = self.state.accounts[account]
        instant_ns = self.state.sweep_ns
        assert instant_ns is not None
        holder.volumes[instant_ns // NS_PER_DAY % VOLUME_DAYS] = holder.lots_today
        holder.lots_today = 0
        lots = sum(holder.volumes.values())
        least = self.state.settings[settings.VOLUME_LOTS : settings.VOLUME_LOTS + settings.TIERS]
        tier = max((t for t, least_lots in enumerate(least) if lots >= least_lots), default=0)
        if tier == holder.tier:
            return False
        holder.tier = tier
        self._emit(Event.TIER_SET, account=account, value=tier)
        return True
