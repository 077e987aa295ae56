"""BUNDLED ROWS: lines of a batch for the readers of a bundle, and what a reader makes of them.

Takes   observations; a reader; a block of lines.
Gives   `mixed`, rows of every shape that readers tell apart; `block_of`; `read_by`: by what groups
        share, the rows of their columns with descriptions in full.
Keeps   the form in which two readers can be compared.
Source  Decision 0019.
"""

from hashlib import sha256

from chiphour.audit.groups import STANDING
from chiphour.observe.observation import canonical_bytes
from chiphour.observe.observation import canonical_json
from records import observation

AT_NS = 1_784_500_000_000_000_000
SPECS = (
    {},
    {"country": "US", "vcpus": "26"},
    {"country": "SE", "reliability2": "0.99", "verification": "verified"},
    {"country": "SE", "reliability2": "0.90", "verification": "unverified", "z": "1"},
    {"reliability": "0.99"},
    {"a": "1", "reliability": "0.5", "verification": "verified"},
    {"name": 'a "quoted" \\ word', "reliability2": "0.99", "verification": "verified"},
    {"city": "Zürich", "verification": "verified"},
    {"odd": {"reliability2": "0.1"}, "verification": "verified"},
)


def mixed():
    """Give rows of books and cards with every kind of description, in no order of time."""
    found = []
    for place, said in enumerate(SPECS):
        of = {"spec": canonical_json(said), "row": f"r{place}", "gpus": 1 << place % 4}
        for back_ns in (3, 1, 2):
            at = {"observed_ns": AT_NS - back_ns, "received_ns": AT_NS + back_ns}
            book = {"source": "vast", "venue": "vast", "feed": "book", "kind": "ask"}
            keys = {"machine_key": f"m{place % 5}", "host_key": f"h{place % 2}"}
            found.append(observation(**of, **at, **book, **keys))
            flags = ("CARRIED", "REGION_UNKNOWN")[: place % 3]
            found.append(
                observation(**of, **at, flags=flags, venue=("lambda", "nebius")[place % 2])
            )
    return found


def block_of(observations):
    """Give lines one below the other."""
    return b"".join(canonical_bytes(each) + b"\n" for each in observations)


def ids_in(block):
    """Give the ids of the lines of a block."""
    return [sha256(line).digest() for line in block.split(b"\n")[:-1]]


def read_by(reads, *blocks):
    """Read a batch of blocks; give the columns of its groups by what their rows share."""
    reader = reads()
    for block in blocks:
        reader.add(block)
    groups = reader.groups(b"".join(each for block in blocks for each in ids_in(block)))
    found = {}
    for group in groups:
        assert group[:STANDING] not in found
        assert group.observed_ns == sorted(group.observed_ns)
        columns = group._replace(specs=list(map(group.spec_of, group.specs)))[STANDING:-1]
        found[group[:STANDING]] = sorted(zip(*columns, strict=True))
    return found
