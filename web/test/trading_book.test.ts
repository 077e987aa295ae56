import assert from "node:assert/strict";
import { test } from "node:test";
import { Book, Side, type BookMessage } from "../src/trading/book.ts";
import { crc32 } from "../src/trading/crc32.ts";
import { depthOf, stepOf, stepsOf } from "../src/trading/ladder.ts";
import { gridOf } from "../src/trading/ticks.ts";

const GRID = gridOf("0.01");

function message(type: string, change: number, bids: string[][], asks: string[][], more = {}): BookMessage {
  const read = (rows: string[][]): [string, string, string][] =>
    rows.map(([what = "", price = "", lots = ""]) => [what, price, lots]);
  return {
    type,
    timestamp: "1784593800000",
    change_id: String(change),
    ...(type === "change" ? { prev_change_id: String(change - 1) } : {}),
    bids: read(bids),
    asks: read(asks),
    ...more,
  };
}
const WHOLE = message("snapshot", 1, [["new", "2.40", "5"], ["new", "2.39", "2"]], [["new", "2.51", "3"]]);

test("the checksum is that of the example in the documents", () => {
  assert.equal(crc32("240:5,239:2|251:3"), 916876420);
  const book = new Book(GRID);
  assert.equal(book.take({ ...WHOLE, checksum: "916876420" }), "taken");
  assert.equal(crc32(""), 0);
});

test("changes make the book that a snapshot would have given", () => {
  const book = new Book(GRID);
  book.take(WHOLE);
  book.take(message("change", 2, [["change", "2.40", "4"], ["delete", "2.39", "0"]], [["new", "2.50", "7"]]));
  const fresh = new Book(GRID);
  fresh.take(message("snapshot", 2, [["new", "2.40", "4"]], [["new", "2.51", "3"], ["new", "2.50", "7"]]));
  assert.equal(book.bids.text() + book.asks.text(), fresh.bids.text() + fresh.asks.text());
  assert.equal(book.checksum(), fresh.checksum());
});

test("a message that is missing is a gap, and nothing is taken until a snapshot", () => {
  const book = new Book(GRID);
  book.take(WHOLE);
  assert.equal(book.take(message("change", 3, [["new", "2.41", "1"]], [])), "gap");
  assert.equal(book.isTrue, false);
  assert.equal(book.take(message("change", 4, [["new", "2.41", "1"]], [])), "waits");
  assert.equal(book.take(WHOLE), "taken");
  assert.equal(book.isTrue, true);
});

test("a book that differs from the exchange's is no book", () => {
  const book = new Book(GRID);
  assert.equal(book.take({ ...WHOLE, checksum: "1" }), "differs");
  assert.equal(book.isTrue, false);
  assert.equal(book.take({ ...WHOLE, bids: [["new", "2.405", "1"]] }), "differs"); // Off the grid.
});

test("a side stays in order whatever comes, as a map that is sorted does", () => {
  const side = new Side(-1);
  const plain = new Map<number, number>();
  let seed = 7;
  for (let turn = 0; turn < 4_000; turn += 1) {
    seed = (seed * 48_271) % 2_147_483_647;
    const [ticks, lots] = [(seed % 61) - 30, seed % 5];
    side.set(ticks, lots);
    if (lots) plain.set(ticks, lots);
    else plain.delete(ticks);
  }
  const expected = [...plain].sort(([a], [b]) => b - a);
  assert.deepEqual(expected.map((_, place) => side.at(place)), expected);
  assert.equal(side.size, plain.size);
  assert.equal(side.lotsAt(999), 0);
});

test("steps gather prices away from the middle, and totals add up", () => {
  const [bids, asks] = [new Side(-1), new Side(1)];
  for (const [ticks, lots] of [[249, 5], [241, 2], [239, 1], [-3, 4]] as const) bids.set(ticks, lots);
  for (const [ticks, lots] of [[251, 3], [260, 4], [261, 1]] as const) asks.set(ticks, lots);
  assert.deepEqual(stepsOf(bids, 9, 10).map(({ ticks, lots, total }) => [ticks, lots, total]), [
    [240, 7, 7],
    [230, 1, 8],
    [-10, 4, 12],
  ]);
  assert.deepEqual(stepsOf(asks, 1, 10), [{ ticks: 260, lots: 7, total: 7 }]);
  assert.equal(Object.is(stepOf(0, -1, 10), 0), true);
  assert.deepEqual(depthOf(asks, 2), [[251, 3], [260, 7]]);
});
