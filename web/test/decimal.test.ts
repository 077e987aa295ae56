import assert from "node:assert/strict";
import { test } from "node:test";
import * as d from "../src/lib/decimal.ts";

test("sums are exact where floats are not", () => {
  assert.equal(d.plus("0.1", "0.2"), "0.3");
  assert.equal(d.minus("1", "0.9999"), "0.0001");
  assert.equal(d.times("-2.50", "0.4"), "-1.000");
});

test("halves go to the even digit, on both sides of zero", () => {
  const cases = { "0.125": "0.12", "0.135": "0.14", "-0.125": "-0.12", "-0.136": "-0.14", "2": "2.00" };
  for (const [from, to] of Object.entries(cases)) assert.equal(d.rounded(from, 2), to);
});

test("people see thousands, a true minus and no minus zero", () => {
  assert.equal(d.shown("-1234567.5"), "\u22121,234,567.5");
  assert.equal(d.shown("-0.001", 2), "0.00");
  assert.equal(d.signed("0.50"), "+0.50");
  assert.equal(d.signed("-0.50"), "\u22120.50");
  assert.equal(d.signed("0.00"), "0.00");
});

test("changes are told in per cent, none from zero", () => {
  assert.equal(d.changePercent("2.00", "2.05"), "2.50");
  assert.equal(d.changePercent("-1", "-2"), "-100.00");
  assert.equal(d.changePercent("0", "1"), null);
});

test("what is no decimal is refused", () => {
  for (const text of ["", "1e5", "1.", ".5", "NaN", "1,000", "--1"]) {
    assert.throws(() => d.decimal(text), RangeError);
  }
});

test("order holds where places differ", () => {
  const sorted = ["2.5", "-0.10", "2.49", "0"].sort(d.compare);
  assert.deepEqual(sorted, ["-0.10", "0", "2.49", "2.5"]);
});
