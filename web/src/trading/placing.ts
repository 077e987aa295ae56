// PLACING: tickets sent, orders changed and cancelled; what came of it, in words.
//
// Takes   the wire; a ticket without problems, or an order.
// Gives   a sentence on what was done. Refusals are raised as the exchange says them.
// Keeps   nothing assumed: where no answer came the words say that it may have been done.

import { shown } from "../lib/decimal.ts";
import { askedOf, bracketOf, partnered, type Asked, type Ticket } from "./ticket.ts";
import type { Order, OwnTrade, Position } from "./told.ts";
import { RpcFault, type Wire } from "./wire.ts";

interface Placed {
  readonly order: Order;
  readonly trades: readonly OwnTrade[];
}

/** Send a ticket, its bracket too. Raises RpcFault. */
export async function place(wire: Wire, ticket: Ticket, contract: string): Promise<string> {
  const asked = askedOf(ticket, contract, labelOf());
  const first = await wire.call<Placed>(asked.method, asked.params);
  const ends = bracketOf(ticket, contract, 1, "").length;
  if (!ends) return placedWords(first);
  return `${placedWords(first)} ${await hang(wire, ticket, contract, first)}`;
}

/** Hang the ends of a bracket on its order; where it was filled at once they stand by themselves. */
async function hang(wire: Wire, ticket: Ticket, contract: string, first: Placed): Promise<string> {
  const { order } = first;
  const stands = order.order_state === "open" || order.order_state === "untriggered";
  const lots = Number(stands ? order.amount : order.filled_amount);
  if (!lots) return "Nothing of it stands, so no bracket was placed.";
  try {
    try {
      await placeEnds(wire, bracketOf(ticket, contract, lots, stands ? order.order_id : ""));
    } catch (fault) {
      if (!stands || !(fault instanceof RpcFault) || fault.code !== 10004) throw fault;
      await placeEnds(wire, bracketOf(ticket, contract, lots, "")); // It was filled meanwhile.
    }
  } catch (fault) {
    return `Its bracket was not placed, or not all of it: ${faultWords(fault)}`;
  }
  return stands ? "Its bracket waits for it." : "Its bracket stands.";
}

async function placeEnds(wire: Wire, ends: readonly Asked[]): Promise<void> {
  let id = "";
  for (const end of ends) {
    const asked = id ? partnered(end, id) : end;
    id = (await wire.call<Placed>(asked.method, asked.params)).order.order_id;
  }
}

/** Change price, lots or trigger of an order. Raises RpcFault. */
export async function amend(
  wire: Wire,
  order: Order,
  change: Readonly<Record<string, string>>,
): Promise<string> {
  const told = await wire.call<Placed>("private/edit", { order_id: order.order_id, ...change });
  return `Order ${told.order.order_id} is changed. ${tradedWords(told.trades)}`.trim();
}

/** Cancel an order. */
export async function cancel(wire: Wire, order: Order): Promise<string> {
  await wire.call("private/cancel", { order_id: order.order_id });
  return `Order ${order.order_id} is cancelled.`;
}

/** Cancel all orders of the account. */
export async function cancelAll(wire: Wire): Promise<string> {
  const count = Number(await wire.call<string>("private/cancel_all"));
  return count === 1 ? "1 order is cancelled." : `${count} orders are cancelled.`;
}

/** Close a position at the market. */
export async function close(wire: Wire, position: Position): Promise<string> {
  const params = { instrument_name: position.instrument_name, type: "market" };
  return placedWords(await wire.call<Placed>("private/close_position", params));
}

/** Say what came of an order. */
export function placedWords({ order, trades }: Placed): string {
  const states: Record<string, string> = {
    open: "rests",
    untriggered: "waits for its trigger",
    filled: "is filled",
    cancelled: "is cancelled",
    rejected: "is refused",
  };
  const why = order.order_state === "cancelled" ? reasonWords(order.cancel_reason) : "";
  const state = states[order.order_state] ?? order.order_state;
  return `Order ${order.order_id} ${state}${why}. ${tradedWords(trades)}`.trim();
}

/** Say what a fill did that no request of ours was answered with. */
export function fillWords(trade: OwnTrade): string {
  const what = trade.direction === "buy" ? "Bought" : "Sold";
  const lots = `${shown(trade.amount)} lot${trade.amount === "1" ? "" : "s"}`;
  const why = trade.liquidation ? "Liquidation: " : "";
  return `${why}${what} ${lots} of ${trade.instrument_name} at $${shown(trade.price)}.`;
}

function tradedWords(trades: readonly OwnTrade[]): string {
  if (!trades.length) return "";
  const lots = trades.reduce((sum, trade) => sum + Number(trade.amount), 0);
  const [low, high] = [trades[0]?.price ?? "0", trades.at(-1)?.price ?? "0"];
  const at = low === high ? `$${shown(low)}` : `$${shown(low)} to $${shown(high)}`;
  return `${shown(String(lots))} lot${lots === 1 ? "" : "s"} traded at ${at}.`;
}

/** Say why something was refused, with the nearest legal values where the exchange tells them. */
export function faultWords(fault: unknown): string {
  if (!(fault instanceof RpcFault)) return String(fault instanceof Error ? fault.message : fault);
  if (fault.code === 0) return `No answer: ${fault.message}. The open orders say what stands.`;
  const { reason, text, nearest, param } = fault.data;
  const word = String(reason ?? fault.message);
  const first = refusalWords(word);
  const more = typeof text === "string" && text !== word ? `: ${text}` : "";
  const near = Array.isArray(nearest) && nearest.length ? ` Nearest: ${nearest.map(String).join(", ")}.` : "";
  const where = typeof param === "string" && !more ? ` (${param})` : "";
  return `Refused: ${first}${more}${where}.${near}`;
}

/** Say a reason of the exchange. */
export function refusalWords(word: string): string {
  return WORDS[word] ?? (/^[A-Z_]+$/.test(word) ? word.toLowerCase().replaceAll("_", " ") : word);
}

function reasonWords(reason: string | undefined): string {
  return reason ? ` (${reason.replaceAll("_", " ")})` : "";
}

/** A label of its own lets an order be found where its answer was lost. */
function labelOf(): string {
  return `web-${crypto.getRandomValues(new Uint32Array(2)).join("")}`.slice(0, 24);
}

const WORDS: Readonly<Record<string, string>> = {
  MARGIN_INSUFFICIENT: "the margin is not enough for this order",
  FUNDS_INSUFFICIENT: "the money is not enough",
  PRICE_OUT_OF_BAND: "the price is outside the band that holds now",
  PRICE_OUT_OF_RANGE: "the price is outside what this contract allows",
  CONTRACT_NOT_OPEN: "the contract takes no orders now",
  CONTRACT_HALTED: "the contract is halted",
  ACCOUNT_BLOCKED: "the account may not do this now",
  POST_ONLY_CROSSES: "it would trade at once, and was to be post only",
  REDUCE_ONLY: "there is no position that it would reduce",
  TRIGGER_PASSED: "the trigger is reached already",
  POSITION_ABOVE_MAX: "the position would be larger than is allowed",
  LINK_UNKNOWN: "the order that it is linked to does not stand, or has its links already",
};
