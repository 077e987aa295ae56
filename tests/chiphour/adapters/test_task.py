"""TEST TASK: what is remembered of a venue is what became of its polls.

Takes   polls, kept and refused, one after the other.
Gives   claims on counts, states and times; on going on after a restart.
Keeps   a state that is shown a copy.
Source  Decision 0015.
"""

from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.breaker import CLOSED
from chiphour.adapters.breaker import may_ask
from chiphour.adapters.fetch import RETRY_AFTER_NS_MAX
from chiphour.adapters.poll import Answer
from chiphour.adapters.poll import Poll
from chiphour.adapters.refusal import Refusal
from chiphour.adapters.task import STATES
from chiphour.adapters.task import Task
from chiphour.observe.venue import body_of
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from records import observation
from served import PageReader
from served import venue

NOW = 10**18


def task(feed="book"):
    return Task(PageReader(venue(feed=feed)), NOW)


def kept(observed_ns=NOW, flags=((), ("CHIP_UNKNOWN", "TENOR_UNKNOWN"), ("CARRIED",))):
    seen = tuple(observation(observed_ns, flags=each) for each in flags)
    body = body_of(b"{}", "page", observed_ns, observed_ns)
    return Poll("acme", observed_ns, (Answer(body, seen, False),), None, None)


def refused(code="STATUS", retry_after_ns=None):
    refusal = Refusal("acme", "page", "", NOW, NOW, code, "expected 200, found 500", "")
    return Poll("acme", NOW, (), refusal, retry_after_ns)


def hear(found, *polls, lane="round"):
    """Let a task ask and hear as soon as it may, each time; give its state."""
    for each in polls:
        now_ns = max(NOW, found.breaker.retry_ns)
        found.asks(now_ns)
        found.hears(each, lane, now_ns, 0)
    return found.state(0)


def test_a_task_begins_with_nothing():
    state = task().state(3)
    assert state == ("acme", "closed", NOW, 0, 0, NOW, 0, 0, {}, 0, 0, "", 3)


def test_a_success_is_counted():
    state = hear(task(), kept())
    assert (state.successes, state.failures, state.last_success_ns) == (1, 0, NOW)
    assert (state.rows, state.unmapped, state.last_error) == (3, 1, "")


def test_refusals_are_counted_by_code_and_open_the_breaker():
    found = task()
    state = hear(found, refused(), refused("TIMEOUT"), refused())
    assert state.refusals == {"STATUS": 2, "TIMEOUT": 1}
    assert (state.state, state.failures) == ("open", 3)
    assert state.last_error == "STATUS: expected 200, found 500"
    assert state.since_ns == NOW + 15 * NS_PER_SECOND
    found.asks(found.breaker.retry_ns)
    assert found.state(0).state == "half-open"
    found.hears(kept(), "round", found.breaker.retry_ns, 0)
    state = found.state(0)
    assert (state.state, state.failures, state.last_error) == ("closed", 0, "")
    assert state.refusals == {"STATUS": 2, "TIMEOUT": 1}


def test_a_poll_of_everything_serves_every_lane_but_the_strike():
    found = task()
    hear(found, kept(NOW + 1), lane="book")
    assert found.lasts_ns == {"book": NOW + 1}
    hear(found, kept(NOW + 2))
    assert found.lasts_ns == {"book": NOW + 2, "round": NOW + 2}
    hear(found, kept(NOW + 3), lane="strike")
    assert found.lasts_ns == dict.fromkeys(("book", "round", "strike"), NOW + 3)


def test_a_refused_poll_leaves_every_lane_due():
    found = task()
    hear(found, refused())
    assert found.lasts_ns == {}


def test_a_fault_of_ours_is_shown_until_a_poll_comes_through():
    found = task()
    found.asks(NOW)
    found.fails("KeyError: 'row'", NOW, 0)
    state = found.state(0)
    assert (state.state, state.failures, state.refusals) == ("failed", 1, {"FAILED": 1})
    assert state.last_error == "FAILED: KeyError: 'row'"
    assert state.next_ns == NOW + 5 * NS_PER_SECOND
    assert hear(found, kept()).state == "closed"


def test_a_poll_that_is_given_up_may_be_asked_again():
    found = task()
    hear(found, *[refused()] * 3)
    opened = found.breaker
    found.asks(opened.retry_ns)
    assert not may_ask(found.breaker, opened.retry_ns)
    found.gives_up()
    assert found.breaker == opened


def test_a_new_collector_goes_on_from_the_last_poll():
    found = task()
    found.goes_on(NOW - 5, None, NOW)
    assert found.lasts_ns == dict.fromkeys(("strike", "round", "book"), NOW - 5)
    assert found.state(0).last_success_ns == NOW - 5


def test_a_new_collector_keeps_the_wait_that_a_venue_asked_for():
    before = task()
    hear(before, refused("RATE_LIMITED", NS_PER_HOUR))
    before.next_ns = before.breaker.retry_ns
    found = task()
    found.goes_on(0, before.state(0), NOW + 1)
    assert not may_ask(found.breaker, NOW + NS_PER_HOUR - 1)
    assert may_ask(found.breaker, NOW + NS_PER_HOUR)
    assert found.state(0).last_error.startswith("RATE_LIMITED")
    far = before.state(0)._replace(next_ns=1 << 62)
    found.goes_on(0, far, NOW)
    assert found.breaker.retry_ns == NOW + RETRY_AFTER_NS_MAX


def test_a_new_collector_forgets_other_failures():
    before = task()
    state = hear(before, *[refused("SECRET_MISSING")] * 5)
    found = task()
    found.goes_on(0, state, NOW)
    assert found.breaker == CLOSED


@given(st.lists(st.sampled_from([kept(), refused(), refused("TIMEOUT"), None]), max_size=30))
def test_counts_add_up(polls):
    """None stands for a fault of ours."""
    found = task()
    for each in polls:
        now_ns = max(NOW, found.breaker.retry_ns)
        found.asks(now_ns)
        assert found.state(0).state in STATES
        if each is None:
            found.fails("planted", now_ns, 0)
        else:
            found.hears(each, "round", now_ns, 0)
    state = found.state(0)
    assert state.successes + sum(state.refusals.values()) == len(polls)
    assert (state.failures == 0) == (not polls or polls[-1] == kept())
    assert (state.state == "failed") == (bool(polls) and polls[-1] is None)


def test_a_state_is_a_copy():
    found = task()
    state = hear(found, refused())
    state.refusals["STATUS"] = 99
    assert found.state(0).refusals == {"STATUS": 1}
