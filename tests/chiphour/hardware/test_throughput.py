"""TEST THROUGHPUT: the dated tables of what chips can do.

Takes   the tables.
Gives   claims on words, order, plausibility and the hash.
Keeps   a changed figure under a new date.
Source  Decision 0021.
"""

from chiphour.hardware.chips import form_is_settled
from chiphour.hardware.throughput import DATED
from chiphour.hardware.throughput import THROUGHPUT_SHA256
from chiphour.hardware.throughput import THROUGHPUTS
from chiphour.hardware.throughput import TOKENS
from chiphour.hardware.throughput import throughput_of
from chiphour.hardware.throughput import tokens_of


def test_every_row_is_a_card_of_the_vocabulary_with_a_source():
    for row in (*THROUGHPUTS, *TOKENS):
        assert form_is_settled(row.chip, row.form), row
        assert row.source
    for table in (THROUGHPUTS, TOKENS):
        cards = [(row.chip, row.form) for row in table]
        assert cards == sorted(set(cards))


def test_figures_are_of_the_size_of_a_chip():
    for row in THROUGHPUTS:
        assert 100_000 <= row.dense_bf16_gflops <= 5_000_000, row
        assert 200 <= row.memory_gb_per_s <= 20_000, row
    for row in TOKENS:
        assert 100_000 <= row.millitokens_per_s // row.gpus <= 50_000_000, row
        assert row.gpus in (1, 2, 4, 8)


def test_a_chip_without_a_cited_figure_is_not_guessed():
    """A T4 has no BF16 unit; nobody submitted an A100 to that round."""
    assert throughput_of("T4", "") is None
    assert tokens_of("A100", "SXM") is None
    assert throughput_of("H100", "PCIE").dense_bf16_gflops == 756_500


def test_a_changed_table_has_a_new_date():
    """Whoever changes a figure writes the day on which it was read, and this hash."""
    assert DATED == "2026-11-27"
    assert THROUGHPUT_SHA256 == "ca22c31f4af3544ae7a04933b81e8eef9da93b58681141eaf8902c6de411e18d"
