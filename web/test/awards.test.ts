import assert from "node:assert/strict";
import { test } from "node:test";
import { chipHours, chipsAt, gotNothing } from "../src/pages/auction/awards.ts";
import { linesOf, meanOf, type TermFile } from "../src/pages/auction/term.ts";
import { passed } from "../src/pages/auction/when.ts";
import type { Award } from "../src/pages/auction/shapes.ts";

const NONE: Award = { id: "b", side: "buy", payment: "0", make_whole: "0", charge: "0", lines: [], gangs: [] };
const line = (interval: number, quantity: string) => ({ product: "P", interval, tier: "od", quantity });

test("an award's chips are those bought singly and those of its gangs, hour by hour", () => {
  const gang = { mode: "run", product: "P", first: 1, intervals: 2, chips: 16 };
  const award: Award = { ...NONE, lines: [line(0, "2.5"), line(1, "4")], gangs: [gang] };
  assert.deepEqual([0, 1, 2, 3].map((at) => chipsAt(award, "P", at)), [2.5, 20, 16, 0]);
  assert.equal(chipsAt(award, "Q", 1), 0);
  assert.equal(chipHours(award, 60), "38.5");
  assert.equal(chipHours(award, 30), "19.25");
});

test("a pool that sold to gangs alone got something; who has no award got nothing", () => {
  assert.equal(gotNothing(undefined), true);
  assert.equal(gotNothing(NONE), true);
  assert.equal(gotNothing({ ...NONE, lines: [line(0, "1")] }), false);
  assert.equal(gotNothing({ ...NONE, pool: { gangs: ["0", "16"] } }), false);
  assert.equal(gotNothing({ ...NONE, pool: { gangs: ["0", "0"] } }), true);
  assert.equal(chipHours({ ...NONE, pool: { gangs: ["8", "16"] } }, 60), "24");
});

const price = (run: number, text: string) => ({ run, kind: "day-ahead", published: "", price: text, quantity: "1" });
const path = (tier: string, hour: string, ...prices: ReturnType<typeof price>[]) => ({
  product: "P",
  tier,
  hour,
  prices,
});

test("each run is a line of its hours, in order; a gang's price is left out", () => {
  const file: TermFile = {
    paths: [
      path("on-demand", "2026-07-21T01:00:00Z", price(2, "2"), price(1, "1.5")),
      path("on-demand", "2026-07-21T00:00:00Z", price(2, "1")),
      path("gang", "2026-07-21T00:00:00Z", price(2, "9")),
    ],
  };
  const lines = linesOf(file);
  assert.deepEqual(lines.map(({ run, tier }) => [run, tier]), [[1, "on-demand"], [2, "on-demand"]]);
  assert.deepEqual(lines[1]?.points.map((each) => each.price), ["1", "2"]);
});

test("the mean of prices is exact, halves rounded up", () => {
  const mean = (...prices: string[]): string =>
    meanOf({ run: 1, kind: "", tier: "", points: prices.map((each) => ({ hour: "", price: each })) });
  assert.equal(mean("1", "2"), "1.5000");
  assert.equal(mean("0.0001", "0.0002"), "0.0002");
  assert.equal(mean("-0.0001", "-0.0002"), "-0.0001");
  assert.equal(mean("1", "1", "2"), "1.3333");
  assert.throws(() => mean("0.00001"), RangeError);
});

test("market time passes with the wall's, and never back", () => {
  assert.equal(passed("2026-07-21T00:00:00Z", 1_000, 61_000), Date.parse("2026-07-21T00:01:00Z"));
  assert.equal(passed("2026-07-21T00:00:00Z", 1_000, 0), Date.parse("2026-07-21T00:00:00Z"));
});
