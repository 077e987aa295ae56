"""TEST VENUE: keys tell machines apart without telling which they are.

Takes   venues, kinds and identifiers.
Gives   claims on `salted_key`.
Keeps   one known key, written down: keys are part of every observation's id.
Source  Decision 0003.
"""

from hypothesis import given
from hypothesis import strategies as st

from chiphour.observe.venue import salted_key


def test_a_known_key_never_changes():
    assert salted_key("vast", "host", "317686") == "4bebc3f6bcda8a11ea6481c4bd7213ff"


@given(st.tuples(st.text(), st.integers()), st.tuples(st.text(), st.integers()))
def test_keys_are_equal_for_equal_identifiers_only(one, other):
    keys = [salted_key("vast", kind, str(number)) for kind, number in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)
    assert all(len(key) == 32 for key in keys)


def test_a_host_and_a_machine_of_one_number_have_two_keys():
    assert salted_key("vast", "host", "7") != salted_key("vast", "machine", "7")
