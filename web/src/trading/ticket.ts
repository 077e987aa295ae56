// TICKET: an order as it is written down, and the request that it is.
//
// Takes   what stands in the fields; the contract's grid.
// Gives   the method and its params, or what is wrong, field by field.
// Keeps   only params that mean something for the type: the exchange refuses all others.

import { lotsOf, ticksOf, type Grid } from "./ticks.ts";

export type SideWord = "buy" | "sell";
export const TYPES = [
  ["limit", "Limit"],
  ["market", "Market"],
  ["stop_limit", "Stop, limit"],
  ["stop_market", "Stop, market"],
  ["take_limit", "Take profit, limit"],
  ["take_market", "Take profit, market"],
  ["trailing_stop", "Trailing stop"],
] as const;
export const FORCES = [
  ["good_til_cancelled", "Until cancelled"],
  ["good_til_day", "Day: until 00:30 UTC"],
  ["immediate_or_cancel", "Immediate or cancel"],
  ["fill_or_kill", "Fill or kill"],
] as const;
export const TRIGGERS = [
  ["mark_price", "Mark"],
  ["index_price", "Index"],
  ["last_price", "Last trade"],
] as const;
export const POSTS = [
  ["", "May take"],
  ["slide", "Post only, slides"],
  ["reject", "Post only, or refused"],
] as const;

export interface Ticket {
  side: SideWord;
  type: string;
  lots: string;
  price: string;
  trigger: string;
  triggerPrice: string;
  offset: string;
  force: string;
  post: string;
  reduceOnly: boolean;
  shown: string; // Lots of an iceberg that show; "" for all.
  oco: string; // The order that this one cancels, and is cancelled by.
  takeAt: string; // A bracket's take profit and stop: their triggers.
  stopAt: string;
}

export interface Asked {
  readonly method: "private/buy" | "private/sell";
  readonly params: Readonly<Record<string, unknown>>;
}

/** An empty ticket. */
export function emptyTicket(): Ticket {
  return {
    side: "buy",
    type: "limit",
    lots: "",
    price: "",
    trigger: "mark_price",
    triggerPrice: "",
    offset: "",
    force: "good_til_cancelled",
    post: "",
    reduceOnly: false,
    shown: "",
    oco: "",
    takeAt: "",
    stopAt: "",
  };
}

export const hasPrice = (type: string): boolean => type.endsWith("limit");
export const waits = (type: string): boolean => type !== "limit" && type !== "market";
export const trails = (type: string): boolean => type === "trailing_stop";

/** The times in force that a type may have. */
export function forcesOf(type: string): readonly (readonly [string, string])[] {
  if (hasPrice(type)) return FORCES;
  if (type === "market") return FORCES.filter(([word]) => word === "immediate_or_cancel");
  return FORCES.filter(([word]) => word.startsWith("good_til"));
}

/** What is wrong, by the name of the field; empty where nothing is. */
export function problemsOf(ticket: Ticket, grid: Grid): Record<string, string> {
  const wrong: Record<string, string> = {};
  const onGrid = (name: string, text: string, most = Infinity): void => {
    const ticks = ticksOf(text, grid);
    if (ticks === null) wrong[name] = `Expected a price in steps of $${stepOf(grid)}${found(text)}.`;
    else if (ticks > most) wrong[name] = "Expected less.";
  };
  const lots = lotsOf(ticket.lots);
  if (lots === null) wrong.lots = `Expected a whole number of lots above 0${found(ticket.lots)}.`;
  if (hasPrice(ticket.type)) onGrid("price", ticket.price);
  if (trails(ticket.type)) {
    onGrid("offset", ticket.offset);
    if (!wrong.offset && (ticksOf(ticket.offset, grid) ?? 0) < 1) {
      wrong.offset = `Expected an offset above 0${found(ticket.offset)}.`;
    }
  } else if (waits(ticket.type)) onGrid("triggerPrice", ticket.triggerPrice);
  if (isIceberg(ticket)) {
    const shown = lotsOf(ticket.shown);
    if (shown === null) wrong.shown = `Expected whole lots above 0${found(ticket.shown)}.`;
    else if (lots !== null && shown > lots) wrong.shown = `Expected at most ${lots}, found ${shown}.`;
  }
  if (ticket.takeAt) onGrid("takeAt", ticket.takeAt);
  if (ticket.stopAt) onGrid("stopAt", ticket.stopAt);
  return wrong;
}

/** Write the request of a ticket without problems. */
export function askedOf(ticket: Ticket, contract: string, label = ""): Asked {
  const { type } = ticket;
  const params: Record<string, unknown> = { instrument_name: contract, type };
  params.amount = lotsOf(ticket.lots);
  if (hasPrice(type)) params.price = plain(ticket.price);
  if (waits(type)) params.trigger = triggerOf(ticket);
  if (trails(type)) params.trigger_offset = plain(ticket.offset);
  else if (waits(type)) params.trigger_price = plain(ticket.triggerPrice);
  const forces = forcesOf(type).map(([word]) => word as string);
  params.time_in_force = forces.includes(ticket.force) ? ticket.force : forces[0];
  if (mayPost(ticket) && ticket.post) {
    params.post_only = true;
    params.reject_post_only = ticket.post === "reject";
  }
  if (ticket.reduceOnly) params.reduce_only = true;
  if (isIceberg(ticket)) params.display_amount = lotsOf(ticket.shown);
  if (ticket.oco) {
    params.linked_order_type = "one_cancels_other";
    params.linked_order_id = ticket.oco;
  }
  if (label) params.label = label;
  return { method: `private/${ticket.side}`, params };
}

/**
 * The two ends of a bracket: orders to close what its first order opened, each of which cancels
 * the other. They wait for that order where it still stands; `lots` is how much they may close.
 */
export function bracketOf(ticket: Ticket, contract: string, lots: number, parent: string): Asked[] {
  const side: SideWord = ticket.side === "buy" ? "sell" : "buy";
  const end = (type: string, at: string): Asked => {
    const trigger = ticket.trigger === "last_price" ? "last_price" : triggerOf(ticket);
    const params: Record<string, unknown> = { instrument_name: contract, type, amount: lots };
    Object.assign(params, { trigger, trigger_price: plain(at), reduce_only: true });
    if (parent) {
      params.linked_order_type = "one_triggers_other";
      params.linked_order_id = parent;
    }
    return { method: `private/${side}`, params };
  };
  const ends: Asked[] = [];
  if (ticket.takeAt) ends.push(end("take_market", ticket.takeAt));
  if (ticket.stopAt) ends.push(end("stop_market", ticket.stopAt));
  return ends;
}

/** Let the second end of a bracket cancel the first, whose id is known by now, and be cancelled. */
export function partnered(asked: Asked, first: string): Asked {
  const linked = { linked_order_type: "one_cancels_other", linked_order_id: first };
  return { ...asked, params: { ...asked.params, ...linked } };
}

export const hasBracket = (ticket: Ticket): boolean => !!(ticket.takeAt || ticket.stopAt);
export const mayPost = ({ type, force }: Ticket): boolean =>
  type === "limit" && force.startsWith("good_til");
export const isIceberg = (ticket: Ticket): boolean => mayPost(ticket) && ticket.shown.trim() !== "";

/** In words, for who confirms: "Buy 5 lots, limit $2.9900". */
export function wordsOf(ticket: Ticket): string {
  const type = TYPES.find(([word]) => word === ticket.type)?.[1].toLowerCase() ?? ticket.type;
  const at = hasPrice(ticket.type) ? ` $${plain(ticket.price)}` : "";
  const source = TRIGGERS.find(([word]) => word === triggerOf(ticket))?.[1].toLowerCase();
  const when = trails(ticket.type)
    ? `, $${plain(ticket.offset)} behind the ${source}`
    : waits(ticket.type)
      ? `, when the ${source} reaches $${plain(ticket.triggerPrice)}`
      : "";
  const lots = lotsOf(ticket.lots) ?? 0;
  return `${ticket.side === "buy" ? "Buy" : "Sell"} ${lots} lot${lots === 1 ? "" : "s"}, ${type}${at}${when}`;
}

function triggerOf(ticket: Ticket): string {
  return trails(ticket.type) && ticket.trigger === "last_price" ? "mark_price" : ticket.trigger;
}

/** A price as the exchange reads it: exact, written as it was typed. */
function plain(text: string): string {
  return text.trim().replace("\u2212", "-");
}

function stepOf(grid: Grid): string {
  return (Number(grid.units) / 10 ** grid.places).toFixed(grid.places);
}

function found(text: string): string {
  return text.trim() ? `, found ${text.trim().slice(0, 24)}` : "";
}
