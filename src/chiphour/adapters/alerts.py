"""ALERTS: rules that are kept, the alerts they made, and what is still to be delivered.

Takes   a data folder; rules of members and of the operator; the answers of each hour.
Gives   `Alerts`: rules, alerts, deliveries with their attempts.
Keeps   a rule's state, an alert and its delivery in one transaction: after a stop none is lost and
        none is made twice. At most RULES_MAX rules of one owner, QUEUE_MAX deliveries that wait,
        ALERTS_MAX alerts: the oldest go. The file is its owner's alone, since secrets lie in it.
Source  Decision 0042.

    MarketError
    └── AlertsRefused    too many rules, a rule that is not there, a file that cannot be used
"""

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from typing import cast

from chiphour.analyse.alerts import Alert
from chiphour.analyse.alerts import Kind
from chiphour.analyse.alerts import Rule
from chiphour.analyse.alerts import Side
from chiphour.analyse.alerts import checked
from chiphour.analyse.alerts import step
from chiphour.analyse.questions import Answers
from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND

NAME = "alerts.db"
RULES_MAX = 100  # Of one owner.
QUEUE_MAX = 1_000
ALERTS_MAX = 10_000
ATTEMPTS_MAX = 8
BACKOFF_NS = 10 * NS_PER_SECOND  # Twice as long after each attempt ...
BACKOFF_NS_MAX = NS_PER_HOUR  # ... up to this.
SECRET_BYTES = 32

_TABLES = """
CREATE TABLE IF NOT EXISTS rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, kind TEXT NOT NULL,
    subject TEXT NOT NULL, side TEXT NOT NULL, threshold INTEGER NOT NULL, url TEXT NOT NULL,
    secret TEXT NOT NULL, holds INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS alerts (
    number INTEGER PRIMARY KEY AUTOINCREMENT, rule INTEGER NOT NULL, owner TEXT NOT NULL,
    kind TEXT NOT NULL, subject TEXT NOT NULL, side TEXT NOT NULL, threshold INTEGER NOT NULL,
    time_ns INTEGER NOT NULL, value INTEGER NOT NULL, text TEXT NOT NULL,
    delivery TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_ns INTEGER NOT NULL DEFAULT 0,
    url TEXT NOT NULL, secret TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS alerts_waiting ON alerts (delivery, next_ns);
"""
_RULE = "id, owner, kind, subject, side, threshold"


class AlertsRefused(MarketError):
    """Too many rules, a rule that is not there, or a file that cannot be used."""


class Hooked(NamedTuple):
    """A rule with the address that it is told to, "" for none."""

    rule: Rule
    url: str
    holds: bool


class Made(NamedTuple):
    """An alert with its number, and how its delivery fares.

    `delivery` is "none" where the rule has no address, "waiting", "delivered", "given up" after
    ATTEMPTS_MAX attempts, or "dropped" where too many waited.
    """

    number: int
    alert: Alert
    delivery: str
    attempts: int


class Waiting(NamedTuple):
    """An alert that is to be delivered."""

    number: int
    alert: Alert
    attempts: int
    url: str
    secret: str


class Alerts:
    """The alerts of a data folder. Safe from many threads."""

    def __init__(self, folder: Path) -> None:
        """Open or make the file; raises AlertsRefused."""
        self.path = folder / NAME
        self._turn = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._database = sqlite3.connect(
                self.path, check_same_thread=False, isolation_level=None
            )
            self._database.executescript("PRAGMA journal_mode=WAL;" + _TABLES)
        except (OSError, sqlite3.Error) as fault:
            raise AlertsRefused(f"{self.path}: expected alerts, found: {fault}") from None

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def add(self, rule: Rule, url: str = "") -> tuple[Rule, str]:
        """Keep a rule; give it with its id, and the secret that signs what is sent to its address.

        Raises RuleRefused, GoodUnknown, AlertsRefused.
        """
        rule, secret = checked(rule), secrets.token_hex(SECRET_BYTES) if url else ""
        with self._writing() as database:
            count = "SELECT count(*) FROM rules WHERE owner = ?"
            if database.execute(count, (rule.owner,)).fetchone()[0] >= RULES_MAX:
                raise AlertsRefused(f"expected at most {RULES_MAX} rules, found as many already")
            names = "owner, kind, subject, side, threshold, url, secret"
            made = database.execute(
                f"INSERT INTO rules ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*rule[1:], url, secret),
            )
            return rule._replace(id=made.lastrowid or 0), secret

    def remove(self, owner: str, rule_id: int) -> None:
        """Forget a rule of an owner, and what of it still waits; raises AlertsRefused."""
        with self._writing() as database:
            gone = "DELETE FROM rules WHERE id = ? AND owner = ?"
            if not database.execute(gone, (rule_id, owner)).rowcount:
                raise AlertsRefused(f"expected the id of a rule of yours, found {rule_id}")
            dropped = (
                "UPDATE alerts SET delivery = 'dropped' WHERE rule = ? AND delivery = 'waiting'"
            )
            database.execute(dropped, (rule_id,))

    def rules(self, owner: str | None = None) -> list[Hooked]:
        """Give the rules of an owner, or all, by id."""
        wanted = f"SELECT {_RULE}, url, holds FROM rules WHERE ?1 IS NULL OR owner = ?1 ORDER BY id"
        with self._turn:
            rows = self._database.execute(wanted, (owner,)).fetchall()
        return [Hooked(Rule(*row[:6]), row[6], bool(row[7])) for row in rows]

    def judge(self, answers: Answers, suppressed: Mapping[str, bool]) -> list[Made]:
        """Make the alerts that begin, and remember which rules hold; give them."""
        hooked = self.rules()
        holding = {each.rule.id for each in hooked if each.holds}
        begun, now = step([each.rule for each in hooked], holding, answers, suppressed)
        with self._writing() as database:
            changed = [(each.rule.id in now, each.rule.id) for each in hooked]
            database.executemany("UPDATE rules SET holds = ? WHERE id = ?", changed)
            first = database.execute("SELECT coalesce(max(number), 0) FROM alerts").fetchone()[0]
            for alert in begun:
                _insert(database, alert)
            _bound(database)
        return [made for made in self.made(None, len(begun)) if made.number > first]

    def made(self, owner: str | None, last: int, after: int = 0) -> list[Made]:
        """Give the last alerts of an owner ("" for the operator's, None for all), latest first."""
        names = "number, rule, owner, kind, subject, side, threshold, time_ns, value, text"
        wanted = (
            f"SELECT {names}, delivery, attempts FROM alerts "
            "WHERE (?1 IS NULL OR owner = ?1) AND number > ?2 ORDER BY number DESC LIMIT ?3"
        )
        with self._turn:
            rows = self._database.execute(wanted, (owner, after, last)).fetchall()
        return [Made(row[0], _alert(row[1:10]), row[10], row[11]) for row in rows]

    def waiting(self, now_ns: int, most: int) -> list[Waiting]:
        """Give deliveries that are due: of each owner in turn, those that wait longest first.

        So whoever has many, to a receiver that is slow, holds up the first of nobody else.
        """
        names = "number, rule, owner, kind, subject, side, threshold, time_ns, value, text"
        turn = "row_number() OVER (PARTITION BY owner ORDER BY next_ns, number)"
        wanted = (
            f"SELECT {names}, attempts, url, secret FROM alerts "
            "WHERE delivery = 'waiting' AND next_ns <= ? "
            f"ORDER BY {turn}, next_ns, number LIMIT ?"
        )
        with self._turn:
            rows = self._database.execute(wanted, (now_ns, most)).fetchall()
        return [Waiting(row[0], _alert(row[1:10]), *row[10:]) for row in rows]

    def tried(self, number: int, now_ns: int, taken: bool) -> None:
        """Remember an attempt: delivered, to be made again later, or given up."""
        with self._writing() as database:
            attempts_of = "SELECT attempts FROM alerts WHERE number = ?"
            found = database.execute(attempts_of, (number,)).fetchone()
            if found is None:
                return  # Too old by now, and forgotten.
            before = found[0]
            attempts = before + 1
            state = "delivered" if taken else "waiting"
            if not taken and attempts >= ATTEMPTS_MAX:
                state = "given up"
            next_ns = now_ns + min(BACKOFF_NS << before, BACKOFF_NS_MAX)
            database.execute(
                "UPDATE alerts SET delivery = ?, attempts = ?, next_ns = ? WHERE number = ? "
                "AND delivery = 'waiting'",
                (state, attempts, next_ns, number),
            )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def _alert(row: tuple[object, ...]) -> Alert:
    rule_id, owner, kind, subject, side, threshold, time_ns, value, text = row
    rule = Rule(
        cast(int, rule_id),
        str(owner),
        cast(Kind, kind),
        str(subject),
        cast(Side, side),
        cast(int, threshold),
    )
    return Alert(rule, cast(int, time_ns), cast(int, value), str(text))


def _insert(database: sqlite3.Connection, alert: Alert) -> None:
    """Add an alert, to be delivered where its rule has an address."""
    hook = "SELECT url, secret FROM rules WHERE id = ?"
    found = database.execute(hook, (alert.rule.id,)).fetchone()
    if found is None:
        return  # The rule was removed while it was judged.
    url, secret = found
    row = (*alert.rule, alert.time_ns, alert.value, alert.text, "waiting" if url else "none")
    names = "rule, owner, kind, subject, side, threshold, time_ns, value, text, delivery"
    marks = ", ".join("?" * 12)
    database.execute(
        f"INSERT INTO alerts ({names}, url, secret) VALUES ({marks})", (*row, url, secret)
    )


def _bound(database: sqlite3.Connection) -> None:
    """Drop the oldest of too many that wait, and forget the oldest of too many alerts."""
    database.execute(
        "UPDATE alerts SET delivery = 'dropped' WHERE number IN (SELECT number FROM alerts "
        "WHERE delivery = 'waiting' ORDER BY number DESC LIMIT -1 OFFSET ?)",
        (QUEUE_MAX,),
    )
    database.execute(
        "DELETE FROM alerts WHERE number <= (SELECT max(number) FROM alerts) - ?", (ALERTS_MAX,)
    )
