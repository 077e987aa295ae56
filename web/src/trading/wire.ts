// WIRE: one WebSocket to the exchange, kept open: requests, channels, signs of life.
//
// Takes   how to open a socket; requests; channels and who hears them.
// Gives   answers; messages of channels; how the line stands, for all to see.
// Keeps   one connection. A lost one is opened again with growing waits; then whoever asked to be
//         told signs in first, and all channels begin anew. A silent one counts as lost. A request
//         without an answer fails: what it asked for may have been done, or not.

import { parseExact, type Exact } from "./exact.ts";

export const HEARTBEAT_S = 10;
export const SILENT_MS = 25_000; // Two heartbeats and a half.
export const ANSWER_MS = 15_000;
const OPEN = 1; // Of `readyState`.
const WAITS_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** A refusal of the exchange, or no answer: then `code` is 0. */
export class RpcFault extends Error {
  readonly code: number;
  readonly data: Readonly<Record<string, Exact>>;
  constructor(code: number, message: string, data: Readonly<Record<string, Exact>> = {}) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export interface Socket {
  readonly readyState: number; // As of a WebSocket.
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onclose: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
}

/** Time, and what waits for it: a test brings its own. */
export interface Clockwork {
  now(): number;
  later(call: () => void, ms: number): number;
  drop(timer: number): void;
  chance(): number; // 0 to 1.
}

export type Line = "connecting" | "live" | "lost";
type Hear = (data: Exact) => void;

export interface Hooks {
  readonly anew?: () => void; // The channel is about to begin: what was known may be old.
  readonly begun?: () => void; // It has begun: what is read from now on misses nothing.
}
interface Listener extends Hooks {
  readonly hear: Hear;
}
interface Waiting {
  readonly give: (result: Exact) => void;
  readonly fail: (fault: RpcFault) => void;
  readonly timer: number;
}

const BROWSER: Clockwork = {
  now: () => performance.now(),
  later: (call, ms) => setTimeout(call, ms) as unknown as number,
  drop: (timer) => clearTimeout(timer),
  chance: () => Math.random(),
};

export class Wire {
  line: Line = "connecting";
  heardAt = 0; // By the clockwork.
  retryAt = 0; // Where the line is lost: when it is tried again.
  lostCount = 0;
  ahead = 0; // The server's clock less ours, in milliseconds.
  onchange: () => void = () => {};
  onopen: () => Promise<void> = async () => {}; // Before channels: sign in.

  #open: () => Socket;
  #time: Clockwork;
  #socket: Socket | null = null;
  #next = 0;
  #tries = 0;
  #waiting = new Map<string, Waiting>();
  #channels = new Map<string, Set<Listener>>();
  #retry = 0;
  #watch = 0;
  #ended = false;

  constructor(open: () => Socket, time: Clockwork = BROWSER) {
    this.#open = open;
    this.#time = time;
    this.#connect();
  }

  /** The server's time now, in milliseconds. */
  serverNow(): number {
    return Date.now() + this.ahead;
  }

  /** Ask; the result is as the server wrote it, numbers as text. Raises RpcFault. */
  call<T = Exact>(method: string, params: object = {}): Promise<T> {
    const socket = this.#socket;
    if (!socket || this.line === "lost") return Promise.reject(noLine());
    return this.#send<T>(socket, method, params);
  }

  /** Hear a channel until the function that is given back is called. */
  follow(channel: string, hear: Hear, hooks: Hooks = {}): () => void {
    const listener = { hear, ...hooks };
    const all = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, all.add(listener));
    if (this.line === "live") void this.#subscribe([channel]);
    return () => {
      all.delete(listener);
      if (all.size || this.#channels.get(channel) !== all) return;
      this.#channels.delete(channel);
      if (this.line === "live") {
        void this.call(`${side(channel)}/unsubscribe`, { channels: [channel] }).catch(() => {});
      }
    };
  }

  /** Begin a channel anew: what was held of it is not true. */
  async again(channel: string): Promise<void> {
    if (this.line !== "live") return;
    await this.call(`${side(channel)}/unsubscribe`, { channels: [channel] }).catch(() => {});
    if (this.#channels.has(channel)) await this.#subscribe([channel]);
  }

  /** Try now. */
  retry(): void {
    if (this.line !== "lost") return;
    this.#time.drop(this.#retry);
    this.#connect();
  }

  /** End for good. */
  end(): void {
    this.#ended = true;
    this.#time.drop(this.#retry);
    this.#drop();
  }

  /** Break the connection off as if it had been lost. */
  cut(): void {
    this.#lose();
  }

  #connect(): void {
    this.#say("connecting");
    this.heardAt = this.#time.now();
    let socket: Socket;
    try {
      socket = this.#open();
    } catch {
      this.#lose();
      return;
    }
    this.#socket = socket;
    socket.onopen = () => void this.#begin(socket);
    socket.onclose = () => socket === this.#socket && this.#lose();
    socket.onmessage = (event) => socket === this.#socket && this.#take(String(event.data));
    this.#guard();
  }

  async #begin(socket: Socket): Promise<void> {
    try {
      const asked = Date.now();
      const told = await this.#send<string>(socket, "public/get_time");
      this.ahead = Number(told) - (asked + Date.now()) / 2;
      await this.#send(socket, "public/set_heartbeat", { interval: HEARTBEAT_S });
      await this.onopen();
      if (socket !== this.#socket) return;
      this.#say("live");
      this.#tries = 0;
      await this.#subscribe([...this.#channels.keys()]);
    } catch {
      if (socket === this.#socket) this.#lose();
    }
  }

  async #subscribe(channels: string[]): Promise<void> {
    for (const kind of ["public", "private"]) {
      const own = channels.filter((channel) => side(channel) === kind);
      if (!own.length) continue;
      const all = own.flatMap((channel) => [...(this.#channels.get(channel) ?? [])]);
      for (const each of all) each.anew?.();
      try {
        await this.call(`${kind}/subscribe`, { channels: own });
        for (const each of all) each.begun?.();
      } catch (fault) {
        // A public channel is served or the line is bad; a private one needs a key in force.
        if (kind === "public" && fault instanceof RpcFault && fault.code === 0) this.#lose();
      }
    }
  }

  #send<T>(socket: Socket, method: string, params: object = {}): Promise<T> {
    if (socket.readyState !== OPEN) return Promise.reject(noLine()); // It is closing: `onclose` comes.
    const id = String((this.#next += 1));
    return new Promise<T>((give, fail) => {
      const timer = this.#time.later(() => {
        this.#waiting.delete(id);
        fail(new RpcFault(0, `expected an answer to ${method} within ${ANSWER_MS / 1000} s, found none`));
      }, ANSWER_MS);
      this.#waiting.set(id, { give: give as (result: Exact) => void, fail, timer });
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: Number(id), method, params }));
    });
  }

  #take(text: string): void {
    this.heardAt = this.#time.now();
    let message: Record<string, Exact>;
    try {
      message = parseExact(text) as Record<string, Exact>;
    } catch {
      this.#lose();
      return;
    }
    if (message.method === "subscription") {
      const { channel, data } = message.params as { channel: string; data: Exact };
      this.#channels.get(channel)?.forEach((each) => each.hear(data));
    } else if (message.method === "heartbeat") {
      const { type } = message.params as { type: string };
      if (type === "test_request") void this.call("public/test").catch(() => {});
    } else this.#answer(message);
  }

  #answer(message: Record<string, Exact>): void {
    const waiting = this.#waiting.get(String(message.id));
    if (!waiting) return;
    this.#waiting.delete(String(message.id));
    this.#time.drop(waiting.timer);
    const error = message.error as { code: string; message: string; data?: Record<string, Exact> };
    if (error) waiting.fail(new RpcFault(Number(error.code), error.message, error.data ?? {}));
    else waiting.give(message.result ?? null);
  }

  #guard(): void {
    this.#time.drop(this.#watch);
    this.#watch = this.#time.later(() => {
      if (this.#time.now() - this.heardAt >= SILENT_MS) this.#lose();
      else this.#guard();
    }, 1_000);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#time.drop(this.#watch);
    if (socket) {
      socket.onopen = socket.onclose = socket.onmessage = null;
      socket.close();
    }
    for (const { fail, timer } of this.#waiting.values()) {
      this.#time.drop(timer);
      fail(noLine());
    }
    this.#waiting.clear();
  }

  #lose(): void {
    this.#time.drop(this.#retry); // One that is cut while it is lost is tried once, not twice.
    this.#drop();
    if (this.#ended) return;
    const most = WAITS_MS[Math.min(this.#tries, WAITS_MS.length - 1)] as number;
    const wait = most * (0.5 + this.#time.chance() / 2); // Not all of us at the same moment.
    this.#tries += 1;
    this.lostCount += 1;
    this.retryAt = this.#time.now() + wait;
    this.#retry = this.#time.later(() => this.#connect(), wait);
    this.#say("lost");
  }

  #say(line: Line): void {
    this.line = line;
    this.onchange();
  }
}

function side(channel: string): "public" | "private" {
  return channel.startsWith("user.") ? "private" : "public";
}

function noLine(): RpcFault {
  return new RpcFault(0, "the connection is lost: what was asked may have been done, or not");
}
