// ACCOUNT: a member's own: orders, positions, money, and what has just happened to them.
//
// Takes   the wire; a key of the page's session, or one that is to be proved.
// Gives   what stands, as state.
// Keeps   no secret: the key is held by `signing.ts`. After a lost line all is read anew. What the
//         exchange says stands; nothing is assumed to have been done.

import { atNextFrame } from "./frames.ts";
import { authParams, mayTrade, scopeWords, type Signer } from "./signing.ts";
import { STANDING, type Order, type OwnTrade, type Portfolio, type Position } from "./told.ts";
import { RpcFault, type Wire } from "./wire.ts";
import type { Exact } from "./exact.ts";

const FILLS_MAX = 100;
const POSITIONS_MS = 400; // Between two readings of the positions.

export class Account {
  keyId = $state("");
  scopes = $state.raw<readonly string[]>([]);
  canTrade = $state(false);
  orders = $state.raw<ReadonlyMap<string, Order>>(new Map());
  positions = $state.raw<readonly Position[]>([]);
  portfolio = $state.raw<Portfolio | null>(null);
  fills = $state.raw<readonly OwnTrade[]>([]); // Of this session, the newest first.
  isRead = $state(false);
  onfill: (trade: OwnTrade) => void = () => {};
  onrefused: (reason: string) => void = () => {}; // The key that was in is taken no more.

  #wire: Wire;
  #signer: Signer | null = null;
  #ends: (() => void)[] = [];
  #orders = new Map<string, Order>();
  #fills: OwnTrade[] = [];
  #timer = 0;
  #turn = 0; // A sign-out makes what is still on its way another's.

  constructor(wire: Wire) {
    this.#wire = wire;
    wire.onopen = () => this.#reopen();
  }

  get isIn(): boolean {
    return this.keyId !== "";
  }

  /** Sign in with a key; raises RpcFault with the exchange's reason. */
  async signIn(signer: Signer): Promise<void> {
    await this.#auth(signer);
    this.#hold(signer);
    this.#listen();
  }

  /** Be in with the key of the page's session, or with none. */
  follow(signer: Signer | null): void {
    if (signer === this.#signer) return;
    if (this.#signer) this.#leave();
    if (!signer) return;
    this.#hold(signer);
    if (this.#wire.line !== "live") this.#listen(); // It signs in when the line is open.
    else void this.#reopen().catch(() => {}).then(() => signer === this.#signer && this.#listen());
  }

  #hold(signer: Signer): void {
    this.#signer = signer;
    this.keyId = signer.id;
  }

  #listen(): void {
    const taken = (data: Exact): void => this.#takeTrades(data as unknown as OwnTrade[]);
    this.#ends = [
      this.#wire.follow("user.orders.any.any.raw", (data) => this.#takeOrder(data)),
      this.#wire.follow("user.trades.any.any.raw", taken),
      this.#wire.follow("user.portfolio.USDC", (data) => this.#takePortfolio(data), {
        begun: () => void this.#read(),
      }),
    ];
  }

  /** Forget the key and all that it showed; the exchange ends the session with the connection. */
  #leave(): void {
    this.#turn += 1;
    this.#wire.cut(); // First: on a line that is lost, channels end without a word.
    for (const end of this.#ends) end();
    this.#ends = [];
    this.#signer = null;
    this.keyId = "";
    this.scopes = [];
    this.canTrade = this.isRead = false;
    this.#orders.clear();
    this.#fills = [];
    this.orders = new Map();
    this.positions = this.fills = [];
    this.portfolio = null;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#wire.retry();
  }

  async #auth(signer: Signer): Promise<void> {
    const params = await authParams(signer, this.#wire.serverNow());
    const told = await this.#wire.call<{ scope: string }>("public/auth", params);
    this.scopes = scopeWords(told.scope);
    this.canTrade = mayTrade(told.scope);
  }

  /** Sign in again on a new connection; a key that is refused is told. */
  async #reopen(): Promise<void> {
    if (!this.#signer) return;
    try {
      await this.#auth(this.#signer);
    } catch (fault) {
      if (!(fault instanceof RpcFault) || fault.code === 0) throw fault;
      const said = String(fault.data.reason ?? fault.message);
      this.#turn += 1;
      setTimeout(() => this.onrefused(`The exchange no longer takes this key: ${said}.`), 0);
    }
  }

  async #read(): Promise<void> {
    const turn = this.#turn;
    try {
      const orders = await this.#wire.call<Order[]>("private/get_open_orders");
      if (turn !== this.#turn) return;
      this.#orders = new Map(orders.map((order) => [order.order_id, order]));
      await this.#readPositions();
      this.portfolio = await this.#wire.call<Portfolio>("private/get_account_summary", {
        currency: "USDC",
      });
      if (turn !== this.#turn) return;
      this.isRead = true;
      atNextFrame(this.#draw);
    } catch {
      // The line was lost, or the key is gone: both are told elsewhere.
    }
  }

  async #readPositions(): Promise<void> {
    const turn = this.#turn;
    const found = await this.#wire.call<Position[]>("private/get_positions", { currency: "USDC" });
    if (turn === this.#turn) this.positions = found;
  }

  #takeOrder(data: Exact): void {
    const order = data as unknown as Order;
    if (STANDING.includes(order.order_state)) this.#orders.set(order.order_id, order);
    else this.#orders.delete(order.order_id);
    atNextFrame(this.#draw);
  }

  #takeTrades(trades: OwnTrade[]): void {
    this.#fills = [...trades.toReversed(), ...this.#fills].slice(0, FILLS_MAX);
    for (const trade of trades) this.onfill(trade);
    atNextFrame(this.#draw);
    this.#readSoon();
  }

  #takePortfolio(data: Exact): void {
    this.portfolio = data as unknown as Portfolio;
    this.#readSoon();
  }

  #readSoon(): void {
    if (this.#timer) return;
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      if (this.isIn) void this.#readPositions().catch(() => {});
    }, POSITIONS_MS);
  }

  #draw = (): void => {
    this.orders = new Map(this.#orders);
    this.fills = this.#fills;
  };
}
