import assert from "node:assert/strict";
import { test } from "node:test";
import { apart, linePath, placesOf, ticks } from "../src/lib/plot.ts";

test("ticks are round and hold all between them", () => {
  assert.deepEqual(ticks(0, 6.8, 4), [0, 2, 4, 6, 8]);
  assert.deepEqual(ticks(3.17, 3.225, 3).map((each) => each.toFixed(2)), ["3.16", "3.18", "3.20", "3.22", "3.24"]);
  assert.deepEqual(ticks(-1, 1, 2), [-1, 0, 1]);
  assert.deepEqual(ticks(2, 2, 4), [2]);
  assert.deepEqual([placesOf([0, 2]), placesOf([0, 0.5]), placesOf([0, 0.25])], [0, 1, 2]);
});

test("a gap lifts the pen, a step holds the value", () => {
  assert.equal(linePath([[0, 1], [1, null], [2, 3], [3, 4]]), "M0.0 1.0M2.0 3.0L3.0 4.0");
  assert.equal(linePath([[0, 1], [2, 3]], true), "M0.0 1.0H2.0V3.0");
});

test("labels keep their order and their distance", () => {
  assert.deepEqual(apart([10, 12, 50], 10, 0, 100), [10, 20, 50]);
  assert.deepEqual(apart([98, 99], 10, 0, 100), [90, 100]);
});
