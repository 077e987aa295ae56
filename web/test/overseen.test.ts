// What the operator is told of members: found by name, read to the last page, reckoned exactly.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  allMembers, fitting, held, profit, type HeldPosition, type MemberPage, type MemberRow,
} from "../src/pages/trade/overseen.ts";

const member = (name: string, account = 1): MemberRow => ({ name, account, label: "member", sub_of: null });
const position = (lots: number, entry_usd: string, mark_usd: string): HeldPosition => ({
  contract: "C", lots, open_buy_lots: 0, open_sell_lots: 0, entry_usd, mark_usd, initial_margin_usd: "0",
});

test("members that begin with a text come before those that have it within", () => {
  const all = [member("north acme"), member("Acme"), member("other", 42)];
  assert.deepEqual(fitting(all, " ac ").map(({ name }) => name), ["Acme", "north acme"]);
  assert.deepEqual(fitting(all, "42").map(({ name }) => name), ["other"]);
  assert.equal(fitting(all, "").length, 3);
  assert.equal(fitting(all, "nobody").length, 0);
});

test("a profit is exact where a float is not, long or short", () => {
  assert.equal(profit(position(3, "0.100000", "0.300000")), "0.600000");
  assert.equal(profit(position(-40, "3.201000", "3.200000")), "0.040000");
  assert.deepEqual(held([position(0, "0", "1"), position(1, "0", "1")]).map(({ lots }) => lots), [1]);
});

test("members are read page by page, and no further than the bound", async () => {
  const names = Array.from({ length: 7 }, (_, place) => member(`m${place}`));
  const asked: string[] = [];
  const ask = async (path: string): Promise<MemberPage> => {
    asked.push(path);
    const after = Number(new URL(path, "http://x").searchParams.get("after"));
    const end = after + 3;
    return { members: names.slice(after, end), after: end < names.length ? end : null };
  };
  const all = await allMembers(ask, 100);
  assert.deepEqual([all.members.length, all.more, asked.length], [7, false, 3]);
  const some = await allMembers(ask, 5);
  assert.deepEqual([some.members.length, some.more], [5, true]);
});
