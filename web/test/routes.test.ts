import assert from "node:assert/strict";
import { test } from "node:test";
import { matched, type Route } from "../src/lib/routes.ts";

const KNOWN: Route[] = [
  { page: "release", paths: ["/", "/release/{day}"], title: "", description: "", plain: true },
  { page: "series", paths: ["/series/{slug}/{day}"], title: "", description: "", plain: true },
];

test("an address finds its page and its parameters", () => {
  assert.equal(matched("/", KNOWN)?.route.page, "release");
  assert.deepEqual(matched("/series/h100-sxm-od/2026-07-20", KNOWN)?.params, {
    slug: "h100-sxm-od",
    day: "2026-07-20",
  });
});

test("what is not there is not found, a broken escape included", () => {
  for (const path of ["/series", "/series/a/b/c", "/nothing", "/release/%E0%A4%A"]) {
    assert.equal(matched(path, KNOWN), null);
  }
});

test("a name with HTML in it stays text", () => {
  assert.equal(matched("/release/%3Cb%3E", KNOWN)?.params.day, "<b>");
});
