"""TEST QUESTION SQL: the flags that a row may have, as one text.

Takes   the texts of the queries.
Gives   a claim on the list of flags.
Keeps   every other claim in test_questions.py, which runs them.
Source  Decision 0042.
"""

import re

from chiphour.adapters.question_sql import CURRENT
from chiphour.index.parameters import V2026_1


def test_a_row_may_have_any_of_the_harmless_flags_together_and_no_other():
    found = re.search(r"o\.flags IN \(([^)]*)\)", CURRENT)
    texts = {text.strip().strip("'") for text in found[1].split(",")}
    fine = {*V2026_1.harmless_flags, "COMPARISON"}
    assert len(texts) == 2 ** len(fine)
    assert "" in texts
    for text in texts:
        words = text.split()
        assert words == sorted(set(words))
        assert set(words) <= fine
