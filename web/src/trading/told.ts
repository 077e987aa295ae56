// TOLD: what the exchange tells, as records. Numbers are the text that it wrote.

export interface Instrument {
  readonly instrument_name: string;
  readonly base_currency: string;
  readonly settlement_period: string;
  readonly price_index: string;
  readonly expiration_timestamp: string;
  readonly state: string;
  readonly is_active: boolean;
  readonly tick_size: string;
  readonly taker_commission: string;
  readonly maker_commission: string;
  readonly max_leverage: string;
}

export interface Summary {
  readonly instrument_name: string;
  readonly bid_price: string | null;
  readonly ask_price: string | null;
  readonly mark_price: string;
  readonly last: string | null;
  readonly volume: string;
  readonly price_change: string | null;
  readonly open_interest: string;
  readonly estimated_delivery_price: string;
  readonly funding_8h?: string;
  readonly current_funding?: string;
}

export interface Ticker {
  readonly instrument_name: string;
  readonly timestamp: string;
  readonly state: string;
  readonly best_bid_price: string | null;
  readonly best_ask_price: string | null;
  readonly last_price: string | null;
  readonly mark_price: string;
  readonly index_price: string;
  readonly index_quality: string;
  readonly min_price: string;
  readonly max_price: string;
  readonly open_interest: string;
  readonly stats: {
    readonly volume: string;
    readonly volume_usd: string;
    readonly high: string | null;
    readonly low: string | null;
    readonly price_change: string | null;
  };
  readonly current_funding?: string;
  readonly funding_8h?: string;
  readonly call?: {
    readonly end_timestamp: string;
    readonly indicative_price?: string | null;
    readonly indicative_amount?: string;
    readonly surplus_amount?: string;
  };
}

export interface Trade {
  readonly trade_id: string;
  readonly trade_seq: string;
  readonly timestamp: string;
  readonly direction: string;
  readonly price: string;
  readonly amount: string;
  readonly mark_price: string;
  readonly index_price: string;
  readonly liquidation?: string;
}

export interface OwnTrade extends Trade {
  readonly order_id: string;
  readonly instrument_name: string;
  readonly fee: string;
  readonly liquidity: string;
}

export interface Candle {
  readonly tick: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

export interface Order {
  readonly order_id: string;
  readonly instrument_name: string;
  readonly direction: string;
  readonly order_type: string;
  readonly order_state: string;
  readonly time_in_force: string;
  readonly price: string; // Or "market_price".
  readonly amount: string;
  readonly filled_amount: string;
  readonly average_price: string;
  readonly post_only: boolean;
  readonly reject_post_only: boolean;
  readonly reduce_only: boolean;
  readonly label: string;
  readonly creation_timestamp: string;
  readonly last_update_timestamp: string;
  readonly trigger?: string;
  readonly trigger_price?: string;
  readonly trigger_offset?: string;
  readonly refresh_amount?: string;
  readonly linked_order_type?: string;
  readonly linked_order_id?: string;
  readonly cancel_reason?: string;
  readonly reason?: string;
}

export interface Position {
  readonly instrument_name: string;
  readonly size: string;
  readonly direction: string;
  readonly average_price: string;
  readonly mark_price: string;
  readonly initial_margin: string;
  readonly maintenance_margin: string;
  readonly total_profit_loss: string;
  readonly realized_funding: string;
  readonly estimated_liquidation_price: string | null;
}

export interface Portfolio {
  readonly balance: string;
  readonly equity: string;
  readonly available_funds: string;
  readonly initial_margin: string;
  readonly maintenance_margin: string;
  readonly total_pl: string;
}

export interface LogEntry {
  readonly id: string;
  readonly timestamp: string;
  readonly type: string;
  readonly instrument_name: string | null;
  readonly side: string;
  readonly amount?: string;
  readonly price: string | null;
  readonly change: string;
  readonly commission: string;
  readonly balance: string;
  readonly position: string | null;
  readonly user_role?: string;
  readonly trade_id: string | null;
  readonly order_id: string | null;
  readonly info: Readonly<Record<string, string>>;
}

export const STANDING = ["open", "untriggered"];
