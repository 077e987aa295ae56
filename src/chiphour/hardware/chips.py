"""CHIPS: which chips exist, in which forms, with how much memory, at prices between what bounds.

Takes   nothing: this file is a language. Sources map their own names onto its words (`names`).
Gives   CHIPS, FORMS; which memory sizes a chip is sold with; whether its form is settled.
Keeps   chips apart that a substring would mix: GH200 is not H200, PCIe is not SXM, a 40 GB A100
        is not the 80 GB part, a laptop's chip is not the card of that number. Of a chip's two
        bounds one is less than a hundred times the other: cents that were read as dollars, or
        dollars as cents, are always out of bounds.
Source  Methodology, "Series"; makers' data sheets for forms and memory; the recordings for bounds.
"""

from typing import NamedTuple

UNKNOWN = "UNKNOWN"  # The form of a chip that exists in several when its seller does not say.

FORMS = ("", "SXM", "PCIE", "NVL", "OAM", "NVL72", UNKNOWN)

# Drivers report less than the name says (error correction takes 1/16): the gap we accept.
MEMORY_GAP_PPM = 70_000


class Chip(NamedTuple):
    """A chip. `forms` is ("",) where there is one form only; `memory_gb` is what sellers state.

    Between its two prices, both included, lies every price for one chip for an hour that is
    plausible under any terms: from the preemptible floor to the dearest list.
    """

    name: str
    maker: str
    forms: tuple[str, ...]
    memory_gb: tuple[int, ...]
    price_nanousd_min: int
    price_nanousd_max: int


_ONE = ("",)
_ROWS = (
    Chip("H100", "NVIDIA", ("SXM", "PCIE", "NVL"), (80, 94), 250_000_000, 19_500_000_000),
    Chip("H200", "NVIDIA", ("SXM", "NVL"), (141, 143), 300_000_000, 24_000_000_000),
    Chip("H800", "NVIDIA", ("SXM", "PCIE"), (80,), 250_000_000, 19_500_000_000),
    Chip("H20", "NVIDIA", ("SXM",), (96, 141), 150_000_000, 12_000_000_000),
    Chip("GH200", "NVIDIA", _ONE, (96, 144), 300_000_000, 19_900_000_000),
    Chip("B200", "NVIDIA", ("SXM",), (180, 192), 500_000_000, 32_000_000_000),
    Chip("B300", "NVIDIA", ("SXM",), (288, 270, 268, 262), 800_000_000, 40_000_000_000),
    Chip("GB200", "NVIDIA", _ONE, (186, 192), 600_000_000, 35_000_000_000),
    Chip("GB300", "NVIDIA", _ONE, (288,), 800_000_000, 40_000_000_000),
    Chip("A100", "NVIDIA", ("SXM", "PCIE"), (80,), 90_000_000, 8_900_000_000),
    Chip("A100-40", "NVIDIA", ("SXM", "PCIE"), (40,), 80_000_000, 7_900_000_000),
    Chip("A100X", "NVIDIA", _ONE, (80,), 90_000_000, 8_900_000_000),
    Chip("A800", "NVIDIA", ("SXM", "PCIE"), (80, 40), 90_000_000, 8_900_000_000),
    Chip("V100", "NVIDIA", ("SXM", "PCIE"), (16, 32), 65_000_000, 6_400_000_000),
    Chip("P100", "NVIDIA", ("SXM", "PCIE"), (16, 12), 25_000_000, 2_400_000_000),
    Chip("A2", "NVIDIA", _ONE, (16,), 20_000_000, 1_900_000_000),
    Chip("A10", "NVIDIA", _ONE, (24,), 92_000_000, 9_100_000_000),
    Chip("A10G", "NVIDIA", _ONE, (24,), 80_000_000, 7_900_000_000),
    Chip("A16", "NVIDIA", _ONE, (16,), 30_000_000, 2_400_000_000),
    Chip("A30", "NVIDIA", _ONE, (24,), 50_000_000, 3_900_000_000),
    Chip("A40", "NVIDIA", _ONE, (48,), 60_000_000, 4_900_000_000),
    Chip("L4", "NVIDIA", _ONE, (24,), 70_000_000, 6_900_000_000),
    Chip("L40", "NVIDIA", _ONE, (48,), 100_000_000, 6_900_000_000),
    Chip("L40S", "NVIDIA", _ONE, (48,), 130_000_000, 12_900_000_000),
    Chip("T4", "NVIDIA", _ONE, (16,), 76_000_000, 7_500_000_000),
    Chip("P4", "NVIDIA", _ONE, (8,), 20_000_000, 1_900_000_000),
    Chip("P40", "NVIDIA", _ONE, (24,), 20_000_000, 1_900_000_000),
    Chip("K80", "NVIDIA", _ONE, (12, 24), 20_000_000, 1_900_000_000),  # Two to a board.
    Chip("M40", "NVIDIA", _ONE, (12, 24), 15_000_000, 1_400_000_000),
    Chip("M60", "NVIDIA", _ONE, (8, 16), 20_000_000, 1_900_000_000),  # Two to a board.
    Chip("GTX1050", "NVIDIA", _ONE, (2,), 4_000_000, 390_000_000),
    Chip("GTX1050TI", "NVIDIA", _ONE, (4,), 5_000_000, 450_000_000),
    Chip("GTX1060", "NVIDIA", _ONE, (6, 3), 6_000_000, 590_000_000),
    Chip("GTX1070", "NVIDIA", _ONE, (8,), 6_000_000, 590_000_000),
    Chip("GTX1070TI", "NVIDIA", _ONE, (8,), 6_000_000, 590_000_000),
    Chip("GTX1080", "NVIDIA", _ONE, (8,), 6_000_000, 590_000_000),
    Chip("GTX1080TI", "NVIDIA", _ONE, (11,), 8_000_000, 790_000_000),
    Chip("GTX1650", "NVIDIA", _ONE, (4,), 6_000_000, 590_000_000),
    Chip("GTX1660", "NVIDIA", _ONE, (6,), 6_000_000, 590_000_000),
    Chip("GTX1660SUPER", "NVIDIA", _ONE, (6,), 6_000_000, 590_000_000),
    Chip("GTX1660TI", "NVIDIA", _ONE, (6,), 6_000_000, 590_000_000),
    Chip("TITANV", "NVIDIA", _ONE, (12,), 15_000_000, 1_400_000_000),
    Chip("TITANXP", "NVIDIA", _ONE, (12,), 10_000_000, 990_000_000),
    Chip("TITANRTX", "NVIDIA", _ONE, (24,), 20_000_000, 1_900_000_000),
    Chip("RTX2060", "NVIDIA", _ONE, (6, 12), 8_000_000, 790_000_000),
    Chip("RTX2060SUPER", "NVIDIA", _ONE, (8,), 8_000_000, 790_000_000),
    Chip("RTX2070", "NVIDIA", _ONE, (8,), 8_000_000, 790_000_000),
    Chip("RTX2070SUPER", "NVIDIA", _ONE, (8,), 8_000_000, 790_000_000),
    Chip("RTX2080", "NVIDIA", _ONE, (8,), 10_000_000, 990_000_000),
    Chip("RTX2080SUPER", "NVIDIA", _ONE, (8,), 10_000_000, 990_000_000),
    Chip("RTX2080TI", "NVIDIA", _ONE, (11,), 12_000_000, 1_190_000_000),
    Chip("RTX3050", "NVIDIA", _ONE, (8, 6), 8_000_000, 790_000_000),
    Chip("RTX3060", "NVIDIA", _ONE, (12, 8), 10_000_000, 990_000_000),
    Chip("RTX3060TI", "NVIDIA", _ONE, (8,), 10_000_000, 990_000_000),
    Chip("RTX3070", "NVIDIA", _ONE, (8,), 12_000_000, 1_190_000_000),
    Chip("RTX3070TI", "NVIDIA", _ONE, (8,), 12_000_000, 1_190_000_000),
    Chip("RTX3080", "NVIDIA", _ONE, (10, 12), 15_000_000, 1_490_000_000),
    Chip("RTX3080TI", "NVIDIA", _ONE, (12,), 15_000_000, 1_490_000_000),
    Chip("RTX3090", "NVIDIA", _ONE, (24,), 30_000_000, 2_400_000_000),
    Chip("RTX3090TI", "NVIDIA", _ONE, (24,), 30_000_000, 2_400_000_000),
    Chip("RTX4060", "NVIDIA", _ONE, (8,), 10_000_000, 990_000_000),
    Chip("RTX4060TI", "NVIDIA", _ONE, (16, 8), 12_000_000, 1_190_000_000),
    Chip("RTX4070", "NVIDIA", _ONE, (12,), 15_000_000, 1_490_000_000),
    Chip("RTX4070SUPER", "NVIDIA", _ONE, (12,), 15_000_000, 1_490_000_000),
    Chip("RTX4070TI", "NVIDIA", _ONE, (12,), 20_000_000, 1_900_000_000),
    Chip("RTX4070TISUPER", "NVIDIA", _ONE, (16,), 20_000_000, 1_900_000_000),
    Chip("RTX4080", "NVIDIA", _ONE, (16,), 30_000_000, 2_900_000_000),
    Chip("RTX4080SUPER", "NVIDIA", _ONE, (16,), 30_000_000, 2_900_000_000),
    Chip("RTX4090", "NVIDIA", _ONE, (24,), 50_000_000, 4_500_000_000),
    Chip("RTX4090-48", "NVIDIA", _ONE, (48,), 80_000_000, 3_900_000_000),  # Rebuilt by others.
    Chip("RTX4090D", "NVIDIA", _ONE, (24,), 40_000_000, 2_400_000_000),
    Chip("RTX5060", "NVIDIA", _ONE, (8,), 12_000_000, 1_190_000_000),
    Chip("RTX5060TI", "NVIDIA", _ONE, (16, 8), 15_000_000, 1_490_000_000),
    Chip("RTX5070", "NVIDIA", _ONE, (12,), 15_000_000, 1_200_000_000),
    Chip("RTX5070TI", "NVIDIA", _ONE, (16,), 20_000_000, 1_900_000_000),
    Chip("RTX5080", "NVIDIA", _ONE, (16,), 20_000_000, 1_900_000_000),
    Chip("RTX5090", "NVIDIA", _ONE, (32,), 70_000_000, 3_900_000_000),
    Chip("RTX5090D", "NVIDIA", _ONE, (32,), 70_000_000, 3_900_000_000),
    Chip("RTX3060LAPTOP", "NVIDIA", _ONE, (6,), 8_000_000, 790_000_000),
    Chip("RTX3070LAPTOP", "NVIDIA", _ONE, (8,), 8_000_000, 790_000_000),
    Chip("RTX3080LAPTOP", "NVIDIA", _ONE, (8, 16), 10_000_000, 990_000_000),
    Chip("RTX4070LAPTOP", "NVIDIA", _ONE, (8,), 10_000_000, 990_000_000),
    Chip("RTX4080LAPTOP", "NVIDIA", _ONE, (12,), 15_000_000, 1_490_000_000),
    Chip("RTX4090LAPTOP", "NVIDIA", _ONE, (16,), 20_000_000, 1_900_000_000),
    Chip("RTX5090LAPTOP", "NVIDIA", _ONE, (24,), 30_000_000, 2_900_000_000),
    Chip("QUADRORTX4000", "NVIDIA", _ONE, (8,), 20_000_000, 1_900_000_000),
    Chip("QUADRORTX5000", "NVIDIA", _ONE, (16,), 30_000_000, 2_900_000_000),
    Chip("QUADRORTX6000", "NVIDIA", _ONE, (24,), 50_000_000, 4_900_000_000),
    Chip("QUADRORTX8000", "NVIDIA", _ONE, (48,), 50_000_000, 4_900_000_000),
    Chip("RTXA2000", "NVIDIA", _ONE, (6, 12), 15_000_000, 1_490_000_000),
    Chip("RTXA4000", "NVIDIA", _ONE, (16,), 25_000_000, 1_900_000_000),
    Chip("RTXA4500", "NVIDIA", _ONE, (20,), 25_000_000, 1_900_000_000),
    Chip("RTXA5000", "NVIDIA", _ONE, (24,), 25_000_000, 2_400_000_000),
    Chip("RTXA6000", "NVIDIA", _ONE, (48,), 50_000_000, 4_400_000_000),
    Chip("RTX2000ADA", "NVIDIA", _ONE, (16,), 20_000_000, 1_500_000_000),
    Chip("RTX4000ADA", "NVIDIA", _ONE, (20,), 30_000_000, 2_900_000_000),
    Chip("RTX4000SFFADA", "NVIDIA", _ONE, (20,), 30_000_000, 2_900_000_000),
    Chip("RTX4500ADA", "NVIDIA", _ONE, (24,), 30_000_000, 2_900_000_000),
    Chip("RTX5000ADA", "NVIDIA", _ONE, (32,), 40_000_000, 3_900_000_000),
    Chip("RTX5880ADA", "NVIDIA", _ONE, (48,), 60_000_000, 5_900_000_000),
    Chip("RTX6000ADA", "NVIDIA", _ONE, (48,), 80_000_000, 5_900_000_000),
    Chip("RTXPRO4000", "NVIDIA", _ONE, (24,), 30_000_000, 2_900_000_000),
    Chip("RTXPRO4500", "NVIDIA", _ONE, (32,), 40_000_000, 3_900_000_000),
    Chip("RTXPRO5000", "NVIDIA", _ONE, (48, 72), 60_000_000, 5_900_000_000),
    Chip("RTXPRO6000", "NVIDIA", _ONE, (96,), 120_000_000, 9_900_000_000),  # Two editions: 600 W.
    Chip("RTXPRO6000MAXQ", "NVIDIA", _ONE, (96,), 120_000_000, 9_900_000_000),  # 300 W: slower.
    Chip("MI50", "AMD", _ONE, (16, 32), 10_000_000, 990_000_000),
    Chip("MI60", "AMD", _ONE, (32,), 10_000_000, 990_000_000),
    Chip("MI100", "AMD", _ONE, (32,), 20_000_000, 1_900_000_000),
    Chip("MI210", "AMD", _ONE, (64,), 50_000_000, 4_900_000_000),
    Chip("MI250", "AMD", _ONE, (128,), 80_000_000, 7_900_000_000),
    Chip("MI250X", "AMD", _ONE, (128,), 80_000_000, 7_900_000_000),
    Chip("MI300A", "AMD", _ONE, (128,), 150_000_000, 14_900_000_000),
    Chip("MI300X", "AMD", _ONE, (192,), 150_000_000, 14_900_000_000),
    Chip("MI308X", "AMD", _ONE, (192,), 100_000_000, 9_900_000_000),
    Chip("MI325X", "AMD", _ONE, (256,), 200_000_000, 19_900_000_000),
    Chip("MI350X", "AMD", _ONE, (288,), 250_000_000, 24_900_000_000),
    Chip("MI355X", "AMD", _ONE, (288,), 250_000_000, 24_900_000_000),
    Chip("GAUDI2", "INTEL", _ONE, (96,), 80_000_000, 7_900_000_000),
    Chip("GAUDI3", "INTEL", _ONE, (128,), 150_000_000, 14_900_000_000),
)
CHIPS = {chip.name: chip for chip in _ROWS}

# An H100 has 94 GB in the NVL form and 80 GB in the others.
_MEMORY_BY_FORM = {("H100", "SXM"): (80,), ("H100", "PCIE"): (80,), ("H100", "NVL"): (94,)}

assert len(CHIPS) == len(_ROWS)
assert all(form in FORMS and form != UNKNOWN for chip in _ROWS for form in chip.forms)
assert all(0 < chip.price_nanousd_min < chip.price_nanousd_max for chip in _ROWS)
assert all(chip.price_nanousd_max < 100 * chip.price_nanousd_min for chip in _ROWS)


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


def price_is_plausible(chip: str, price_nanousd: int) -> bool:
    """Tell whether this price for an hour of one chip lies within its bounds; raises KeyError."""
    known = CHIPS[chip]
    return known.price_nanousd_min <= price_nanousd <= known.price_nanousd_max
