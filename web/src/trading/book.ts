// BOOK: a mirror of a contract's book, that knows when it is no longer one.
//
// Takes   messages of `book.X.100ms`: a snapshot, then changes.
// Gives   both sides, the best first; whether the mirror is true.
// Keeps   order by sequence (`prev_change_id`) and content by checksum (docs/api/checksum.md).
//         After a fault nothing is taken until the next snapshot.

import { crc32 } from "./crc32.ts";
import { ticksOf, type Grid } from "./ticks.ts";

const CHECKED = 10;

export type Taken = "taken" | "gap" | "differs" | "waits";
export type Change = readonly [what: string, price: string, lots: string];

export interface BookMessage {
  readonly type: string;
  readonly timestamp: string;
  readonly change_id: string;
  readonly prev_change_id?: string;
  readonly bids: readonly Change[];
  readonly asks: readonly Change[];
  readonly checksum?: string;
}

/** Prices of one side in order, the best first. `sign` is -1 for bids: keys then ascend. */
export class Side {
  readonly sign: 1 | -1;
  #keys: number[] = [];
  #lots: number[] = [];

  constructor(sign: 1 | -1) {
    this.sign = sign;
  }

  get size(): number {
    return this.#keys.length;
  }

  clear(): void {
    this.#keys = [];
    this.#lots = [];
  }

  /** Give (ticks, lots) of the place from the best, 0. */
  at(place: number): [ticks: number, lots: number] | undefined {
    const key = this.#keys[place];
    return key === undefined ? undefined : [this.sign * key, this.#lots[place] as number];
  }

  lotsAt(ticks: number): number {
    const place = this.#place(this.sign * ticks);
    return this.#keys[place] === this.sign * ticks ? (this.#lots[place] as number) : 0;
  }

  /** Set the lots of a price; 0 takes it out. */
  set(ticks: number, lots: number): void {
    const key = this.sign * ticks;
    const place = this.#place(key);
    const held = this.#keys[place] === key;
    if (lots > 0 && held) this.#lots[place] = lots;
    else if (lots > 0) {
      this.#keys.splice(place, 0, key);
      this.#lots.splice(place, 0, lots);
    } else if (held) {
      this.#keys.splice(place, 1);
      this.#lots.splice(place, 1);
    }
  }

  text(): string {
    const parts: string[] = [];
    for (let place = 0; place < Math.min(CHECKED, this.size); place += 1) {
      parts.push(`${this.sign * (this.#keys[place] as number)}:${this.#lots[place]}`);
    }
    return parts.join(",");
  }

  #place(key: number): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A book. */
export class Book {
  readonly grid: Grid;
  readonly bids = new Side(-1);
  readonly asks = new Side(1);
  change = ""; // The number of the last change; "" before the first snapshot, and after a fault.
  time = 0; // Of the last message, market time in milliseconds.

  constructor(grid: Grid) {
    this.grid = grid;
  }

  get isTrue(): boolean {
    return this.change !== "";
  }

  /** Take a message; say what came of it. */
  take(message: BookMessage): Taken {
    if (message.type === "snapshot") {
      this.bids.clear();
      this.asks.clear();
    } else if (!this.isTrue) return "waits";
    else if (message.prev_change_id !== this.change) {
      this.change = "";
      return "gap";
    }
    const isRead = this.#apply(this.bids, message.bids) && this.#apply(this.asks, message.asks);
    if (!isRead || (message.checksum !== undefined && Number(message.checksum) !== this.checksum())) {
      this.change = "";
      return "differs";
    }
    this.change = message.change_id;
    this.time = Number(message.timestamp);
    return "taken";
  }

  /** The checksum of the best ten prices of either side. */
  checksum(): number {
    return crc32(`${this.bids.text()}|${this.asks.text()}`);
  }

  #apply(side: Side, changes: readonly Change[]): boolean {
    for (const [what, price, lots] of changes) {
      const ticks = ticksOf(price, this.grid);
      if (ticks === null) return false;
      side.set(ticks, what === "delete" ? 0 : Number(lots));
    }
    return true;
  }
}
