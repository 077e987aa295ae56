"""HARDWARE: the whole vocabulary: chips, terms, places, moneys, links; and how sources say them.

Takes   nothing: this package is a language.
Gives   the words, and for each kind a function that reads a source's word into ours, or None.
Keeps   exactness: a word that no table holds is never guessed, and no part of one is ever enough.
Source  Methodology, "Series"; makers' data sheets; ISO 3166 and 4217; the venues' own pages.
"""

from chiphour.hardware.chips import CHIPS
from chiphour.hardware.chips import FORMS
from chiphour.hardware.chips import MEMORY_GAP_PPM
from chiphour.hardware.chips import UNKNOWN
from chiphour.hardware.chips import Chip
from chiphour.hardware.chips import form_is_settled
from chiphour.hardware.chips import memory_gb_from_mib
from chiphour.hardware.chips import memory_sizes_gb
from chiphour.hardware.chips import price_is_plausible
from chiphour.hardware.countries import AREAS
from chiphour.hardware.currencies import CURRENCIES
from chiphour.hardware.currencies import Currency
from chiphour.hardware.currencies import currency_named
from chiphour.hardware.interconnects import INTERCONNECTS
from chiphour.hardware.interconnects import interconnect_named
from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.hardware.regions import Place
from chiphour.hardware.regions import place_of
from chiphour.hardware.tenors import TENORS

__all__ = [
    "AREAS",
    "CHIPS",
    "CURRENCIES",
    "FORMS",
    "INTERCONNECTS",
    "MEMORY_GAP_PPM",
    "TENORS",
    "UNKNOWN",
    "Card",
    "Chip",
    "Currency",
    "Place",
    "card_named",
    "currency_named",
    "form_is_settled",
    "interconnect_named",
    "memory_gb_from_mib",
    "memory_sizes_gb",
    "place_of",
    "price_is_plausible",
]
