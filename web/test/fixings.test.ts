import assert from "node:assert/strict";
import { test } from "node:test";
import * as f from "../src/lib/fixings.ts";

function row(slug: string, values: Partial<f.ReleaseRow>): f.ReleaseRow {
  const empty = { joined: [], left: [], base: "", change_1d: null, change_usd: null, fix_usd: null };
  return { ...empty, slug, ...values } as unknown as f.ReleaseRow;
}
const ROWS = [
  row("l4-od", { fix_usd: "0.6994", change_1d: "-0.000857", change_usd: "-0.0006" }),
  row("a100-sxm-od", { fix_usd: "1.6000", change_1d: "0.000000", change_usd: "0.0000", joined: ["verda"] }),
  row("b200-sxm-od", {}),
  row("h100-sxm-od", { fix_usd: "10.0000", change_1d: "0.02", change_usd: "0.0000" }),
];
const slugs = (rows: readonly f.ReleaseRow[]): string[] => rows.map(({ slug }) => slug);

test("rows are ranked by exact value, those without one last both ways", () => {
  assert.deepEqual(slugs(f.ranked(ROWS, "fix")), ["l4-od", "a100-sxm-od", "h100-sxm-od", "b200-sxm-od"]);
  assert.deepEqual(slugs(f.ranked(ROWS, "-d1")), ["h100-sxm-od", "a100-sxm-od", "l4-od", "b200-sxm-od"]);
  assert.deepEqual(f.ranked(ROWS, "<b>"), ROWS);
});

test("the head shows what has a fix, in its own order", () => {
  assert.deepEqual(slugs(f.headlines(ROWS)), ["h100-sxm-od", "a100-sxm-od"]);
  assert.deepEqual(slugs(f.headlines(ROWS.slice(0, 1))), ["l4-od"]);
});

test("a moved price and a changed panel are both told", () => {
  assert.deepEqual(slugs(f.moved(ROWS)), ["l4-od", "a100-sxm-od"]);
});

test("shares are per cent, exactly", () => {
  assert.equal(f.percent("-0.009375"), "-0.937500");
  assert.equal(f.percent(null), null);
});

test("groups keep the order of their first row", () => {
  assert.deepEqual(f.grouped(["b1", "a1", "b2"], (each) => each.slice(0, 1)), [["b", ["b1", "b2"]], ["a", ["a1"]]]);
});
