// The wire against a server of this test: sockets that answer, fall silent, break; time by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RpcFault, SILENT_MS, Wire, type Clockwork, type Socket } from "../src/trading/wire.ts";

class Hands implements Clockwork {
  ms = 0;
  timers = new Map<number, { at: number; call: () => void }>();
  next = 0;
  now = (): number => this.ms;
  later = (call: () => void, ms: number): number => {
    this.timers.set((this.next += 1), { at: this.ms + ms, call });
    return this.next;
  };
  drop = (timer: number): void => void this.timers.delete(timer);
  chance = (): number => 1;
  async pass(ms: number): Promise<void> {
    const end = this.ms + ms;
    for (;;) {
      const due = [...this.timers].filter(([, each]) => each.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.ms = due[1].at;
      due[1].call();
      await settle();
    }
    this.ms = end;
    await settle();
  }
}

interface Said {
  id: number;
  method: string;
  params: { channels?: string[] };
}
class Line implements Socket {
  readyState = 1; // Open.
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  said: Said[] = [];
  isClosed = false;
  mutes = new Set<string>();
  refuses = new Map<string, object>();
  send(text: string): void {
    const said = JSON.parse(text) as Said;
    this.said.push(said);
    if (this.mutes.has(said.method)) return;
    const error = this.refuses.get(said.method);
    const result = said.method === "public/get_time" ? Date.now() + 3_600_000 : (said.params.channels ?? "ok");
    queueMicrotask(() => this.tell(error ? { id: said.id, error } : { id: said.id, result }));
  }
  tell(message: object): void {
    this.onmessage?.({ data: JSON.stringify({ jsonrpc: "2.0", ...message }) });
  }
  close(): void {
    this.isClosed = true;
  }
  asked(method: string): Said[] {
    return this.said.filter((each) => each.method === method);
  }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
};
function opened(): { wire: Wire; lines: Line[]; hands: Hands; last: () => Line; open: () => Promise<void> } {
  const lines: Line[] = [];
  const hands = new Hands();
  const wire = new Wire(() => {
    lines.push(new Line());
    return lines.at(-1) as Line;
  }, hands);
  const last = (): Line => lines.at(-1) as Line;
  const open = async (): Promise<void> => {
    last().onopen?.();
    await settle();
  };
  return { wire, lines, hands, last, open };
}

test("a line opens: time, heartbeat, then what is listened to; messages reach who listens", async () => {
  const { wire, last, open } = opened();
  const heard: unknown[] = [];
  let begun = 0;
  const end = wire.follow("ticker.X.100ms", (data) => heard.push(data), { begun: () => (begun += 1) });
  await open();
  assert.deepEqual(last().said.map((each) => each.method), ["public/get_time", "public/set_heartbeat", "public/subscribe"]);
  assert.equal(wire.line, "live");
  assert.equal(begun, 1);
  assert.ok(Math.abs(wire.ahead - 3_600_000) < 1_000); // Our clock may be wrong by an hour.
  last().tell({ method: "subscription", params: { channel: "ticker.X.100ms", data: { mark_price: 3.1 } } });
  assert.deepEqual(heard, [{ mark_price: "3.1" }]);
  end();
  assert.deepEqual(last().asked("public/unsubscribe")[0]?.params.channels, ["ticker.X.100ms"]);
  wire.end();
});

test("a silent line is lost; it is opened again with growing waits, for as long as it takes", async () => {
  const { wire, lines, hands, last, open } = opened();
  let anew = 0;
  wire.follow("book.X.100ms", () => {}, { anew: () => (anew += 1) });
  await open();
  await hands.pass(SILENT_MS + 2_000);
  assert.equal(wire.lostCount, 1);
  assert.equal(lines[0]?.isClosed, true);
  await hands.pass(300_000); // Five minutes in which no line opens.
  assert.ok(lines.length > 5 && lines.length < 40, `${lines.length} attempts`);
  await hands.pass(wire.retryAt - hands.ms + 1);
  await open();
  assert.equal(wire.line, "live");
  assert.equal(anew, 2);
  assert.equal(last().asked("public/subscribe").length, 1);
  wire.end();
  assert.equal(hands.timers.size, 0);
});

test("heartbeats keep a quiet line, and a question is answered", async () => {
  const { wire, hands, last, open } = opened();
  await open();
  for (let beat = 0; beat < 6; beat += 1) {
    await hands.pass(10_000);
    last().tell({ method: "heartbeat", params: { type: beat % 2 ? "heartbeat" : "test_request" } });
  }
  await settle();
  assert.equal(wire.lostCount, 0);
  assert.equal(last().asked("public/test").length, 3);
  wire.end();
});

test("who waits for an answer when the line breaks is told that it may have been done", async () => {
  const { wire, last, open } = opened();
  await open();
  last().mutes.add("private/buy");
  const asked = wire.call("private/buy", { amount: 1 });
  last().onclose?.();
  await assert.rejects(asked, (fault: RpcFault) => fault.code === 0 && /may have been done/.test(fault.message));
  await assert.rejects(wire.call("public/test"), RpcFault);
  wire.end();
});

test("nothing is sent on a socket that is closing; what it asked for fails at once", async () => {
  const { wire, hands, last, open } = opened();
  await open();
  const said = last().said.length;
  last().readyState = 2; // Closing: the server has said so, and `onclose` is still to come.
  await assert.rejects(wire.call("public/test"), (fault: RpcFault) => fault.code === 0);
  last().tell({ method: "heartbeat", params: { type: "test_request" } });
  assert.equal(last().said.length, said);
  last().onclose?.();
  assert.equal(wire.line, "lost");
  wire.end();
  assert.equal(hands.timers.size, 0);
});

test("an answer that never comes is a fault after its time; a refusal has its data", async () => {
  const { wire, hands, last, open } = opened();
  await open();
  last().mutes.add("public/ticker");
  const late = assert.rejects(wire.call("public/ticker"), /within 15 s/);
  await hands.pass(16_000);
  await late;
  last().refuses.set("public/test", { code: 10043, message: "price_wrong_tick", data: { nearest: [2.4] } });
  await assert.rejects(wire.call("public/test"), (fault: RpcFault) => {
    assert.deepEqual([fault.code, fault.data], [10043, { nearest: ["2.4"] }]);
    return true;
  });
  wire.end();
});

test("a channel is begun anew on demand; private ones go to private methods, after signing in", async () => {
  const { wire, last, open } = opened();
  const order: string[] = [];
  wire.onopen = async () => void order.push("signed in");
  wire.follow("user.orders.any.any.raw", () => {}, { begun: () => order.push("begun") });
  wire.follow("book.X.100ms", () => {});
  await open();
  assert.deepEqual(order, ["signed in", "begun"]);
  assert.equal(last().asked("private/subscribe").length, 1);
  await wire.again("book.X.100ms");
  assert.equal(last().asked("public/unsubscribe").length, 1);
  assert.equal(last().asked("public/subscribe").length, 2);
  wire.end();
});

test("a line that is cut while it is lost, and tried at once, opens one connection", async () => {
  const { wire, lines, hands, last, open } = opened();
  await open();
  last().onclose?.();
  wire.cut(); // As who signs out meanwhile does.
  wire.retry();
  await open();
  await hands.pass(5_000);
  assert.equal(wire.line, "live");
  assert.equal(lines.length, 2);
  wire.end();
  assert.equal(hands.timers.size, 0);
});

test("what is no JSON ends the line, and the next one is tried", async () => {
  const { wire, last, open } = opened();
  await open();
  last().onmessage?.({ data: "<html>" });
  assert.equal(wire.line, "lost");
  wire.retry();
  await open();
  assert.equal(wire.line, "live");
  wire.end();
});
