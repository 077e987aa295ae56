import assert from "node:assert/strict";
import { test } from "node:test";
import { deedOf } from "../src/trading/keys.ts";
import { faultWords, placedWords, refusalWords } from "../src/trading/placing.ts";
import { authParams, mayTrade, pastedProblem, scopeWords, signerOf } from "../src/trading/signing.ts";
import {
  askedOf,
  bracketOf,
  emptyTicket,
  forcesOf,
  partnered,
  problemsOf,
  TYPES,
  wordsOf,
  type Ticket,
} from "../src/trading/ticket.ts";
import type { Order } from "../src/trading/told.ts";
import { gridOf } from "../src/trading/ticks.ts";
import { RpcFault } from "../src/trading/wire.ts";

const GRID = gridOf("0.0001");
const full = (more: Partial<Ticket> = {}): Ticket => ({
  ...emptyTicket(),
  lots: "5",
  price: "2.99",
  triggerPrice: "3.1",
  offset: "0.2",
  ...more,
});

test("each type asks for what it needs, and says nothing that means nothing for it", () => {
  const expected: Record<string, string> = {
    limit: "price",
    market: "",
    stop_limit: "price trigger trigger_price",
    stop_market: "trigger trigger_price",
    take_limit: "price trigger trigger_price",
    take_market: "trigger trigger_price",
    trailing_stop: "trigger trigger_offset",
  };
  for (const [type] of TYPES) {
    const ticket = full({ type, shown: type === "limit" ? "" : "2", post: "slide", force: "fill_or_kill" });
    assert.deepEqual(problemsOf(ticket, GRID), {});
    const { params } = askedOf(ticket, "X");
    const own = Object.keys(params).filter((name) => /price|trigger|offset/.test(name));
    assert.equal(own.sort().join(" "), expected[type], type);
    assert.ok(forcesOf(type).some(([word]) => word === params.time_in_force));
    assert.equal(params.post_only, undefined);
    assert.equal(params.display_amount, undefined);
  }
});

test("post, iceberg, reduce-only, a partner and a label are said where they are wanted", () => {
  const ticket = full({ post: "reject", shown: "2", reduceOnly: true, oco: "12", side: "sell" });
  const { method, params } = askedOf(ticket, "X", "mine");
  assert.equal(method, "private/sell");
  assert.deepEqual(params, {
    instrument_name: "X",
    type: "limit",
    amount: 5,
    price: "2.99",
    time_in_force: "good_til_cancelled",
    post_only: true,
    reject_post_only: true,
    reduce_only: true,
    display_amount: 2,
    linked_order_type: "one_cancels_other",
    linked_order_id: "12",
    label: "mine",
  });
});

test("a bracket closes what its order opens, and its ends cancel each other", () => {
  const [take, stop] = bracketOf(full({ takeAt: "3.3", stopAt: "2.7" }), "X", 5, "78");
  assert.ok(take && stop);
  assert.equal(take.method, "private/sell");
  assert.equal(take.params.linked_order_type, "one_triggers_other");
  assert.deepEqual([stop.params.type, stop.params.trigger_price, stop.params.reduce_only], ["stop_market", "2.7", true]);
  const second = partnered(stop, "79").params;
  assert.deepEqual([second.linked_order_type, second.linked_order_id], ["one_cancels_other", "79"]);
  assert.equal(bracketOf(full({ stopAt: "2.7" }), "X", 5, "")[0]?.params.linked_order_id, undefined);
  assert.deepEqual(bracketOf(full(), "X", 5, ""), []);
});

test("what is wrong is said by its field, with what was found", () => {
  const wrong = problemsOf(full({ lots: "1.5", price: "2.99999", shown: "x", takeAt: "y" }), GRID);
  assert.deepEqual(Object.keys(wrong).sort(), ["lots", "price", "shown", "takeAt"]);
  assert.match(wrong.price ?? "", /\$0\.0001, found 2\.99999/);
  assert.match(problemsOf(full({ shown: "9" }), GRID).shown ?? "", /at most 5, found 9/);
  assert.match(problemsOf(full({ type: "trailing_stop", offset: "0" }), GRID).offset ?? "", /above 0/);
});

test("an order is told in words before it is sent", () => {
  assert.equal(wordsOf(full({ lots: "1" })), "Buy 1 lot, limit $2.99");
  assert.match(wordsOf(full({ type: "stop_market", side: "sell" })), /^Sell 5 lots, .* when the mark reaches \$3\.1$/);
  assert.match(wordsOf(full({ type: "trailing_stop", trigger: "last_price" })), /\$0\.2 behind the mark/);
});

test("refusals say the reason, the param and what would do", () => {
  const fault = new RpcFault(10043, "price_wrong_tick", { reason: "PRICE_WRONG_TICK", nearest: ["2.41", "2.42"] });
  assert.equal(faultWords(fault), "Refused: price wrong tick. Nearest: 2.41, 2.42.");
  const poor = new RpcFault(10009, "not_enough_funds", { reason: "MARGIN_INSUFFICIENT" });
  assert.match(faultWords(poor), /the margin is not enough/);
  assert.match(faultWords(new RpcFault(0, "the connection is lost")), /No answer.*open orders/);
  assert.equal(refusalWords("SOMETHING_NEW"), "something new");
});

test("what came of an order is told with what traded", () => {
  const order = { order_id: "7", order_state: "cancelled", cancel_reason: "fill_or_kill" } as Order;
  assert.equal(placedWords({ order, trades: [] }), "Order 7 is cancelled (fill or kill).");
});

test("a letter in a field is a letter; on the page it is a deed", () => {
  const key = (name: string, target: object = { tagName: "BODY" }, more = {}): ReturnType<typeof deedOf> =>
    deedOf({ key: name, ctrlKey: false, metaKey: false, altKey: false, target, ...more }, false);
  assert.deepEqual(["b", "S", "c", "/", "?", "x"].map((name) => key(name)), ["buy", "sell", "cancel", "help", "help", null]);
  assert.equal(key("b", { tagName: "INPUT", type: "text" }), null);
  assert.equal(key("b", { tagName: "INPUT", type: "checkbox" }), "buy");
  assert.equal(key("Escape", { tagName: "INPUT", type: "text" }), "leave");
  assert.equal(key("c", { tagName: "BODY" }, { ctrlKey: true }), null);
  assert.equal(deedOf({ key: "b", ctrlKey: false, metaKey: false, altKey: false, target: null }, true), null);
});

test("a key signs the server's time, and cannot be read again", async () => {
  const signer = await signerOf(" abc ", "secret\n");
  assert.equal(signer.key.extractable, false);
  const params = (await authParams(signer, 1_784_593_800_000.4)) as Record<string, string | number>;
  const text = `${params.timestamp}\n${params.nonce}\n`;
  const own = await crypto.subtle.importKey("raw", new TextEncoder().encode("secret"), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const bytes = Uint8Array.from(Buffer.from(String(params.signature), "hex"));
  assert.equal(await crypto.subtle.verify("HMAC", own, bytes, new TextEncoder().encode(text)), true);
  assert.equal(params.timestamp, 1_784_593_800_000);
  assert.equal(JSON.stringify(params).includes("secret"), false);
});

test("what was pasted is looked at before it is used, and scopes are told in our words", () => {
  assert.equal(pastedProblem("abc_1", "s3cret"), "");
  for (const [id, secret] of [["", "x"], ["a b", "x"], ["a", ""], ["a", "x y"]] as const) {
    assert.notEqual(pastedProblem(id, secret), "");
  }
  assert.deepEqual(scopeWords("connection trade:read wallet:read"), ["read"]);
  assert.equal(mayTrade("connection trade:read trade:read_write"), true);
  assert.equal(mayTrade("connection trade:read"), false);
});
