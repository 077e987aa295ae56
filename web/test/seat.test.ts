// Who signed in on a page: one seat for all of it, and all who listen are told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { passOf, typedProblem } from "../src/lib/operator.ts";
import { Seat, type Who } from "../src/lib/seat.ts";
import type { Signer } from "../src/trading/signing.ts";

const key = (id: string): Who => ({ by: "key", signer: { id, key: {} } as unknown as Signer });
const said = (who: Who | null): string => (!who ? "nobody" : who.by === "key" ? who.signer.id : "operator");

test("all who listen hear of who comes and goes, also who begins to listen later", () => {
  const [seat, one, two] = [new Seat(), [] as string[], [] as string[]];
  seat.follow((who) => one.push(said(who)));
  seat.take(key("a"));
  seat.follow((who) => two.push(said(who)));
  seat.take({ by: "password", pass: passOf("operator", "p") });
  seat.leave();
  assert.deepEqual(one, ["nobody", "a", "operator", "nobody"]);
  assert.deepEqual(two, ["a", "operator", "nobody"]);
  assert.equal(seat.who, null);
});

test("who no longer follows hears no more", () => {
  const [seat, heard] = [new Seat(), [] as string[]];
  const end = seat.follow((who) => heard.push(said(who)));
  end();
  seat.take(key("a"));
  assert.deepEqual(heard, ["nobody"]);
});

test("why one was signed out is told until somebody comes in", () => {
  const [seat, reasons] = [new Seat(), [] as string[]];
  seat.take(key("a"));
  seat.follow((_, reason) => reasons.push(reason));
  seat.leave("revoked");
  seat.leave("revoked"); // No news.
  seat.take(key("b"));
  assert.deepEqual(reasons, ["", "revoked", ""]);
});

test("a listener that signs out while it is told is told last of all", () => {
  const [seat, heard] = [new Seat(), [] as string[]];
  seat.follow((who) => who && seat.leave("no"));
  seat.follow((who, reason) => heard.push(said(who) + reason));
  seat.take(key("a"));
  assert.deepEqual(heard, ["nobody", "nobodyno"]);
  assert.equal(seat.who, null);
});

test("a pass is Basic of the name and the password in UTF-8, and no property shows it", () => {
  const pass = passOf(" operator ", "pässword: ✓");
  const header = pass.headers().authorization ?? "";
  const bytes = Uint8Array.from(atob(header.replace(/^Basic /, "")), (each) => each.charCodeAt(0));
  assert.equal(new TextDecoder().decode(bytes), "operator:pässword: ✓");
  assert.equal(JSON.stringify(pass), "{}");
});

test("what is not a name or a password is said before anything is sent", () => {
  assert.match(typedProblem(" ", "x"), /name/);
  assert.match(typedProblem("a:b", "x"), /colon/);
  assert.match(typedProblem("operator", ""), /password/);
  assert.equal(typedProblem("operator", "x"), "");
});
