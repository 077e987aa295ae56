// DECIMAL: amounts as the API tells them: decimal text, never a float.
//
// Takes   text such as "2.4100" or "-0.05".
// Gives   exact sums, differences and comparisons; text for people.
// Keeps   every digit; what is not a decimal is refused with a RangeError.

const FORM = /^([+-]?)(\d{1,30})(?:\.(\d{1,18}))?$/;
export const MINUS = "\u2212";

/** A decimal: `units` of ten to the power of minus `places`. */
export interface Decimal {
  readonly units: bigint;
  readonly places: number;
}

/** Read a decimal; raises RangeError on anything else. */
export function decimal(text: string): Decimal {
  const parts = FORM.exec(text);
  if (!parts) throw new RangeError(`expected a decimal such as 2.41, found ${JSON.stringify(text)}`);
  const [, sign, whole, rest = ""] = parts;
  const units = BigInt(`${whole}${rest}`);
  return { units: sign === "-" ? -units : units, places: rest.length };
}

/** Write a decimal with all its places. */
export function textOf({ units, places }: Decimal): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const cut = digits.length - places;
  const text = places ? `${digits.slice(0, cut)}.${digits.slice(cut)}` : digits;
  return units < 0n ? `-${text}` : text;
}

function same(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const places = Math.max(a.places, b.places);
  const scaled = (one: Decimal): bigint => one.units * 10n ** BigInt(places - one.places);
  return [scaled(a), scaled(b), places];
}

/** Add exactly. */
export function plus(a: string, b: string): string {
  const [x, y, places] = same(decimal(a), decimal(b));
  return textOf({ units: x + y, places });
}

/** Subtract exactly. */
export function minus(a: string, b: string): string {
  const [x, y, places] = same(decimal(a), decimal(b));
  return textOf({ units: x - y, places });
}

/** Multiply exactly. */
export function times(a: string, b: string): string {
  const [x, y] = [decimal(a), decimal(b)];
  return textOf({ units: x.units * y.units, places: x.places + y.places });
}

/** Compare: negative, zero or positive, as a sort wants it. */
export function compare(a: string, b: string): number {
  const [x, y] = same(decimal(a), decimal(b));
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Round half to even to a number of places; shorter text is filled with zeros. */
export function rounded(text: string, places: number): string {
  const { units, places: had } = decimal(text);
  if (had <= places) return textOf({ units: units * 10n ** BigInt(places - had), places });
  const scale = 10n ** BigInt(had - places);
  const [size, sign] = units < 0n ? [-units, -1n] : [units, 1n];
  const [down, left] = [size / scale, (size % scale) * 2n];
  const up = left > scale || (left === scale && down % 2n === 1n);
  return textOf({ units: sign * (down + (up ? 1n : 0n)), places });
}

/** The change from one amount to another in per cent with two places; null from zero. */
export function changePercent(from: string, to: string): string | null {
  const [x, y] = same(decimal(from), decimal(to));
  if (x === 0n) return null;
  const size = x < 0n ? -x : x;
  return rounded(textOf({ units: ((y - x) * 1_000_000n) / size, places: 4 }), 2);
}

/** Write for people: thousands apart, a true minus, `places` where given. */
export function shown(text: string, places?: number): string {
  const exact = places === undefined ? text : rounded(text, places);
  const [whole = "", rest] = exact.replace(/^[+-]/, "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const isZero = /^[0.]*$/.test(`${whole}${rest ?? ""}`);
  const sign = exact.startsWith("-") && !isZero ? MINUS : "";
  return sign + grouped + (rest === undefined ? "" : `.${rest}`);
}

/** The same with a sign in front of what is above zero: for changes. */
export function signed(text: string, places?: number): string {
  const out = shown(text, places);
  return out.startsWith(MINUS) || /^[0.,]*$/.test(out) ? out : `+${out}`;
}

/** -1, 0 or 1: for the colour and the arrow of a change. */
export function signOf(text: string): number {
  const { units } = decimal(text);
  return units < 0n ? -1 : units > 0n ? 1 : 0;
}
