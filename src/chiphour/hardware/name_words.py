"""NAME_WORDS: the words that names of cards are made of.

Takes   nothing: these are tables.
Gives   for each key (a model's name in small letters and digits, nothing between) its chip; the
        words for forms, makers, and those that say nothing.
Keeps   one chip to a key. A name that means several cards, such as "RTX 6000", has no chip of its
        own: only a memory that one of them alone has can tell.
Source  Makers' data sheets; the names of the recorded sources.
"""

MAKERS = ("nvidia", "geforce", "tesla", "amd", "instinct", "radeon", "intel", "habana")

# Words beside a model that change nothing about it.
_NOISE = """
    ac blackwell cc cuda edition gddr5 gddr6 gddr6x gddr7 freq generation gpu gpus grace hbm
    hbm2 hbm2e hbm3 hbm3e high hopper memory mod nvlink ram superchip vram
"""
NOISE = frozenset(_NOISE.split())

FORM_BY_WORD = {
    "sxm": "SXM",
    "sxm2": "SXM",
    "sxm3": "SXM",
    "sxm4": "SXM",
    "sxm5": "SXM",
    "sxm6": "SXM",
    "hgx": "SXM",  # Boards of four or eight SXM modules; there are no others.
    "pcie": "PCIE",
    "fhhl": "PCIE",
    "nvl": "NVL",
    "nvl72": "NVL72",
    "oam": "OAM",
}

# What NVIDIA's driver says of one form only: the PCIe card is "H100 PCIe", the NVL "H100 NVL".
FORM_BY_DRIVER_NAME = {"nvidiah10080gbhbm3": "SXM"}

# A name that stands for another chip when it has this much memory, in GB.
CHIP_BY_MEMORY = {
    ("A100", 40): "A100-40",
    ("RTX4090", 48): "RTX4090-48",
    ("RTX4000", 8): "QUADRORTX4000",
    ("RTX5000", 16): "QUADRORTX5000",
    ("RTX6000", 24): "QUADRORTX6000",
    ("RTX8000", 48): "QUADRORTX8000",
}

# The chip, then its keys. A chip's own name is a key of it too, unless memory is part of it. The
# 480 GB of a GH200 are those of its processor: the driver has them in its name.
_KEYS = """
    H100 h100 h100mega
    H200 h200
    H800 h800
    H20 h20
    GH200 gh200 gh200480gb
    B200 b200
    B300 b300
    GB200 gb200
    GB300 gb300
    A100 a100
    A100X a100x
    A800 a800
    V100 v100
    P100 p100
    A2 a2
    A10 a10
    A10G a10g
    A16 a16
    A30 a30
    A40 a40
    L4 l4
    L40 l40
    L40S l40s
    T4 t4
    P4 p4
    P40 p40
    K80 k80
    M40 m40
    M60 m60
    GTX1050 gtx1050
    GTX1050TI gtx1050ti
    GTX1060 gtx1060
    GTX1070 gtx1070
    GTX1070TI gtx1070ti
    GTX1080 gtx1080
    GTX1080TI gtx1080ti
    GTX1650 gtx1650
    GTX1660 gtx1660
    GTX1660SUPER gtx1660super gtx1660s
    GTX1660TI gtx1660ti
    TITANV titanv
    TITANXP titanxp
    TITANRTX titanrtx
    RTX2060 rtx2060
    RTX2060SUPER rtx2060super rtx2060s
    RTX2070 rtx2070
    RTX2070SUPER rtx2070super rtx2070s
    RTX2080 rtx2080
    RTX2080SUPER rtx2080super rtx2080s
    RTX2080TI rtx2080ti
    RTX3050 rtx3050
    RTX3060 rtx3060
    RTX3060TI rtx3060ti
    RTX3070 rtx3070
    RTX3070TI rtx3070ti
    RTX3080 rtx3080
    RTX3080TI rtx3080ti
    RTX3090 rtx3090 3090
    RTX3090TI rtx3090ti 3090ti
    RTX4060 rtx4060
    RTX4060TI rtx4060ti
    RTX4070 rtx4070
    RTX4070SUPER rtx4070super rtx4070s
    RTX4070TI rtx4070ti
    RTX4070TISUPER rtx4070tisuper rtx4070sti
    RTX4080 rtx4080
    RTX4080SUPER rtx4080super rtx4080s
    RTX4090 rtx4090 4090
    RTX4090D rtx4090d
    RTX5060 rtx5060
    RTX5060TI rtx5060ti
    RTX5070 rtx5070
    RTX5070TI rtx5070ti
    RTX5080 rtx5080
    RTX5090 rtx5090 5090
    RTX5090D rtx5090d
    RTX3060LAPTOP rtx3060laptop
    RTX3070LAPTOP rtx3070laptop
    RTX3080LAPTOP rtx3080laptop
    RTX4070LAPTOP rtx4070laptop
    RTX4080LAPTOP rtx4080laptop
    RTX4090LAPTOP rtx4090laptop
    RTX5090LAPTOP rtx5090laptop
    QUADRORTX4000 quadrortx4000 qrtx4000
    QUADRORTX5000 quadrortx5000 qrtx5000
    QUADRORTX6000 quadrortx6000 qrtx6000
    QUADRORTX8000 quadrortx8000 qrtx8000
    RTXA2000 rtxa2000 a2000
    RTXA4000 rtxa4000 a4000
    RTXA4500 rtxa4500 a4500
    RTXA5000 rtxa5000 a5000
    RTXA6000 rtxa6000 a6000
    RTX2000ADA rtx2000ada
    RTX4000ADA rtx4000ada
    RTX4000SFFADA rtx4000sffada rtx4000adasff
    RTX4500ADA rtx4500ada
    RTX5000ADA rtx5000ada
    RTX5880ADA rtx5880ada
    RTX6000ADA rtx6000ada 6000ada
    RTXPRO4000 rtxpro4000
    RTXPRO4500 rtxpro4500
    RTXPRO5000 rtxpro5000
    RTXPRO6000 rtxpro6000 rtx6000pro pro6000 rtxpro6000s rtxpro6000se rtxpro6000server
    RTXPRO6000 rtxpro6000we rtxpro6000wk rtxpro6000ws rtxpro6000workstation rtxproa6000se
    RTXPRO6000 rtx6000proserver
    RTXPRO6000MAXQ rtxpro6000maxq rtxpro6000maxqworkstation rtxpro6000mq
    MI50 mi50
    MI60 mi60
    MI100 mi100
    MI210 mi210
    MI250 mi250
    MI250X mi250x
    MI300A mi300a
    MI300X mi300x
    MI308X mi308x
    MI325X mi325x
    MI350X mi350x
    MI355X mi355x
    GAUDI2 gaudi2 hl225 gaudi2hl225
    GAUDI3 gaudi3 hl325 gaudi3hl325
    RTX4000 rtx4000
    RTX5000 rtx5000
    RTX6000 rtx6000
    RTX8000 rtx8000
"""


def _chip_by_key() -> dict[str, str]:
    """Read the table; a key that stands twice is a fault of ours."""
    found: dict[str, str] = {}
    for line in _KEYS.strip().splitlines():
        chip, *keys = line.split()
        for key in keys:
            assert key not in found, (key, chip)
            found[key] = chip
    return found


CHIP_BY_KEY = _chip_by_key()
