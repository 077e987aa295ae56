"""TEST TRANSFER: the record that the auction fills and the exchange's command carries.

Takes   a transfer.
Gives   the command that says the same, column by column.
Keeps   the words of both sides in step: a field added to one is missed in the other.
Source  Rulebook 3.6.
"""

from chiphour.exchange.commands import USES
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import named_command
from chiphour.ledger.transfer import Transfer


def test_transfer_says_all_that_the_command_reads():
    transfer = Transfer(source=8, target=9, amount_microusd=1_500_000, run=3, item=2)
    fields = transfer._asdict()
    columns = {"account": fields.pop("source")} | fields
    assert {name.upper() for name in columns} == set(USES[Kind.TRANSFER])
    row = command(Kind.TRANSFER, **columns)
    assert named_command(row).items() >= columns.items()
