"""GROUPS: rows become columns and are the same rows still.

Takes   observations through their canonical JSON.
Gives   a failure where a group loses a row, or has one out of the order of time.
Keeps   every limit tested on both sides of its nanosecond.
Source  Decision 0012.
"""

from audited import rows_of
from chiphour.audit.groups import STANDING
from chiphour.audit.groups import before_time
from chiphour.audit.groups import chosen
from chiphour.audit.groups import count_of
from chiphour.audit.groups import from_time
from chiphour.audit.groups import groups_of
from chiphour.audit.groups import joined
from chiphour.audit.groups import once
from records import observation

STRIKE = 1_784_507_400_000_000_000


def at(age_ns, **fields):
    return observation(observed_ns=STRIKE - age_ns, received_ns=STRIKE - age_ns, **fields)


def test_a_group_has_every_field_of_its_rows():
    spec = '{"a":"1","reliability2":"0.99","verification":"verified"}'
    (row,) = rows_of([at(1, spec=spec, flags=("CARRIED",), machine_key="m", host_key="h")])
    (group,) = groups_of([row])
    shared = (row.chip, row.form, row.tenor, row.feed, row.source, row.venue, row.kind, row.flags)
    assert group[:STANDING] == shared
    own = (row.id, row.price_nanousd, row.gpus, row.machine_key, row.host_key, row.spec)
    end = spec[spec.index(",") :]
    assert [column[0] for column in group[STANDING:-1]] == [
        *own,
        end,
        row.observed_ns,
        row.received_ns,
    ]
    assert group.spec_of(group.specs[0]) == spec


def test_groups_that_stand_in_the_same_place_become_one_in_order_of_time():
    rows = rows_of([at(1), at(3), at(2), at(2, venue="nebius"), at(2, row="b")])
    whole = sorted(groups_of(rows))
    parts = [group for row in rows for group in groups_of([row])]
    assert [group.venue for group in whole] == ["lambda", "nebius"]
    assert sorted(joined(parts)) == whole
    assert whole[0].observed_ns == [STRIKE - age for age in (3, 2, 2, 1)]
    lazy = [of._replace(specs=[0], spec_of=lambda _: "{}") for of in parts]
    assert [of.specs for of in sorted(joined(lazy))] == [["{}"] * 4, [0]]


def test_rows_from_a_time_on_are_found_by_halving():
    (group,) = groups_of(rows_of([at(3), at(2), at(1), at(2)]))
    ages = (4, 3, 2, 1, 0)
    assert [len(from_time(group, STRIKE - age).ids) for age in ages] == [4, 4, 3, 1, 0]
    assert [len(before_time(group, STRIKE - age).ids) for age in ages] == [0, 0, 1, 3, 4]


def test_marked_rows_are_chosen_in_all_columns():
    (group,) = groups_of(rows_of([at(3, gpus=1), at(2, gpus=2), at(1, gpus=4)]))
    some = chosen(group, [True, False, True])
    assert (some.gpus, some.observed_ns) == ([1, 4], [STRIKE - 3, STRIKE - 1])
    assert {len(column) for column in some[STANDING:-1]} == {2}
    assert count_of([group, some]) == 5


def test_a_row_of_several_groups_stays_once():
    (group,) = groups_of(rows_of([at(3), at(2), at(1)]))
    some, none = chosen(group, [False, True, True]), chosen(group, [False] * 3)
    assert once([none, group]) == [group]
    assert once([some, none, group]) == [some, chosen(group, [True, False, False])]
    assert once([group, some]) == [group]
