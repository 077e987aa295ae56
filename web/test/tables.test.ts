import assert from "node:assert/strict";
import { test } from "node:test";
import { isOurs } from "../src/lib/prose.ts";
import { examples, groupOf, sizeText, type Dataset } from "../src/pages/data/datasets.ts";
import { counts, listed, stateOf, type Venue } from "../src/pages/venues/venues.ts";

const VENUES = [
  { venue: "b", role: "eligible", tier: 0, age_seconds: null, state: "closed", failures: 0 },
  { venue: "a", role: "publisher", tier: 2, age_seconds: 60, state: "open", failures: 3 },
  { venue: "c", role: "eligible", tier: 1, age_seconds: 5, state: "odd", failures: 0 },
] as unknown as Venue[];
const names = (rows: readonly Venue[]): string => rows.map(({ venue }) => venue).join("");

test("venues are chosen by role and ordered, the unknown last both ways", () => {
  assert.equal(names(listed(VENUES, "", "venue")), "abc");
  assert.equal(names(listed(VENUES, "", "age")), "cab");
  assert.equal(names(listed(VENUES, "", "-age")), "acb");
  assert.equal(names(listed(VENUES, "eligible", "tier")), "cb");
  assert.deepEqual(counts(VENUES), [["eligible", 2], ["publisher", 1]]);
  assert.equal(names(VENUES), "bac");
});

test("the state of a collection is said in words, an unknown one as it is", () => {
  assert.deepEqual(VENUES.map((venue) => stateOf(venue).words), ["answers", "left alone, 3 failures", "odd"]);
});

test("sizes are told by thousands", () => {
  const cases: [number | null, string][] = [[null, ""], [0, "0 bytes"], [999, "999 bytes"], [1234, "1.2 kB"], [99_600, "100 kB"], [3_364_932, "3.4 MB"]];
  for (const [bytes, text] of cases) assert.equal(sizeText(bytes), text);
});

test("data sets stand in groups; examples name this site", () => {
  const set = (name: string, of = ""): Dataset => ({ name, of }) as Dataset;
  assert.equal(groupOf(set("fixings-csv")), "The whole index");
  assert.equal(groupOf(set("h100-csv", "h100")), "Each series");
  assert.equal(groupOf(set("new-thing")), "Others");
  for (const [id, , text] of examples("https://x.example")) assert.ok(id === "verify" || text.includes("https://x.example/"));
});

test("links of prose stay on this site", () => {
  for (const href of ["#window", "/news", "/series/h100-sxm-od"]) assert.ok(isOurs(href));
  for (const href of ["", "//x.example", "https://x.example", "javascript:alert(1)", "# x"]) assert.ok(!isOurs(href));
});
