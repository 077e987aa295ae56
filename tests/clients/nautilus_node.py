"""NAUTILUS NODE: a trading node of nautilus_trader, told what to do line by line.

Takes   the addresses of a server, a key and its secret; on standard input one order, edit, cancel
        or question a line, as JSON.
Gives   one line of JSON for each event of an order, of the account, of a book; and each answer.
Keeps   nautilus_trader as it is installed. Its execution client has two slips in 1.231: it does not
        use `base_url_ws`, and drops its own OrderFilled as "unhandled". The node is given a client
        that does both through the factory that it asks its user for. Its check of risk is off, for
        it denies every price below zero. Runs on its own Python.
Source  nautilus_trader's manual, "Deribit"; decision 0036.
"""

import json
import sys
import threading
from decimal import Decimal

from nautilus_trader.adapters.deribit import factories
from nautilus_trader.adapters.deribit.config import DeribitDataClientConfig
from nautilus_trader.adapters.deribit.config import DeribitExecClientConfig
from nautilus_trader.adapters.deribit.execution import DeribitExecutionClient
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.config import LiveExecEngineConfig
from nautilus_trader.config import LiveRiskEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.config import TradingNodeConfig
from nautilus_trader.core import nautilus_pyo3
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.enums import TimeInForce
from nautilus_trader.model.enums import TriggerType
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.identifiers import TraderId
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.trading.strategy import Strategy

DERIBIT = Venue("DERIBIT")
LOOKBACK_MINUTES = 50 * 366 * 24 * 60  # A market of a test has a time of its own.


def say(what: str, **more) -> None:
    """Tell whoever started this, at once."""
    sys.stdout.write(json.dumps({"what": what, **more}, default=str) + "\n")
    sys.stdout.flush()


class ExecutionClient(DeribitExecutionClient):
    """Nautilus's execution client, with the address that it was given and with fills."""

    def __init__(self, **given) -> None:
        """Make its WebSocket client with that address."""
        super().__init__(**given)
        config = given["config"]
        self._ws_client = nautilus_pyo3.DeribitWebSocketClient(
            url=config.base_url_ws, api_key=config.api_key, api_secret=config.api_secret
        )
        self._ws_client.set_account_id(self.pyo3_account_id)

    def _handle_ws_message(self, msg) -> None:
        if isinstance(msg, nautilus_pyo3.OrderFilled):
            self._send_order_event(OrderFilled.from_dict(msg.to_dict()))
        else:
            super()._handle_ws_message(msg)


class ExecutionClients(factories.DeribitLiveExecClientFactory):
    """Makes it: the node takes a factory of whoever runs it, so nothing of nautilus is touched."""

    @staticmethod
    def create(loop, name, config, msgbus, cache, clock) -> ExecutionClient:
        """Make a client with what nautilus's own factory would give it."""
        http_client = factories.get_cached_deribit_http_client(
            api_key=config.api_key,
            api_secret=config.api_secret,
            base_url=config.base_url_http,
            environment=nautilus_pyo3.DeribitEnvironment.MAINNET,
            timeout_secs=config.http_timeout_secs,
            max_retries=config.max_retries,
            retry_delay_ms=config.retry_delay_initial_ms,
            retry_delay_max_ms=config.retry_delay_max_ms,
            proxy_url=config.proxy_url,
        )
        provider = factories.get_cached_deribit_instrument_provider(
            client=http_client,
            product_types=config.product_types,
            config=config.instrument_provider,
        )
        return ExecutionClient(
            loop=loop,
            http_client=http_client,
            msgbus=msgbus,
            cache=cache,
            clock=clock,
            instrument_provider=provider,
            config=config,
            name=name,
        )


class Told(Strategy):
    """Does what it is told, and tells what comes of it."""

    def on_start(self) -> None:
        """Listen to all trades, and tell what there is to trade."""
        for instrument in self.cache.instruments(venue=DERIBIT):
            self.subscribe_trade_ticks(instrument.id)
            say(
                "instrument",
                type=type(instrument).__name__,
                name=instrument.id.symbol,
                price_increment=instrument.price_increment,
                size_increment=instrument.size_increment,
                multiplier=instrument.multiplier,
                is_inverse=instrument.is_inverse,
            )
        say("started")

    def on_order_book_deltas(self, deltas) -> None:
        """Tell the book after each message."""
        book = self.cache.order_book(deltas.instrument_id)
        if book is not None:
            say(
                "book",
                name=deltas.instrument_id.symbol,
                sequence=deltas.sequence,
                bids=[[level.price, level.size()] for level in book.bids()],
                asks=[[level.price, level.size()] for level in book.asks()],
            )

    def on_trade_tick(self, tick) -> None:
        """Tell a public trade."""
        say("trade", name=tick.instrument_id.symbol, price=tick.price, size=tick.size)

    def on_order_event(self, event) -> None:
        """Tell what happened to an order."""
        order = self.cache.order(event.client_order_id)
        if order is None:
            return  # It has only been made.
        say(
            "order",
            event=type(event).__name__,
            id=event.client_order_id,
            number=order.venue_order_id,
            status=order.status_string(),
            quantity=order.quantity,
            filled=order.filled_qty,
            price=order.price if order.has_price else None,
            reason=getattr(event, "reason", ""),
        )

    def act(self, asked) -> None:
        """Do one thing."""
        getattr(self, f"do_{asked.pop('do')}")(**asked)

    def do_listen(self, name) -> None:
        """Listen to a book; one below zero would end the process, a fault of 1.231."""
        self.subscribe_order_book_deltas(InstrumentId.from_str(f"{name}.DERIBIT"))

    def do_place(self, id, name, side, lots, price=None, trigger=None, **more) -> None:
        """Send an order: limit, market, or a stop where there is a trigger."""
        instrument = self.cache.instrument(InstrumentId.from_str(f"{name}.DERIBIT"))
        if "time_in_force" in more:
            more["time_in_force"] = TimeInForce[more["time_in_force"]]
        if price is not None:
            more["price"] = instrument.make_price(Decimal(price))
        if trigger is not None:
            more["trigger_price"] = instrument.make_price(Decimal(trigger))
            more["trigger_type"] = TriggerType.MARK_PRICE
        make = {
            (False, False): self.order_factory.market,
            (True, False): self.order_factory.limit,
            (False, True): self.order_factory.stop_market,
            (True, True): self.order_factory.stop_limit,
        }[price is not None, trigger is not None]
        self.submit_order(
            make(
                instrument_id=instrument.id,
                order_side=OrderSide[side.upper()],
                quantity=instrument.make_qty(lots),
                client_order_id=ClientOrderId(id),
                **more,
            )
        )

    def do_edit(self, id, lots, price) -> None:
        """Change an order."""
        order = self.cache.order(ClientOrderId(id))
        instrument = self.cache.instrument(order.instrument_id)
        self.modify_order(order, instrument.make_qty(lots), instrument.make_price(Decimal(price)))

    def do_cancel(self, id) -> None:
        """Cancel an order."""
        self.cancel_order(self.cache.order(ClientOrderId(id)))

    def do_cancel_all(self, name) -> None:
        """Cancel all orders of a contract."""
        self.cancel_all_orders(InstrumentId.from_str(f"{name}.DERIBIT"))

    def do_tell(self) -> None:
        """Tell positions, open orders and money as the node has them."""
        positions = self.cache.positions_open()
        balances = self.portfolio.account(DERIBIT).balances()
        say(
            "state",
            positions={str(each.instrument_id.symbol): each.signed_qty for each in positions},
            orders={
                str(each.venue_order_id): {
                    "name": each.instrument_id.symbol,
                    "side": each.side_string(),
                    "quantity": each.quantity,
                    "filled": each.filled_qty,
                    "price": each.price if each.has_price else None,
                }
                for each in self.cache.orders_open()
            },
            balances={
                str(currency): [balance.total.as_decimal(), balance.free.as_decimal()]
                for currency, balance in balances.items()
            },
        )


def main(url: str, socket_url: str, key: str, secret: str) -> None:
    """Run the node until standard input ends."""
    addresses = {"base_url_http": f"{url}/api/v2", "base_url_ws": socket_url}
    every = InstrumentProviderConfig(load_all=True)
    words = {"api_key": key, "api_secret": secret, "instrument_provider": every, **addresses}
    node = TradingNode(
        TradingNodeConfig(
            trader_id=TraderId("TEST-001"),
            logging=LoggingConfig(log_level="ERROR" if len(sys.argv) < 6 else sys.argv[5]),
            exec_engine=LiveExecEngineConfig(
                reconciliation=True,
                open_check_interval_secs=1.0,
                open_check_lookback_mins=LOOKBACK_MINUTES,
            ),
            risk_engine=LiveRiskEngineConfig(bypass=True),
            data_clients={"DERIBIT": DeribitDataClientConfig(**words)},
            exec_clients={"DERIBIT": DeribitExecClientConfig(**words)},
            timeout_connection=20.0,
            timeout_disconnection=2.0,
            timeout_post_stop=1.0,
        )
    )
    strategy = Told()
    node.trader.add_strategy(strategy)
    node.add_data_client_factory("DERIBIT", factories.DeribitLiveDataClientFactory)
    node.add_exec_client_factory("DERIBIT", ExecutionClients)
    node.build()
    loop = node.get_event_loop()

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(strategy.act, json.loads(line))
        loop.call_soon_threadsafe(node.stop)

    threading.Thread(target=listen, daemon=True).start()
    try:
        node.run()
    finally:
        node.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:5])
