import assert from "node:assert/strict";
import { test } from "node:test";
import { ANY, chosen, mixes, sorted, type Offer } from "../src/pages/prices/offers.ts";

function offer(venue: string, price: string | null, more: Partial<Offer> = {}): Offer {
  return {
    venue,
    source: venue,
    kind: "list",
    chip: "H100",
    chip_name: "H100",
    form: "SXM",
    memory_gb: 80,
    tenor: "OD",
    price_usd: price,
    gpus: 1,
    region: null,
    country: null,
    interconnect: null,
    observed: "2026-07-20T00:00:00Z",
    age_seconds: 60,
    flags: [],
    link: "https://venue.example/",
    ...more,
  };
}

test("what an offer does not say does not fit a filter that asks for it", () => {
  const offers = [offer("a", "2"), offer("b", "3", { memory_gb: null, kind: "ask", gpus: 8 })];
  const venues = (wanted: Partial<typeof ANY>): string[] =>
    chosen(offers, { ...ANY, ...wanted }).map((one) => one.venue);
  assert.deepEqual(venues({}), ["a", "b"]);
  assert.deepEqual(venues({ memory: "80" }), ["a"]);
  assert.deepEqual(venues({ stock: "yes" }), ["b"]); // A list price says nothing of stock.
  assert.deepEqual(venues({ gpus: "9" }), []);
  assert.deepEqual(venues({ chip: "<b>" }), []);
});

test("prices are ordered exactly, and what is not said comes last either way", () => {
  const offers = [offer("a", "10.00"), offer("b", "9.000000001"), offer("c", null), offer("d", "9")];
  assert.deepEqual(sorted(offers, "price").map((one) => one.venue), ["d", "b", "a", "c"]);
  assert.deepEqual(sorted(offers, "-price").map((one) => one.venue), ["a", "b", "d", "c"]);
});

test("a job takes the cheapest first, an ask no further than its GPUs", () => {
  const offers = [
    offer("ask", "1.10", { kind: "ask", gpus: 3, tenor: "SPOT" }),
    offer("back", "1.50", { tenor: "INT" }),
    offer("list", "2.00"),
    offer("other chip", "0.10", { chip: "T4", kind: "ask", gpus: 2 }),
  ];
  const found = mixes(offers, { gpus: 5, hours: 10 });
  assert.deepEqual(
    found.map((mix) => [mix.name, mix.cost_usd, mix.missing]),
    [
      ["cheapest of all", "63.00", 0], // 3 x 1.10 and 2 x 1.50, ten hours.
      ["not taken back", "73.00", 0],
      ["on demand", "100.00", 0],
      ["marketplace, hourly", "33.00", 2], // Two GPUs that nobody offers are told, not hidden.
    ],
  );
});

test("every mix adds up, and no cheaper choice of the same way was left", () => {
  let seed = 7;
  const random = (most: number): number => (seed = (seed * 16807) % 2147483647) % most;
  for (let round = 0; round < 200; round++) {
    const offers = Array.from({ length: 6 }, (_, place) =>
      offer(`v${place}`, `${1 + random(400)}.${random(10)}`, { kind: "ask", gpus: 1 + random(4) }),
    );
    const job = { gpus: 1 + random(8), hours: 1 + random(50) };
    const [mix] = mixes(offers, job);
    assert.ok(mix);
    const took = mix.taken.reduce((sum, one) => sum + one.gpus, 0);
    assert.equal(took + mix.missing, job.gpus);
    // Every GPU by itself, the cheapest first: another way to the same sum.
    const each = offers.flatMap((one) => Array<number>(one.gpus).fill(Number(one.price_usd) * 10));
    const least = each.sort((a, b) => a - b).slice(0, took).reduce((a, b) => a + b, 0) * job.hours;
    assert.equal(Math.round(Number(mix.cost_usd) * 10), Math.round(least));
  }
});
