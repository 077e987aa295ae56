import assert from "node:assert/strict";
import { test } from "node:test";
import { monthsAfter, monthText, shared } from "../src/pages/hedge/shapes.ts";

test("the months after a time go over the end of a year, none of them begun", () => {
  const at = Date.parse("2026-11-30T23:59:59Z");
  assert.deepEqual(monthsAfter(at, 3), ["2026-12", "2027-01", "2027-02"]);
  assert.deepEqual(monthsAfter(Date.parse("2026-12-31T00:00:00Z"), 1), ["2027-01"]);
});

test("hours are shared whole, and none is lost", () => {
  const months = ["2026-12", "2027-01", "2027-02"];
  assert.deepEqual(shared(50_000, months).map((each) => each.hours), [16_667, 16_667, 16_666]);
  for (let hours = 1; hours < 40; hours++) {
    const sum = shared(hours, months).reduce((total, each) => total + each.hours, 0);
    assert.equal(sum, hours);
  }
});

test("a month is told in words; what is none stays as it is", () => {
  assert.equal(monthText("2026-09"), "September 2026");
  assert.equal(monthText("<b>"), "<b>");
});
