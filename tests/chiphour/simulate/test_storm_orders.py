"""TEST STORM ORDERS: orders of every type meet.

Takes   the first seeds of the weather.
Gives   claims on what they reach.
Keeps   most orders accepted.
Source  Rulebook 9 and 12.2.
"""

from stormed import reached

SEEDS = 9  # Six of them with wide tables, three with narrow ones.


def test_links_triggers_blocks_protection_and_reduce_only_are_reached():
    found = reached("orders", SEEDS)
    kinds = "HELD TRIGGERED AMENDED REFRESHED CANCELLED_ALL PROTECTED UNCROSSED".split()
    cancelled = "ONE_CANCELS_OTHER PARENT_ENDED PROTECTION REDUCE_ONLY_CUT FILL_OR_KILL".split()
    refused = "REDUCE_ONLY_FULL TRIGGERS_FULL ORDERS_FULL PROTECTION_FROZEN ID_REUSED".split()
    named = [f"CANCELLED {word}" for word in cancelled] + [f"REFUSED {word}" for word in refused]
    others = ["FILL BLOCK", "FILL CALL", "REPEATED NONE", "REDUCED SELF_TRADE"]
    assert [each for each in kinds + named + others if found[each] < 1] == []


def test_most_commands_are_taken():
    found = reached("orders", 3)
    refused = sum(count for name, count in found.items() if name.startswith("REFUSED"))
    assert found["ACCEPTED"] > refused
