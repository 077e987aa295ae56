"""TEST QUESTION FILE: exposures and jobs as files, and every fault on one line.

Takes   `adapters/question_file.py`, files.
Gives   failures.
Keeps   negative hours, a wrong header, a field too many refused by file and line.
Source  docs/how-to/hedge.md.
"""

import pytest

from chiphour.adapters.question_file import FILE_BYTES_MAX
from chiphour.adapters.question_file import QuestionRefused
from chiphour.adapters.question_file import fields_in
from chiphour.adapters.question_file import question
from chiphour.adapters.serve.shapes_hedge import HedgeAsked


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "exposure"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_csv_and_json_say_the_same(written):
    rows = fields_in(written("month,hours\n2026-09,20000\n2026-10,30000\n"))
    text = (
        '{"months": [{"month": "2026-09", "hours": 20000}, {"month": "2026-10", "hours": 30000}]}'
    )
    assert rows == fields_in(written(text))
    asked = question(rows, HedgeAsked, "x")
    assert [each.hours for each in asked.months] == [20_000, 30_000]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("month,hours\n2026-09,-5\n", "line 2: expected a month and whole hours"),
        ("month,hours\n2026-09\n", "line 2: expected a month and whole hours"),
        ("month,hours\n2026-09,1.5\n", "line 2"),
        ("when,hours\n2026-09,5\n", "expected a line `month,hours` first, found 'when,hours'"),
        ("", "expected a line `month,hours` first, found 'nothing'"),
        ('{"months": ', "expected JSON"),
        (b"\xff\xfe", "expected CSV in UTF-8"),
        ('month,hours\n"2026-09', "expected CSV"),
    ],
)
def test_a_fault_is_one_line(written, content, words):
    with pytest.raises(QuestionRefused, match=words) as told:
        fields_in(written(content))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"months": []}, "length >= 1"),
        ({"months": [{"month": "2026-09", "hours": -1}]}, ">= 1"),
        ({"months": [{"month": "2026-09", "hours": 1}], "chips": 1}, "unknown field `chips`"),
        ({}, "missing required field `months`"),
        ({"months": [{"month": "2026-09", "hours": 1}], "price_usd": "-3"}, "regex"),
    ],
)
def test_a_question_is_read_by_its_description(fields, words):
    with pytest.raises(QuestionRefused, match=words):
        question(fields, HedgeAsked, "hedge")


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path, written):
    with pytest.raises(QuestionRefused, match="No such file"):
        fields_in(tmp_path / "none")
    with pytest.raises(QuestionRefused, match="found more"):
        fields_in(written(b" " * (FILE_BYTES_MAX + 1)))
