"""FUTURE: pattern one: a future that is settled in cash on the fix of its last day.

Takes   the final signed fix of the last day; the position in GPU-hours and its price.
Gives   what the holder receives (or pays, below zero), to the cent.
Keeps   a suppressed, unfit or provisional fix from settling anything: the contract then waits.
Source  docs/integrate/README.md. Needs `cryptography`, nothing of chiphour's.
"""

from decimal import ROUND_HALF_EVEN
from decimal import Decimal

from checked_fix import arguments
from checked_fix import checked
from checked_fix import expect
from checked_fix import fetched
from checked_fix import settling


def payment_usd(hours: int, entry_usd: Decimal, fix_usd: Decimal) -> Decimal:
    """Give hours times (fix less entry); hours below zero are sold."""
    return (hours * (fix_usd - entry_usd)).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def main() -> None:
    """Settle one position."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--hours", type=int, required=True, help="GPU-hours, below zero when sold")
    parser.add_argument("--entry", type=Decimal, required=True, help="dollars per GPU-hour")
    asked = parser.parse_args()
    document = checked(fetched(asked.fix), asked.key)
    expect(document["vintage"] != "provisional", "the final fix of the last day")
    fix_usd = settling(document, asked.series, asked.day)
    paid = payment_usd(asked.hours, asked.entry, fix_usd)
    print(f"{document['series']} settles at {fix_usd}: {paid}")


if __name__ == "__main__":
    main()
