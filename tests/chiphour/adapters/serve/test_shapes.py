"""SHAPES: the described fixing is the table of columns.

Takes   the table of columns.
Gives   failures.
Keeps   examples that have their own shape.
Source  Decision 0010.
"""

import msgspec
import pytest

from chiphour.adapters.serve import shapes
from chiphour.publish.datasets import FIXING_COLUMNS
from chiphour.publish.datasets import fixing_object


def test_the_fixing_has_the_columns_in_their_order():
    names = [field.name for field in msgspec.structs.fields(shapes.FixingRow)]
    assert names == [column.name for column in FIXING_COLUMNS]


def test_the_examples_of_the_columns_make_a_fixing():
    example = {column.name: column.example for column in FIXING_COLUMNS}
    read = msgspec.convert(example, shapes.FixingRow, strict=True)
    assert read.fix_usd == "3.1700"
    assert read.venues - read.kept == read.rejected


def test_a_missing_or_added_field_is_seen(shown):
    row = fixing_object(shown.fixings()[0])
    msgspec.convert(row, shapes.FixingRow, strict=True)
    with pytest.raises(msgspec.ValidationError, match="extra"):
        msgspec.convert(row | {"extra": 1}, shapes.FixingRow, strict=True)
    del row["grade"]
    with pytest.raises(msgspec.ValidationError, match="grade"):
        msgspec.convert(row, shapes.FixingRow, strict=True)
