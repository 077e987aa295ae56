import assert from "node:assert/strict";
import { test } from "node:test";
import { chartSpan, drawnCandles, startOf } from "../src/trading/candles.ts";
import { listed, sorted } from "../src/trading/contracts.ts";
import { parseExact } from "../src/trading/exact.ts";
import type { Instrument, Summary } from "../src/trading/told.ts";
import { drawnPrice, gridOf, lotsOf, priceOf, ticksOf } from "../src/trading/ticks.ts";

test("numbers stay as they were written, texts and their escapes too", () => {
  const text = '{"a": 999999999999.123456, "b": [-0.10, 1e5, true, null], "c": "say \\"3.5\\" \\\\", "7": 7}';
  assert.deepEqual(parseExact(text), {
    a: "999999999999.123456",
    b: ["-0.10", "1e5", true, null],
    c: 'say "3.5" \\',
    "7": "7",
  });
  assert.throws(() => parseExact("{"), SyntaxError);
});

test("ticks and prices go over into each other, and what is off the grid is none", () => {
  const grid = gridOf("0.0005");
  for (const ticks of [0, 1, -1, 4_820, -60_001]) assert.equal(ticksOf(priceOf(ticks, grid), grid), ticks);
  assert.equal(ticksOf("2.41", grid), 4_820);
  assert.equal(ticksOf("\u22120.5", grid), -1_000);
  for (const bad of ["2.4102", "2.41049", "", "x", "1e3", "9".repeat(29)]) assert.equal(ticksOf(bad, grid), null);
  assert.equal(drawnPrice(4_820, grid), 2.41);
  assert.throws(() => gridOf("0"), RangeError);
});

test("lots are whole and above nought", () => {
  assert.equal(lotsOf(" 1,000 "), 1000);
  for (const bad of ["0", "-1", "1.5", "", "ten", "1".repeat(13)]) assert.equal(lotsOf(bad), null);
});

test("candles are drawn in order, each once", () => {
  const candle = (tick: number): Parameters<typeof drawnCandles>[0][number] => ({
    tick: String(tick),
    open: "3",
    high: "3.5",
    low: "2.5",
    close: "3.1",
    volume: "4",
  });
  const drawn = drawnCandles([candle(60_000), candle(120_000), candle(120_000), candle(0)]);
  assert.deepEqual(drawn.map((each) => each.time), [60, 120]);
  assert.equal(startOf(86_401, "1D"), 86_400);
  assert.equal(startOf(3_599, "60"), 0);
  assert.equal(chartSpan("1"), 36_000_000);
});

test("contracts are found by their name and put in order; unknown prices come last", () => {
  const one = (name: string, expiry: string, period = "month"): Instrument =>
    ({ instrument_name: name, expiration_timestamp: expiry, settlement_period: period }) as Instrument;
  const rows = listed(
    [one("B-SEP", "2"), one("A-<b>", "1"), one("C-PERP", "9", "perpetual")],
    [{ instrument_name: "B-SEP", last: "2.5" } as Summary, { instrument_name: "A-<b>", last: null } as Summary],
  );
  const names = (sort: string, find = ""): string[] =>
    sorted(rows, sort, find).map(({ instrument }) => instrument.instrument_name);
  assert.deepEqual(names("expiry"), ["C-PERP", "A-<b>", "B-SEP"]);
  assert.deepEqual(names("last"), ["B-SEP", "A-<b>", "C-PERP"]);
  assert.deepEqual(names("-last"), ["B-SEP", "A-<b>", "C-PERP"]);
  assert.deepEqual(names("-name", "p"), ["C-PERP", "B-SEP"]);
});
