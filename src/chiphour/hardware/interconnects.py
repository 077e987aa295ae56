"""INTERCONNECTS: what joins the chips of a machine, and machines to one another.

Takes   a source's word for a link.
Gives   our word for it; INTERCONNECTS: each word with its meaning.
Keeps   exactness: a word that no table holds is None. A form, such as SXM, is no link: how an SXM
        board is wired is for the source to say.
Source  Makers' data sheets.
"""

import re

INTERCONNECTS = {
    "PCIE": "the machine's own bus: chips reach one another through the host",
    "NVLINK": "NVIDIA's link between chips of a machine, in pairs or as a mesh",
    "NVSWITCH": "NVLink through switches: all chips of the machine at full rate to each other",
    "NVLINK-RACK": "NVLink through switches of a rack, as in NVL72: one domain of many machines",
    "XGMI": "AMD's link between chips of a machine (Infinity Fabric)",
    "GAUDI": "Ethernet built into Intel's Gaudi chips, within a machine and between",
    "INFINIBAND": "a network between machines with remote memory access",
    "ROCE": "remote memory access between machines over Ethernet",
    "EFA": "AWS's network between machines with remote memory access",
    "ETHERNET": "a network between machines, no remote memory access stated",
}

_WORD_BY_KEY = {
    "pcie": "PCIE",
    "pci": "PCIE",
    "pciexpress": "PCIE",
    "pcie3": "PCIE",
    "pcie4": "PCIE",
    "pcie5": "PCIE",
    "pciegen3": "PCIE",
    "pciegen4": "PCIE",
    "pciegen5": "PCIE",
    "nvlink": "NVLINK",
    "nvlink2": "NVLINK",
    "nvlink3": "NVLINK",
    "nvlink4": "NVLINK",
    "nvlink5": "NVLINK",
    "nvlinkbridge": "NVLINK",
    "nvswitch": "NVSWITCH",
    "nvlinknvswitch": "NVSWITCH",
    "nvl72": "NVLINK-RACK",
    "nvlinkrack": "NVLINK-RACK",
    "xgmi": "XGMI",
    "infinityfabric": "XGMI",
    "amdinfinityfabric": "XGMI",
    "gaudi": "GAUDI",
    "infiniband": "INFINIBAND",
    "ib": "INFINIBAND",
    "infinibandndr": "INFINIBAND",
    "infinibandhdr": "INFINIBAND",
    "quantum2infiniband": "INFINIBAND",
    "roce": "ROCE",
    "rocev2": "ROCE",
    "efa": "EFA",
    "elasticfabricadapter": "EFA",
    "ethernet": "ETHERNET",
}
assert set(_WORD_BY_KEY.values()) == set(INTERCONNECTS)


def interconnect_named(word: str) -> str | None:
    """Give our word for a link that a source names; None when no table holds it."""
    return _WORD_BY_KEY.get(re.sub(r"[^a-z0-9]", "", word.lower()))
