import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fixing } from "../src/lib/fixings.ts";
import * as s from "../src/lib/series.ts";

const HISTORY = Array.from({ length: 20 }, (_, day) => ({
  date: String(day),
  fix_usd: day < 12 ? null : "1.0000",
})) as unknown as Fixing[];

test("a history begins a week before its first fix, or shows its last strikes", () => {
  assert.equal(s.within(HISTORY, 0)[0]?.date, "5");
  assert.deepEqual(s.within(HISTORY, 3).map(({ date }) => date), ["17", "18", "19"]);
  assert.equal(s.within(HISTORY.slice(0, 5), 0).length, 5);
});

test("the address of a day keeps what was chosen, but for the time", () => {
  const query = { set: "plain", as_of: "2026-08-13T00:35:00Z", beside: "SM" };
  assert.equal(s.fixAddress("h100-sxm-od", "2026-08-12", query), "/series/h100-sxm-od/2026-08-12?set=plain&beside=SM");
  assert.equal(s.fixAddress("<b>", "x/y", {}), "/series/%3Cb%3E/x%2Fy");
});

test("only what is given is asked for", () => {
  assert.equal(s.asking({ day: "2026-08-12", set: "", last: 0 }), "?day=2026-08-12");
  assert.equal(s.asking({}), "");
});

test("words of the query are few, plain and each once", () => {
  assert.deepEqual(s.wordsOf("SM,plain,SM,<b>,,a b"), ["SM", "plain"]);
  assert.equal(s.wordsOf(Array.from({ length: 50 }, (_, each) => `w${each}`).join()).length, 6);
});

test("a time is read as people write it, and no other text", () => {
  assert.equal(s.asOfText("2026-08-13 00:35"), "2026-08-13T00:35:00Z");
  assert.equal(s.asOfText("2026-08-13T00:35:10Z"), "2026-08-13T00:35:10Z");
  for (const text of ["", "yesterday", "2026-13-40 00:00", "13.8.2026"]) assert.equal(s.asOfText(text), "");
});
