"""PERPETUAL: pattern two: funding that pulls a perpetual to the fix.

Takes   the signed fix of the day; the perpetual's mark; the position in GPU-hours.
Gives   the funding of one day: the rate, and what the holder pays (or receives, below zero).
Keeps   the rate within its clamp; no funding on a day without a fix that is fit.
Source  docs/integrate/README.md. Needs `cryptography`, nothing of chiphour's.
"""

from decimal import ROUND_HALF_EVEN
from decimal import Decimal

from checked_fix import arguments
from checked_fix import checked
from checked_fix import fetched
from checked_fix import settling

CLAMP = Decimal("0.005")  # Of a day: a venue states its own.


def rate(mark_usd: Decimal, fix_usd: Decimal) -> Decimal:
    """Give the premium of the mark over the fix, clamped."""
    premium = (mark_usd - fix_usd) / fix_usd
    return max(-CLAMP, min(CLAMP, premium)).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


def paid_usd(hours: int, fix_usd: Decimal, funding_rate: Decimal) -> Decimal:
    """Give what a holder of so many hours pays: those who are long pay a premium."""
    return (hours * fix_usd * funding_rate).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def main() -> None:
    """Fund one position for a day."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--mark", type=Decimal, required=True, help="the perpetual's mark, dollars")
    parser.add_argument("--hours", type=int, required=True, help="GPU-hours, below zero when short")
    asked = parser.parse_args()
    document = checked(fetched(asked.fix), asked.key)
    fix_usd = settling(document, asked.series, asked.day)
    funding_rate = rate(asked.mark, fix_usd)
    paid = paid_usd(asked.hours, fix_usd, funding_rate)
    print(f"{document['series']} at {fix_usd}: rate {funding_rate}, paid {paid}")


if __name__ == "__main__":
    main()
