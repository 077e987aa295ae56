"""THROUGHPUT: what a chip can do at its peak, as its maker states it, and in one named benchmark.

Takes   nothing: two dated tables, each row with its source.
Gives   dense BF16 arithmetic and memory bandwidth by chip and form; tokens by chip and form; the
        SHA-256 of both tables.
Keeps   only figures with a source. A chip whose maker states none has no row: nothing is guessed
        from a sibling. Figures with sparsity are halved; that is how they are defined.
Source  The makers' data sheets; MLCommons, inference_results_v4.1, closed division.
"""

import hashlib
import json
from typing import NamedTuple

DATED = "2026-11-27"  # The day on which the tables were last read against their sources.


class Throughput(NamedTuple):
    """A chip's peak: dense BF16 in 10^9 operations a second; its memory in 10^9 bytes a second."""

    chip: str
    form: str
    dense_bf16_gflops: int
    memory_gb_per_s: int
    source: str


class Tokens(NamedTuple):
    """A benchmark result: thousandths of a token a second of a system of so many GPUs."""

    chip: str
    form: str
    millitokens_per_s: int
    gpus: int
    source: str


_H100 = "NVIDIA H100 data sheet"
_H200 = "NVIDIA H200 data sheet"
THROUGHPUTS = (
    Throughput("A100", "SXM", 312_000, 2_039, "NVIDIA A100 data sheet, 80 GB SXM"),
    Throughput("A100-40", "SXM", 312_000, 1_555, "NVIDIA A100 data sheet, 40 GB SXM"),
    Throughput("B200", "SXM", 2_250_000, 8_000, "NVIDIA DGX B200 data sheet, an eighth of it"),
    Throughput("GB200", "", 2_500_000, 8_000, "NVIDIA GB200 NVL72 specification, a GPU of it"),
    Throughput("H100", "NVL", 835_500, 3_900, f"{_H100}, NVL, half of 1,671 with sparsity"),
    Throughput("H100", "PCIE", 756_500, 2_000, f"{_H100}, PCIe, half of 1,513 with sparsity"),
    Throughput("H100", "SXM", 989_500, 3_350, f"{_H100}, SXM, half of 1,979 with sparsity"),
    Throughput("H200", "NVL", 835_500, 4_800, f"{_H200}, NVL, half of 1,671 with sparsity"),
    Throughput("H200", "SXM", 989_500, 4_800, f"{_H200}, SXM, half of 1,979 with sparsity"),
    Throughput("L4", "", 121_000, 300, "NVIDIA L4 data sheet, half of 242 with sparsity"),
    Throughput("L40S", "", 362_050, 864, "NVIDIA L40S data sheet, without sparsity"),
    Throughput("MI250", "", 362_100, 3_277, "AMD Instinct MI250 data sheet"),
    Throughput("MI300X", "", 1_307_400, 5_300, "AMD Instinct MI300X data sheet"),
    Throughput("RTX4090", "", 165_200, 1_008, "NVIDIA Ada GPU architecture, FP32 accumulate"),
    Throughput("RTX5090", "", 209_500, 1_792, "NVIDIA RTX Blackwell architecture, FP32 accumulate"),
)

BENCHMARK = "MLPerf Inference v4.1, closed, datacenter, llama2-70b-99, Offline"
_RESULTS = "mlcommons/inference_results_v4.1: closed"
TOKENS = (
    Tokens("B200", "SXM", 11_264_400, 1, f"{_RESULTS}/NVIDIA/results/B200-SXM-180GBx1_TRT"),
    Tokens(
        *("H100", "NVL", 8_858_780, 4),
        f"{_RESULTS}/HPE/results/HPE_ProLiant_DL380a_H100_NVL_94GBx4_TRT",
    ),
    Tokens("H100", "PCIE", 9_281_500, 8, f"{_RESULTS}/ASUSTeK/results/ESC8000A_E12_H100x8_TRT"),
    Tokens("H100", "SXM", 24_524_900, 8, f"{_RESULTS}/NVIDIA/results/DGX-H100_H100-SXM-80GBx8_TRT"),
    Tokens("H200", "SXM", 31_302_700, 8, f"{_RESULTS}/NVIDIA/results/H200-SXM-141GBx8_TRT"),
    Tokens("L40S", "", 3_717_740, 8, f"{_RESULTS}/Fujitsu/results/CDI_L40Sx8_TRT"),
    Tokens("MI300X", "", 23_514_800, 8, f"{_RESULTS}/AMD/results/8xMI300X_2xEPYC-9374F"),
)

_THROUGHPUT_BY_CARD = {(row.chip, row.form): row for row in THROUGHPUTS}
_TOKENS_BY_CARD = {(row.chip, row.form): row for row in TOKENS}
THROUGHPUT_SHA256 = hashlib.sha256(
    json.dumps(
        [DATED, BENCHMARK, *(list(row) for row in (*THROUGHPUTS, *TOKENS))],
        separators=(",", ":"),
    ).encode()
).hexdigest()

assert len(_THROUGHPUT_BY_CARD) == len(THROUGHPUTS)
assert len(_TOKENS_BY_CARD) == len(TOKENS)


def throughput_of(chip: str, form: str) -> Throughput | None:
    """Give the stated peak of a chip in a form, or None where the table has none."""
    return _THROUGHPUT_BY_CARD.get((chip, form))


def tokens_of(chip: str, form: str) -> Tokens | None:
    """Give the cited benchmark result of a chip in a form, or None where the table has none."""
    return _TOKENS_BY_CARD.get((chip, form))
