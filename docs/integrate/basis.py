"""BASIS: pattern three: a contract on our listed price less somebody's other price.

Takes   the signed fix of a day; the other index's level of that day, as its publisher states it.
Gives   the basis, which may be below zero, and what a position in it receives.
Keeps   both legs of one day: a leg of another day is refused, never taken for the missing one.
Source  docs/integrate/README.md. Needs `cryptography`, nothing of chiphour's.
"""

from decimal import ROUND_HALF_EVEN
from decimal import Decimal

from checked_fix import arguments
from checked_fix import checked
from checked_fix import fetched
from checked_fix import settling


def main() -> None:
    """Settle one position in the basis."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--other", type=Decimal, required=True, help="the other level of that day")
    parser.add_argument("--hours", type=int, required=True, help="GPU-hours, below zero when sold")
    parser.add_argument("--entry", type=Decimal, required=True, help="the basis it was opened at")
    asked = parser.parse_args()
    document = checked(fetched(asked.fix), asked.key)
    basis_usd = settling(document, asked.series, asked.day) - asked.other
    paid = (asked.hours * (basis_usd - asked.entry)).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    print(f"{document['series']} basis of {asked.day}: {basis_usd}, receives {paid}")


if __name__ == "__main__":
    main()
