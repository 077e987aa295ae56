"""HARDWARE: the vocabulary: which chips exist, in which forms, with how much memory; the tenors.

Takes   nothing: this file is a language. Sources map their own names onto its words.
Gives   CHIPS, FORMS, TENORS; which memory sizes a chip is sold with; whether its form is settled.
Keeps   chips apart that a substring would mix: GH200 is not H200, PCIe is not SXM, a 40 GB A100
        is not the 80 GB part. A name that no table holds is never guessed.
Source  Methodology, "Series"; makers' data sheets for forms and memory.
"""

from typing import NamedTuple

UNKNOWN = "UNKNOWN"  # The form of a chip that exists in several when its seller does not say.

FORMS = ("", "SXM", "PCIE", "NVL", "OAM", "NVL72", UNKNOWN)

TENORS = {
    "SPOT": "by the hour on an open marketplace, no commitment, not preemptible",
    "INT": "preemptible, or let to the highest bid",
    "OD": "by the hour from a provider's own rate card",
    "R1M": "committed for one month",
    "R3M": "committed for three months",
    "R6M": "committed for six months",
    "R1Y": "committed for one year",
    "R2Y": "committed for two years",
    "R3Y": "committed for three years",
    "OTHER": "a product that is not a chip for an hour, or of unknown terms",
}

# Drivers report less than the name says (error correction takes 1/16): the gap we accept.
MEMORY_GAP_PPM = 70_000


class Chip(NamedTuple):
    """A chip. `forms` is ("",) where there is one form only; `memory_gb` is what sellers state."""

    name: str
    maker: str
    forms: tuple[str, ...]
    memory_gb: tuple[int, ...]


_ONE = ("",)
_ROWS = (
    Chip("H100", "NVIDIA", ("SXM", "PCIE", "NVL"), (80, 94)),
    Chip("H200", "NVIDIA", ("SXM", "NVL"), (141, 143)),
    Chip("GH200", "NVIDIA", _ONE, (96, 144)),
    Chip("B200", "NVIDIA", ("SXM",), (180, 192)),
    Chip("B300", "NVIDIA", ("SXM",), (288, 270, 268, 262)),
    Chip("GB200", "NVIDIA", _ONE, (186, 192)),
    Chip("GB300", "NVIDIA", _ONE, (288,)),
    Chip("A100", "NVIDIA", ("SXM", "PCIE"), (80,)),
    Chip("A100-40", "NVIDIA", ("SXM", "PCIE"), (40,)),
    Chip("V100", "NVIDIA", ("SXM", "PCIE"), (16, 32)),
    Chip("A10", "NVIDIA", _ONE, (24,)),
    Chip("A30", "NVIDIA", _ONE, (24,)),
    Chip("A40", "NVIDIA", _ONE, (48,)),
    Chip("L4", "NVIDIA", _ONE, (24,)),
    Chip("L40", "NVIDIA", _ONE, (48,)),
    Chip("L40S", "NVIDIA", _ONE, (48,)),
    Chip("T4", "NVIDIA", _ONE, (16,)),
    Chip("RTX3090", "NVIDIA", _ONE, (24,)),
    Chip("RTX3090TI", "NVIDIA", _ONE, (24,)),
    Chip("RTX4090", "NVIDIA", _ONE, (24,)),
    Chip("RTX4090-48", "NVIDIA", _ONE, (48,)),  # Rebuilt by others with twice the memory.
    Chip("RTX5080", "NVIDIA", _ONE, (16,)),
    Chip("RTX5090", "NVIDIA", _ONE, (32,)),
    Chip("RTXA4000", "NVIDIA", _ONE, (16,)),
    Chip("RTXA5000", "NVIDIA", _ONE, (24,)),
    Chip("RTXA6000", "NVIDIA", _ONE, (48,)),
    Chip("RTX6000ADA", "NVIDIA", _ONE, (48,)),
    Chip("RTXPRO4500", "NVIDIA", _ONE, (32,)),
    Chip("RTXPRO6000", "NVIDIA", _ONE, (96,)),  # Server and workstation edition: 600 W.
    Chip("RTXPRO6000MAXQ", "NVIDIA", _ONE, (96,)),  # 300 W, and slower for it.
    Chip("QUADRORTX5000", "NVIDIA", _ONE, (16,)),
    Chip("QUADRORTX6000", "NVIDIA", _ONE, (24,)),
    Chip("MI250", "AMD", _ONE, (128,)),
    Chip("MI300X", "AMD", _ONE, (192,)),
    Chip("MI325X", "AMD", _ONE, (256,)),
    Chip("MI350X", "AMD", _ONE, (288,)),
    Chip("MI355X", "AMD", _ONE, (288,)),
)
CHIPS = {chip.name: chip for chip in _ROWS}

# An H100 has 94 GB in the NVL form and 80 GB in the others.
_MEMORY_BY_FORM = {("H100", "SXM"): (80,), ("H100", "PCIE"): (80,), ("H100", "NVL"): (94,)}

assert len(CHIPS) == len(_ROWS)
assert all(form in FORMS for chip in _ROWS for form in chip.forms)


def form_is_settled(chip: str, form: str) -> bool:
    """Tell whether this chip exists in this form; raises KeyError for an unknown chip."""
    return form in CHIPS[chip].forms


def memory_sizes_gb(chip: str, form: str) -> tuple[int, ...]:
    """Give the sizes this chip is sold with in this form; raises KeyError for an unknown chip."""
    return _MEMORY_BY_FORM.get((chip, form), CHIPS[chip].memory_gb)


def memory_gb_from_mib(memory_mib: int, sizes_gb: tuple[int, ...]) -> int:
    """Give the stated size that a driver's figure belongs to, else the figure in whole GiB.

    A driver counts MiB and keeps some back: 46,068 is a 48 GB card. The nearest size within
    MEMORY_GAP_PPM is taken.
    """
    near = [
        (abs(memory_mib - 1024 * size_gb), size_gb)
        for size_gb in sizes_gb
        if abs(memory_mib - 1024 * size_gb) * 1_000_000 <= MEMORY_GAP_PPM * 1024 * size_gb
    ]
    return min(near)[1] if near else (memory_mib + 512) // 1024
