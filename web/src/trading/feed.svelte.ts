// FEED: a contract as it is seen live: its book, ticker, trades and call.
//
// Takes   the wire; an instrument.
// Gives   what stands, as state: `drawn` counts the drawings, at most one a frame.
// Keeps   a bound on all that gathers. A book that is not true is begun anew, and it is told.

import { Book, type BookMessage } from "./book.ts";
import { atNextFrame } from "./frames.ts";
import type { Instrument, Ticker, Trade } from "./told.ts";
import { gridOf, type Grid } from "./ticks.ts";
import type { Exact } from "./exact.ts";
import type { Wire } from "./wire.ts";

export const TAPE_MAX = 200;
const MARKS_MAX = 2_000;
const PAST = 1_000; // Trades that are read for their marks.

export interface Priced {
  readonly time: number; // Seconds since 1970.
  readonly mark: number;
  readonly index: number;
}

export class Feed {
  readonly instrument: Instrument;
  readonly grid: Grid;
  readonly book: Book;
  ticker = $state.raw<Ticker | null>(null);
  tape = $state.raw<readonly Trade[]>([]); // The newest first.
  drawn = $state(0); // Of the book.
  resyncs = $state(0); // Books that were lost and begun anew.
  isTrue = $state(false);
  heardAt = $state(0); // When the last message of this contract came, by `performance.now`.
  priced: Priced[] = []; // Marks and indexes, the oldest first.
  onpriced: (each: Priced) => void = () => {};
  onpast: () => void = () => {}; // Older marks have come to be known.

  #wire: Wire;
  #ends: (() => void)[] = [];
  #nextTicker: Ticker | null = null;
  #nextTape: Trade[] = [];
  #heardAt = 0;
  #isResyncing = false;

  constructor(wire: Wire, instrument: Instrument) {
    this.#wire = wire;
    this.instrument = instrument;
    this.grid = gridOf(instrument.tick_size);
    this.book = new Book(this.grid);
    const name = instrument.instrument_name;
    const bookChannel = `book.${name}.100ms`;
    this.#ends = [
      wire.follow(bookChannel, (data) => this.#takeBook(bookChannel, data), {
        anew: () => this.#forget(),
      }),
      wire.follow(`ticker.${name}.100ms`, (data) => this.#takeTicker(data)),
      wire.follow(`trades.${name}.100ms`, (data) => this.#takeTrades(data), {
        begun: () => void this.#catchUp(),
      }),
    ];
  }

  end(): void {
    for (const end of this.#ends) end();
  }

  #forget(): void {
    if (this.book.isTrue) this.resyncs += 1;
    this.book.change = "";
    this.#mark();
  }

  #takeBook(channel: string, data: Exact): void {
    const taken = this.book.take(data as unknown as BookMessage);
    if (taken === "gap" || taken === "differs") {
      this.resyncs += 1;
      void this.#resync(channel);
    }
    this.#mark();
  }

  async #resync(channel: string): Promise<void> {
    if (this.#isResyncing) return;
    this.#isResyncing = true;
    await this.#wire.again(channel).catch(() => {});
    this.#isResyncing = false;
  }

  #takeTicker(data: Exact): void {
    this.#nextTicker = data as unknown as Ticker;
    const { timestamp, mark_price, index_price } = this.#nextTicker;
    this.#price(Number(timestamp), mark_price, index_price);
    this.#mark();
  }

  #takeTrades(data: Exact): void {
    this.#add(data as unknown as Trade[]);
    this.#mark();
  }

  /** Read the trades that came while nobody listened, and the marks that they tell. */
  async #catchUp(): Promise<void> {
    const params = { instrument_name: this.instrument.instrument_name, count: PAST };
    try {
      const found = await this.#wire.call<{ trades: Trade[] }>(
        "public/get_last_trades_by_instrument",
        params,
      );
      const past = found.trades.toReversed();
      this.#pricePast(past);
      this.#add(past);
      this.#mark();
    } catch {
      // The line was lost: it catches up again when it is back.
    }
  }

  /** Add trades, the oldest first, each once. */
  #add(trades: readonly Trade[]): void {
    const newest = Number(this.#nextTape[0]?.trade_seq ?? -1);
    const fresh = trades.filter((trade) => Number(trade.trade_seq) > newest);
    if (fresh.length) this.#nextTape = [...fresh.toReversed(), ...this.#nextTape].slice(0, TAPE_MAX);
  }

  /** Put the marks that past trades tell before those that were heard. */
  #pricePast(trades: readonly Trade[]): void {
    const heard = this.priced;
    this.priced = [];
    for (const { timestamp, mark_price, index_price } of trades) {
      this.#price(Number(timestamp), mark_price, index_price, true);
    }
    const last = this.priced.at(-1)?.time ?? 0;
    this.priced.push(...heard.filter((each) => each.time > last));
    this.onpast();
  }

  #price(timeMs: number, mark: string, index: string, isPast = false): void {
    const each = { time: Math.floor(timeMs / 1000), mark: Number(mark), index: Number(index) };
    const last = this.priced.at(-1);
    if (last && each.time < last.time) return;
    if (last?.time === each.time) this.priced[this.priced.length - 1] = each;
    else this.priced.push(each);
    if (this.priced.length > MARKS_MAX) this.priced.splice(0, MARKS_MAX / 10);
    if (!isPast) this.onpriced(each);
  }

  #mark(): void {
    this.#heardAt = performance.now();
    atNextFrame(this.#draw);
  }

  #draw = (): void => {
    this.ticker = this.#nextTicker;
    this.tape = this.#nextTape;
    this.isTrue = this.book.isTrue;
    this.heardAt = this.#heardAt;
    this.drawn += 1;
  };
}
