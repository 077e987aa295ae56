import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { area, dearest, declared, demand, intervalOf, priceOf, supply } from "../src/pages/auction/curves.ts";
import type { ResultFile, RunFile } from "../src/pages/auction/shapes.ts";

const POOL = JSON.parse(
  readFileSync(new URL("../../examples/pool/run.json", import.meta.url), "utf8"),
) as RunFile;
const PRODUCT = "H100/node8/us-east";

test("all chips of the pool of the example stand in its merit order, the cheapest first", () => {
  const steps = supply(POOL, PRODUCT, 12);
  assert.equal(steps.reduce((sum, step) => sum + step.chips, 0), 512);
  assert.deepEqual([...steps].sort((a, b) => a.usd - b.usd), steps);
  assert.deepEqual(supply(POOL, "A100/node8/us-east", 12), []);
});

test("a curve is worth its steps, no further than it goes", () => {
  const curve = [["10", "3"], ["10", "1"]] as const;
  assert.equal(area(curve, 5), 15);
  assert.equal(area(curve, 15), 35);
  assert.equal(area(curve, 99), 40);
});

const RUN: RunFile = {
  delivery: { from: "2026-12-01T00:00:00Z", step_minutes: 30, intervals: 2 },
  bids: [
    {
      kind: "buy",
      id: "steady",
      modes: [
        {
          type: "divisible",
          id: "m",
          perf: [{ product: "P", units_per_chip_hour: "2" }],
          curve: [["8", "3"], ["8", "1"]],
          chips_max: "8",
        },
      ],
    },
    {
      kind: "buy",
      id: "gang",
      modes: [{ type: "gang", id: "g", chips: 4, intervals: 2, products: [{ product: "P", value_usd: "40" }] }],
    },
  ],
};

test("served demand stands at what it declared for a chip-hour; what got nothing stands apart", () => {
  const line = { product: "P", tier: "od", mode: "m", quantity: "6" };
  const result: ResultFile = {
    prices: [{ product: "P", tier: "od", interval: 0, price: "1.5" }],
    awards: [
      {
        id: "steady",
        side: "buy",
        payment: "0",
        make_whole: "0",
        charge: "0",
        gangs: [],
        lines: [{ ...line, interval: 0 }, { ...line, interval: 1 }],
      },
    ],
  };
  const [steady, gang] = demand(RUN, result, "P", 0);
  // 6 chips for two half hours: 6 chip-hours, 12 units: 8 at 3 dollars, 4 at 1: 28 dollars.
  assert.deepEqual(steady, { bid: "steady", chips: 6, usd: 28 / 6, served: true });
  assert.deepEqual(gang, { bid: "gang", chips: 4, usd: 10, served: false }); // 40 for 4 chip-hours.
  assert.equal(priceOf(result, "P", 0), 1.5);
  assert.equal(priceOf(result, "P", 1), null);
});

test("an award of nothing is worth nothing", () => {
  const award = { id: "gang", side: "buy", payment: "0", make_whole: "0", charge: "0", lines: [], gangs: [] };
  assert.equal(declared(RUN.bids[1]!, award, 1), 0);
});

test("what is looked at first is where a chip-hour was dearest, and there where most was bought", () => {
  const row = { delivery_from: "2026-12-01T00:00:00Z", step_minutes: 30 };
  const cell = (from: string, price_usd: string) => ({ product: "P", tier: "od", from, price_usd });
  const prices = [
    cell("2026-12-01T00:00:00Z", "1.0000"),
    cell("2026-12-01T00:30:00Z", "2.0000"),
    cell("2026-12-01T01:00:00Z", "2.0000"),
  ];
  const lines = [{ product: "P", interval: 2, tier: "od", quantity: "3" }];
  const award = { id: "b", side: "buy", payment: "0", make_whole: "0", charge: "0", lines, gangs: [] };
  assert.equal(intervalOf(row, "2026-12-01T01:00:00Z"), 2);
  assert.equal(dearest(prices, { awards: [award], prices: [] }, row), prices[2]);
  assert.equal(dearest(prices, null, row), prices[1]);
  assert.equal(dearest([], null, row), undefined);
});
