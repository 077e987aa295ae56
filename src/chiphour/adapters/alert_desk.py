"""ALERT_DESK: rules are judged once an hour, and what begins is delivered.

Takes   the alerts of a folder; questions for the hour's answers and for series without a fix; the
        hosts that may be sent to.
Gives   `AlertDesk`: `judge`, `deliver`; the body that a receiver gets; a channel of each chip.
Keeps   a receiver that is slow or fails from holding up another: SENDERS go at once, each within
        its deadline, and what was not taken waits for its turn. The id in the body is the same at
        every attempt, so that a receiver that got it twice can tell.
Source  Decision 0042.
"""

import asyncio
import json
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from collections.abc import Set

from chiphour.adapters.alerts import Alerts
from chiphour.adapters.alerts import Made
from chiphour.adapters.alerts import Waiting
from chiphour.adapters.feed import Family
from chiphour.adapters.feed import Source
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.gateway import Heard
from chiphour.adapters.rpc import Asker
from chiphour.adapters.webhooks import SIGNATURE
from chiphour.adapters.webhooks import AddressForbidden
from chiphour.adapters.webhooks import send
from chiphour.adapters.webhooks import signature
from chiphour.adapters.webhooks import target_of
from chiphour.analyse.alerts import KINDS
from chiphour.analyse.alerts import Alert
from chiphour.analyse.goods import GoodUnknown
from chiphour.analyse.goods import good_named
from chiphour.analyse.questions import Answers
from chiphour.index.series import BY_SLUG
from chiphour.units import NS_PER_SECOND
from chiphour.units import div_floor
from chiphour.units import iso_from_ns
from chiphour.units import text_from_nanousd

SENDERS = 8
LOOKED_EVERY_TURNS = 10  # Of the feed's timer: a channel is told of an alert within a second.
Judging = Callable[[], tuple[Answers, Mapping[str, bool]]]


class AlertDesk:
    """The alerts of one server."""

    def __init__(self, alerts: Alerts, judging: Judging, allowed: Set[str] = frozenset()) -> None:
        """Judge what `judging` gives; send to the hosts that are allowed."""
        self.alerts, self.allowed = alerts, frozenset(allowed)
        self._judging = judging
        self._judged_ns = -1
        self.newest = max((made.number for made in alerts.made("", 1)), default=0)

    def judge(self) -> list[Made]:
        """Judge every rule, once for each time of answers; raises as the answers do."""
        answers, suppressed = self._judging()
        if answers.at_ns == self._judged_ns:
            return []
        found = self.alerts.judge(answers, suppressed)
        self._judged_ns = answers.at_ns
        public = [made.number for made in found if made.alert.rule.owner == ""]
        self.newest = max([self.newest, *public])
        return found

    async def deliver(self, now_ns: int) -> int:
        """Make one attempt at each delivery that is due, at most SENDERS; give how many."""
        due = await asyncio.to_thread(self.alerts.waiting, now_ns, SENDERS)
        await asyncio.gather(*(self._deliver(each, now_ns) for each in due))
        return len(due)

    async def _deliver(self, each: Waiting, now_ns: int) -> None:
        body = body_of(each.number, each.alert)
        signed = signature(each.secret, div_floor(now_ns, NS_PER_SECOND), body)
        try:
            by_operator = each.alert.rule.owner == ""
            target = target_of(each.url, self.allowed, by_operator)
            fault = await send(target, self.allowed, body, {SIGNATURE: signed})
        except AddressForbidden as forbidden:  # The operator allows it no more.
            fault = str(forbidden)
        await asyncio.to_thread(self.alerts.tried, each.number, now_ns, not fault)

    def family(self, gateway: Gateway, words: Sequence[str], asker: Asker) -> Source | None:
        """Give the source of the channel `alerts.CHIP`, `alerts.SERIES` or `alerts.any`."""
        if len(words) != 1:
            return None
        subject = words[0].lower()
        if subject != "any" and subject not in BY_SLUG:
            try:
                subject = good_named(subject).slug
            except GoodUnknown:
                return None
        return _Channel(self, "" if subject == "any" else subject)

    @property
    def families(self) -> dict[str, Family]:
        """Give the channels by the first word of their names."""
        return {"alerts": self.family}


class _Channel:
    """The operator's alerts on one subject, or "" for all: each once, as it is made."""

    begins_anew = False

    def __init__(self, desk: AlertDesk, subject: str) -> None:
        self._desk, self._subject, self._last = desk, subject, desk.newest

    def first(self) -> object | None:
        """Tell nothing: what was before is in the feed."""
        return None

    def hear(self, heard: Heard) -> Iterable[object]:
        """Frames make no alerts."""
        return ()

    def flush(self) -> Iterable[object]:
        """Give what was made since."""
        if self._desk.newest == self._last:
            return ()
        after, self._last = self._last, self._desk.newest
        made = self._desk.alerts.made("", 100, after)
        return [
            object_of(each.number, each.alert)
            for each in reversed(made)
            if self._subject in ("", each.alert.rule.subject) and each.number <= self._last
        ]

    def tick(self, turn: int) -> Iterable[object]:
        """Look once a second."""
        return self.flush() if turn % LOOKED_EVERY_TURNS == 0 else ()


def body_of(number: int, alert: Alert) -> bytes:
    """Give what a receiver gets."""
    return json.dumps(object_of(number, alert), separators=(",", ":")).encode()


def object_of(number: int, alert: Alert) -> dict[str, object]:
    """Give an alert as an object; amounts as decimal text, GPUs as a number."""
    rule = alert.rule
    assert rule.kind in KINDS
    in_usd = rule.kind in ("price", "spread")
    return {
        "id": number,
        "rule": rule.id,
        "kind": rule.kind,
        "subject": rule.subject,
        "side": rule.side,
        "threshold": text_from_nanousd(rule.threshold) if in_usd else str(rule.threshold),
        "value": text_from_nanousd(alert.value) if in_usd else str(alert.value),
        "time": iso_from_ns(alert.time_ns),
        "text": alert.text,
    }
