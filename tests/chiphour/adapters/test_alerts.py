"""TEST ALERTS: rules, alerts and deliveries, kept over a stop.

Takes   a folder, answers over small archives.
Gives   claims on what is kept, on attempts, on bounds.
Keeps   bounds small where a test fills them.
Source  Decision 0042.
"""

import stat

import pytest

from asking import asking
from asking import hour
from asking import price
from chiphour.adapters import alerts as module
from chiphour.adapters.alerts import ATTEMPTS_MAX
from chiphour.adapters.alerts import BACKOFF_NS
from chiphour.adapters.alerts import BACKOFF_NS_MAX
from chiphour.adapters.alerts import Alerts
from chiphour.adapters.alerts import AlertsRefused
from chiphour.adapters.signals import answers_at
from chiphour.analyse.alerts import Rule
from chiphour.analyse.alerts import RuleRefused

URL = "http://127.0.0.1:9/hook"
RULE = Rule(0, "", "price", "H100 SXM", "below", 3 * 10**9)


@pytest.fixture
def answers(tmp_path):
    return answers_at(asking(tmp_path / "state", [price("lambda", hour(0), 2)]), hour(0))


@pytest.fixture
def alerts(tmp_path):
    opened = Alerts(tmp_path)
    yield opened
    opened.close()


def test_the_file_is_its_owners_alone(alerts):
    assert stat.S_IMODE(alerts.path.stat().st_mode) == 0o600


def test_a_rule_has_a_secret_where_it_has_an_address(alerts):
    plain, nothing = alerts.add(RULE)
    hooked, secret = alerts.add(RULE, URL)
    assert (plain.id, plain.subject, nothing) == (1, "h100-sxm", "")
    assert (hooked.id, len(secret)) == (2, 64)
    assert [(each.rule.id, each.url, each.holds) for each in alerts.rules("")] == [
        (1, "", False),
        (2, URL, False),
    ]


def test_a_refused_rule_is_not_kept(alerts):
    with pytest.raises(RuleRefused):
        alerts.add(RULE._replace(threshold=-1))
    assert alerts.rules() == []


def test_an_alert_is_made_once_and_is_there_after_a_stop(alerts, answers, tmp_path):
    alerts.add(RULE, URL)
    (made,) = alerts.judge(answers, {})
    assert (made.delivery, made.attempts, made.alert.value) == ("waiting", 0, 2 * 10**9)
    assert alerts.judge(answers, {}) == []
    alerts.close()
    again = Alerts(tmp_path)
    assert again.judge(answers, {}) == []
    assert again.made("", 10) == [made]
    assert [each.number for each in again.waiting(0, 8)] == [made.number]
    again.close()


def test_attempts_wait_longer_each_time_and_are_given_up(alerts, answers):
    alerts.add(RULE, URL)
    (made,) = alerts.judge(answers, {})
    now_ns = 0
    for attempt in range(ATTEMPTS_MAX):
        (due,) = alerts.waiting(now_ns, 8)
        assert due.attempts == attempt
        alerts.tried(due.number, now_ns, taken=False)
        assert alerts.waiting(now_ns, 8) == []
        now_ns += min(BACKOFF_NS << attempt, BACKOFF_NS_MAX)
    (last,) = alerts.made("", 1)
    assert (last.number, last.delivery, last.attempts) == (made.number, "given up", ATTEMPTS_MAX)
    assert alerts.waiting(now_ns, 8) == []


def test_what_was_taken_is_not_sent_again(alerts, answers):
    alerts.add(RULE, URL)
    (made,) = alerts.judge(answers, {})
    alerts.tried(made.number, 5, taken=True)
    assert alerts.made("", 1)[0].delivery == "delivered"
    assert alerts.waiting(1 << 62, 8) == []


def test_a_rule_without_an_address_waits_for_nobody(alerts, answers):
    alerts.add(RULE)
    assert alerts.judge(answers, {})[0].delivery == "none"
    assert alerts.waiting(1 << 62, 8) == []


def test_owners_see_and_remove_their_own_alone(alerts, answers):
    alerts.add(RULE._replace(owner="101"), URL)
    alerts.judge(answers, {})
    assert (alerts.rules(""), alerts.made("", 10)) == ([], [])
    assert len(alerts.made("101", 10)) == 1
    with pytest.raises(AlertsRefused, match="expected the id of a rule of yours, found 1"):
        alerts.remove("", 1)
    alerts.remove("101", 1)
    assert alerts.rules() == []
    assert alerts.made("101", 1)[0].delivery == "dropped"


def test_rules_of_one_owner_are_bounded(alerts, monkeypatch):
    monkeypatch.setattr(module, "RULES_MAX", 2)
    alerts.add(RULE)
    alerts.add(RULE)
    with pytest.raises(AlertsRefused, match="expected at most 2 rules"):
        alerts.add(RULE)
    assert alerts.add(RULE._replace(owner="101"))[0].id == 3


def test_the_queue_and_the_past_are_bounded_and_the_oldest_go(alerts, answers, monkeypatch):
    monkeypatch.setattr(module, "QUEUE_MAX", 2)
    monkeypatch.setattr(module, "ALERTS_MAX", 3)
    for _ in range(4):
        alerts.add(RULE, URL)
    alerts.judge(answers, {})
    found = [(each.number, each.delivery) for each in alerts.made("", 10)]
    assert found == [(4, "waiting"), (3, "waiting"), (2, "dropped")]


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / module.NAME).write_bytes(b"x" * 4096)
    with pytest.raises(AlertsRefused, match="expected alerts, found"):
        Alerts(tmp_path)


def test_what_was_removed_or_forgotten_meanwhile_is_passed_over(alerts, answers, monkeypatch):
    alerts.add(RULE, URL)
    (hooked,) = alerts.rules()
    alerts.remove("", hooked.rule.id)
    monkeypatch.setattr(alerts, "rules", lambda: [hooked])
    assert alerts.judge(answers, {}) == []
    alerts.tried(99, 0, taken=False)
    assert alerts.made(None, 10) == []


def test_whoever_has_many_deliveries_is_not_before_all_others(alerts, answers):
    """Twenty of one owner, then one of another: both are among the first two."""
    for _ in range(20):
        alerts.add(RULE._replace(owner="8"), URL)
    alerts.add(RULE._replace(owner="9"), URL)
    alerts.judge(answers, {})
    owners = [each.alert.rule.owner for each in alerts.waiting(0, 21)]
    assert sorted(owners[:2]) == ["8", "9"] and owners[2:] == ["8"] * 19
