"""TEST ASKED_MEMBERS: every answer that an address for members may give is described.

Takes   the descriptions.
Gives   claims on statuses.
Keeps   the shape of a fault everywhere the same.
Source  Decision 0034.
"""

from chiphour.adapters.serve import shapes
from chiphour.adapters.serve import shapes_members
from chiphour.adapters.serve.asked_members import FAULTS
from chiphour.adapters.serve.asked_members import gives_private
from chiphour.adapters.serve.asked_members import gives_private_file


def test_each_fault_is_described_beside_the_answer():
    found = gives_private(shapes_members.Joined, "Who has joined.", 201)
    assert set(found) == {201, *FAULTS}
    assert found[201].data_container is shapes_members.Joined
    assert {found[status].data_container for status in FAULTS} == {shapes.Fault}


def test_a_file_has_its_media_type():
    assert gives_private_file("text/csv", "Lines.")[200].media_type == "text/csv"
