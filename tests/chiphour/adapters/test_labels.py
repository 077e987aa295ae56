"""LABELS: a word has one number as long as it is known, and no two words have the same.

Takes   accounts and words, as hypothesis makes them up; the private bytes that they become.
Gives   failures.
Keeps   what was heard and what was asked told apart: only the journal's word is known.
Source  Rulebook 12; decision 0035.
"""

from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.labels import Labels
from chiphour.adapters.labels import private_of

words = st.lists(
    st.tuples(st.integers(1, 3), st.text(min_size=1, max_size=6)), min_size=1, max_size=30
)


@given(words)
def test_who_hears_the_journal_knows_each_word_by_its_number(words):
    """Ask for words, tell their labels to another: both say the same, in both directions."""
    asked, heard = Labels(), Labels()
    numbers = {}
    for account, word in words:
        number, label = asked.number_of(account, word)
        assert 0 < number < 1 << 63
        assert numbers.setdefault((account, word), number) == number
        if label is not None:
            private = private_of([label])
            asked.hear(private)
            heard.hear(private)
    for (account, word), number in numbers.items():
        assert heard.known_number_of(account, word) == number
        assert heard.word_of(account, number) == word
        assert heard.number_of(account, word) == (number, None)
    assert len(set(numbers.values())) == len(numbers)


def test_a_word_is_brought_until_it_is_heard_and_has_one_number_before():
    labels = Labels()
    number, first = labels.number_of(1, "a")
    again, second = labels.number_of(1, "a")
    assert (number, first) == (again, second)
    assert first is not None
    assert labels.known_number_of(1, "a") == 0
    assert labels.word_of(1, number) == ""
    labels.add(first)
    assert labels.number_of(1, "a") == (number, None)
    assert labels.word_of(2, number) == ""


def test_of_too_many_words_the_oldest_is_forgotten():
    labels = Labels(words_max=2)
    numbers = []
    for word in "abc":
        number, label = labels.number_of(1, word)
        assert label is not None
        labels.add(label)
        numbers.append(number)
    assert labels.known_number_of(1, "a") == 0
    assert [labels.word_of(1, number) for number in numbers] == ["", "b", "c"]
    assert labels.number_of(1, "a")[0] != numbers[0]


def test_words_that_are_never_heard_are_bounded():
    labels = Labels(words_max=3)
    first, _ = labels.number_of(1, "0")
    for word in range(1, 5):
        labels.number_of(1, str(word))
    assert labels.number_of(1, "0")[0] != first


def test_private_bytes_of_others_are_passed_over():
    labels = Labels()
    for private in (b"", b"[1]", b'{"other": [[1, 2, "x"]]}', private_of([])):
        labels.hear(private)
    assert labels.word_of(1, 2) == ""
