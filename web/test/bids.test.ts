import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bodyOf,
  draftOf,
  emptyDraft,
  emptyMode,
  marketOf,
  percentOf,
  shareOf,
  timeOf,
  type Draft,
  type Kind,
} from "../src/pages/auction/bids.ts";
import { fieldOf, problemsAt, problemsOf } from "../src/pages/auction/faults.ts";

const [H100, A100] = ["H100/node8/us", "A100/node8/us"];
const MARKET = marketOf({
  products: [
    { chip: "H100", domain: "node8", region: "us", domain_chips: 8 },
    { chip: "A100", domain: "node8", region: "us", domain_chips: 8 },
  ],
  tiers: [{ tier: "od", pi: "0", beta: "1" }],
  delivery: { from: "2026-07-21T00:00:00Z", step_minutes: 60, intervals: 24 },
});

function draft(kind: Kind, more: Partial<Draft> = {}): Draft {
  return {
    ...emptyDraft(MARKET, kind),
    id: "nightly",
    chips: "16",
    hours: "8",
    speeds: [{ left: H100, right: "1" }, { left: A100, right: "0.4" }],
    curve: [{ left: "64", right: "3.1" }, { left: "32", right: "2" }, { left: "", right: "" }],
    values: [{ left: H100, right: "" }, { left: A100, right: "120.5" }],
    blocks: [{ left: "50", right: "1" }, { left: "12.5", right: "1.25" }],
    ...more,
  };
}

test("work that can stop and go on is a divisible mode with its window", () => {
  assert.deepEqual(bodyOf(draft("divisible", { first: "7", last: "18" }), MARKET), {
    kind: "buy",
    id: "nightly",
    workload: { class: "batch", unit: "chip-hour" },
    modes: [
      {
        type: "divisible",
        id: "any",
        perf: [
          { product: H100, units_per_chip_hour: "1" },
          { product: A100, units_per_chip_hour: "0.4" },
        ],
        tiers: [{ tier: "od" }],
        curve: [["64", "3.1"], ["32", "2"]],
        chips_max: "16",
        window: { from: "2026-07-21T07:00:00Z", to: "2026-07-21T19:00:00Z" },
      },
    ],
  });
});

test("a gang may start as long as it still ends in its hours; a limit of spending is told", () => {
  const body = bodyOf(draft("gang", { first: "2", last: "20", spend: "100" }), MARKET);
  const [mode] = body.modes as Record<string, unknown>[];
  assert.deepEqual(mode?.start, { from: "2026-07-21T02:00:00Z", to: "2026-07-21T13:00:00Z" });
  assert.deepEqual(mode?.products, [{ product: A100, value_usd: "120.5" }]);
  assert.deepEqual([mode?.chips, mode?.intervals], [16, 8]);
  assert.deepEqual(body.limits, { spend_usd: "100" });
});

test("a pool holds its chips in its hours and none outside", () => {
  const body = bodyOf(draft("pool", { first: "1", last: "2" }), MARKET);
  assert.deepEqual((body.inventory as string[]).slice(0, 4), ["0", "16", "16", "0"]);
  assert.equal((body.inventory as string[]).length, 24);
  assert.deepEqual(body.blocks, [{ share: "0.5", price: "1" }, { share: "0.125", price: "1.25" }]);
});

test("a form comes back from its own body, and not from one that says more", () => {
  for (const kind of ["divisible", "gang", "pool"] as const) {
    const body = bodyOf(draft(kind, { first: "3", last: "15", spend: "9" }), MARKET);
    const again = draftOf(body, MARKET);
    assert.ok(again, kind);
    assert.deepEqual(bodyOf(again, MARKET), body);
    assert.equal(draftOf({ ...body, logic: { xor: [] } }, MARKET), null);
  }
  for (const odd of [{}, { kind: "buy" }, { kind: "buy", modes: [] }, { kind: "virtual" }]) {
    assert.equal(draftOf(odd, MARKET), null);
  }
});

test("a unit in a figure, HTML in a name and an end before its beginning are told at the field", () => {
  const told = problemsOf(
    draft("divisible", { id: "<b>x</b>", chips: "16 GPUs", first: "5", last: "4", spend: "$5" }),
    MARKET,
  );
  assert.match(told.id ?? "", /letters/);
  assert.match(told.chips ?? "", /“16 GPUs”/);
  assert.match(told.last ?? "", /after/);
  assert.match(told.spend ?? "", /dollars/);
  const empty = problemsOf(emptyDraft(MARKET, "gang"), MARKET);
  assert.deepEqual(Object.keys(empty).sort(), ["chips", "hours", "id", "values.0.right"]);
  assert.deepEqual(problemsOf(draft("gang"), MARKET), {});
  assert.deepEqual(problemsOf(draft("pool"), MARKET), {});
  const half = problemsOf(draft("divisible", { curve: [{ left: "5", right: "" }] }), MARKET);
  assert.ok(half["curve.0.right"]);
});

test("a refusal of the auction is shown at the field that it names", () => {
  const gappy = draft("divisible", {
    curve: [{ left: "", right: "" }, { left: "9", right: "1" }, { left: "9", right: "2" }],
  });
  const at = (text: string): string => fieldOf(text, gappy);
  assert.equal(at("bid.id: expected a name, found 'a b'"), "id");
  assert.equal(at("bid.modes[0].curve[1].1: expected never rising"), "curve.2.right");
  assert.equal(at("bid.modes[0].curve[0].0: expected units"), "curve.1.left");
  assert.equal(at("bid.modes[0].perf[1].units_per_chip_hour: expected ..."), "speeds.1.right");
  assert.equal(at("bid.modes[0].window.to: expected an interval"), "last");
  assert.equal(at("bid '101.nightly'.modes[0].curve: expected dollars that never rise"), "curve.2.right");
  assert.equal(at("bid.inventory[3]: expected chips"), "chips");
  assert.equal(at("bid.blocks[0].share: expected a share"), "blocks.0.left");
  assert.equal(at("bid: expected 12 dollars more that may be reserved, found 1"), "");
  assert.equal(at("request: expected a time before its gate closes"), "");
});

/** Work that is done at any hours on H100s, or at once by a gang on A100s. */
function either(more: Partial<Draft> = {}): Draft {
  const gang = {
    ...emptyMode(MARKET, "gang"),
    chips: "8",
    hours: "4",
    values: [{ left: H100, right: "" }, { left: A100, right: "90" }],
  };
  return draft("divisible", { others: [gang], ...more });
}

test("several modes are one exclusive group, each with a name of its own", () => {
  const body = bodyOf(either({ first: "2" }), MARKET);
  const modes = body.modes as Record<string, unknown>[];
  assert.deepEqual(modes.map(({ id, type }) => [id, type]), [["mode1", "divisible"], ["mode2", "gang"]]);
  assert.deepEqual(body.logic, { xor: [["mode1", "mode2"]], requires: [] });
  assert.deepEqual(modes[0]?.window, { from: "2026-07-21T02:00:00Z", to: "2026-07-22T00:00:00Z" });
  assert.deepEqual(modes[1]?.start, { from: "2026-07-21T00:00:00Z", to: "2026-07-21T20:00:00Z" });
  assert.equal(bodyOf(draft("divisible"), MARKET).logic, undefined);
  assert.equal(bodyOf(either({ kind: "pool" }), MARKET).logic, undefined);
});

test("a form of several modes comes back from its own body, not from another logic", () => {
  const body = bodyOf(either({ spend: "9" }), MARKET);
  const again = draftOf(body, MARKET);
  assert.ok(again);
  assert.deepEqual(again.others.map(({ kind, chips, hours }) => [kind, chips, hours]), [["gang", "8", "4"]]);
  assert.deepEqual(bodyOf(again, MARKET), body);
  for (const logic of [
    { xor: [], requires: [] },
    { xor: [["mode1", "mode2"]], requires: [["mode2", "mode1"]] },
    { xor: [["mode2", "mode1"]], requires: [] },
  ]) {
    assert.equal(draftOf({ ...body, logic }, MARKET), null);
  }
});

test("what is wrong in a further mode is told at its own field, by this page and by the auction", () => {
  const odd = either();
  odd.others = [{ ...(odd.others[0] as Draft), chips: "8 GPUs", hours: "40" }, emptyMode(MARKET, "divisible")];
  const told = problemsOf(odd, MARKET);
  assert.equal(told.chips, undefined);
  assert.match(told["others.0.chips"] ?? "", /“8 GPUs”/);
  assert.match(problemsAt(told, 1).hours ?? "", /no more than/);
  assert.ok(problemsAt(told, 2)["curve.0.right"]);
  assert.deepEqual(problemsAt(problemsOf(either(), MARKET), 1), {});
  assert.equal(fieldOf("bid.modes[1].chips: expected a multiple", odd), "others.0.chips");
  assert.equal(fieldOf("bid.modes[1].products[0].value_usd: expected", odd), "others.0.values.1.right");
  assert.equal(fieldOf("bid.modes[0].chips_max: expected", odd), "chips");
  assert.equal(fieldOf("bid.modes[7].chips: expected", odd), "");
});

test("shares and per cent are the same figure, exactly", () => {
  for (const [percent, share] of [["100", "1"], ["50", "0.5"], ["12.5", "0.125"], ["5", "0.05"], ["0.25", "0.0025"]] as const) {
    assert.equal(shareOf(percent), share);
    assert.equal(percentOf(share), percent);
  }
  assert.equal(shareOf("half"), "half");
  assert.equal(timeOf(MARKET, 24), "2026-07-22T00:00:00Z");
});
