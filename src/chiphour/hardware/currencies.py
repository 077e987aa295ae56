"""CURRENCIES: the moneys in which sources state prices.

Takes   a source's word for a currency.
Gives   its ISO 4217 code; CURRENCIES: each code with its name and its minor units.
Keeps   exactness: "$" is the US dollar only when nothing stands before it; "kr" is four moneys and
        so it is none.
Source  ISO 4217.
"""

from typing import NamedTuple


class Currency(NamedTuple):
    """A currency: its ISO 4217 code, its name, and how many of its smallest unit make one."""

    code: str
    name: str
    minor_per_one: int


_ROWS = (
    Currency("AED", "UAE dirham", 100),
    Currency("AUD", "Australian dollar", 100),
    Currency("BRL", "Brazilian real", 100),
    Currency("CAD", "Canadian dollar", 100),
    Currency("CHF", "Swiss franc", 100),
    Currency("CNY", "Chinese yuan", 100),
    Currency("CZK", "Czech koruna", 100),
    Currency("DKK", "Danish krone", 100),
    Currency("EUR", "euro", 100),
    Currency("GBP", "pound sterling", 100),
    Currency("HKD", "Hong Kong dollar", 100),
    Currency("IDR", "Indonesian rupiah", 100),
    Currency("ILS", "Israeli shekel", 100),
    Currency("INR", "Indian rupee", 100),
    Currency("ISK", "Icelandic krona", 1),
    Currency("JPY", "Japanese yen", 1),
    Currency("KRW", "South Korean won", 1),
    Currency("MXN", "Mexican peso", 100),
    Currency("MYR", "Malaysian ringgit", 100),
    Currency("NOK", "Norwegian krone", 100),
    Currency("NZD", "New Zealand dollar", 100),
    Currency("PLN", "Polish zloty", 100),
    Currency("RUB", "Russian rouble", 100),
    Currency("SAR", "Saudi riyal", 100),
    Currency("SEK", "Swedish krona", 100),
    Currency("SGD", "Singapore dollar", 100),
    Currency("THB", "Thai baht", 100),
    Currency("TRY", "Turkish lira", 100),
    Currency("TWD", "New Taiwan dollar", 100),
    Currency("UAH", "Ukrainian hryvnia", 100),
    Currency("USD", "US dollar", 100),
    Currency("VND", "Vietnamese dong", 1),
    Currency("ZAR", "South African rand", 100),
)
CURRENCIES = {currency.code: currency for currency in _ROWS}
assert len(CURRENCIES) == len(_ROWS)

# Other words, in small letters. A code and a name are words of their own.
_CODE_BY_WORD = {
    "$": "USD",
    "us$": "USD",
    "usd$": "USD",
    "$us": "USD",
    "u.s. dollar": "USD",
    "us dollars": "USD",
    "united states dollar": "USD",
    "€": "EUR",
    "euros": "EUR",
    "£": "GBP",
    "pound": "GBP",
    "pounds sterling": "GBP",
    "british pound": "GBP",
    "c$": "CAD",
    "ca$": "CAD",
    "cad$": "CAD",
    "a$": "AUD",
    "au$": "AUD",
    "nz$": "NZD",
    "hk$": "HKD",
    "s$": "SGD",
    "sg$": "SGD",
    "nt$": "TWD",
    "r$": "BRL",
    "mx$": "MXN",
    "₹": "INR",
    "rs.": "INR",
    "rupee": "INR",
    "rupees": "INR",
    "jp¥": "JPY",
    "yen": "JPY",
    "cn¥": "CNY",
    "rmb": "CNY",
    "yuan": "CNY",
    "renminbi": "CNY",
    "₩": "KRW",
    "won": "KRW",
    "₪": "ILS",
    "₺": "TRY",
    "₴": "UAH",
    "₽": "RUB",
    "₫": "VND",
    "฿": "THB",
    "zł": "PLN",
    "zloty": "PLN",
    "kč": "CZK",
    "sfr.": "CHF",
    "franc suisse": "CHF",
    "swiss franc": "CHF",
}
assert all(code in CURRENCIES for code in _CODE_BY_WORD.values())


def currency_named(word: str) -> str | None:
    """Give the code of a currency that a source names; None when no table holds it."""
    plain = " ".join(word.lower().split())
    if plain.upper() in CURRENCIES:
        return plain.upper()
    return _CODE_BY_WORD.get(plain) or _CODE_BY_NAME.get(plain)


_CODE_BY_NAME = {currency.name.lower(): currency.code for currency in _ROWS}
assert len(_CODE_BY_NAME) == len(_ROWS)
