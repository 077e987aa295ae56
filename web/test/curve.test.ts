import assert from "node:assert/strict";
import { test } from "node:test";
import { daysBetween, linesOf, MARK, monthsBetween, reasonWords, ticksBetween, withMarks, type Point } from "../src/pages/curve/curve.ts";

const point = (date: string, source: string, price: string | null, name = "X"): Point => ({
  date,
  source,
  name,
  price_usd: price,
  low_usd: null,
  high_usd: null,
  reason: price === null ? "NO_TRADES" : "",
});

test("marks stand beside the futures that they are of, and fill no gap of theirs", () => {
  const points = withMarks(
    [point("2026-08-13", "fix", "3.2"), point("2026-08-31", "future", null, "F")],
    [{ contract: "F", mark_usd: "3.3" }, { contract: "G", mark_usd: "9" }],
  );
  assert.deepEqual(points.map(({ source, price_usd }) => [source, price_usd]), [["fix", "3.2"], ["future", null], [MARK, "3.3"]]);
  assert.deepEqual(linesOf(points).map(({ source }) => source), ["fix", MARK]);
  assert.equal(linesOf(points)[1]?.points[0]?.day, 18);
});

test("axes have round numbers, below zero too", () => {
  assert.deepEqual(ticksBetween(3.1, 3.8, 6), [3.2, 3.4, 3.6, 3.8]);
  assert.deepEqual(ticksBetween(-0.65, -0.55, 4), [-0.65, -0.6, -0.55]);
  assert.ok(ticksBetween(2, 2, 5).length >= 1);
});

test("months are told where they begin, as many as there is room for", () => {
  assert.deepEqual(monthsBetween("2026-08-13", 100, 10)[0], [19, "2026-09"]);
  assert.ok(monthsBetween("2026-08-13", 4_000, 4).length <= 12);
  assert.equal(daysBetween("2026-08-13", "2027-08-13"), 365);
  assert.match(reasonWords("NO_TRADES"), /no bid/);
  assert.equal(reasonWords("NEW_WORD"), "new word");
});
