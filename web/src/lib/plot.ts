// PLOT: where lines, ticks and labels of a small chart stand. Pictures only: no figure is made here.
//
// Takes   numbers and the size of a picture in pixels.
// Gives   round ticks, paths of SVG, places of labels that do not lie upon one another.
// Keeps   gaps as gaps: a null in a line lifts the pen.

const STEPS = [1, 2, 2.5, 5, 10];

/** Round values from at most `low` to at least `high`, about `count` of them. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, count);
  const scale = 10 ** Math.floor(Math.log10(rough));
  const step = scale * (STEPS.find((each) => each * scale >= rough) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, place) => (first + place) * step);
}

/** Decimals that tell these ticks apart. */
export function placesOf(marks: readonly number[]): number {
  const step = marks.length > 1 ? Math.abs((marks[1] ?? 0) - (marks[0] ?? 0)) : 1;
  for (let places = 0; places < 4; places += 1) {
    if (Math.abs(Math.round(step * 10 ** places) - step * 10 ** places) < 1e-6) return places;
  }
  return 4;
}

/** A line through points; `steps` holds each value until the next. */
export function linePath(points: readonly (readonly [x: number, y: number | null])[], steps = false): string {
  let [text, pen] = ["", "M"];
  for (const [x, y] of points) {
    if (y === null) {
      pen = "M";
      continue;
    }
    const at = `${x.toFixed(1)} ${y.toFixed(1)}`;
    text += steps && pen === "L" ? `H${x.toFixed(1)}V${y.toFixed(1)}` : pen + at;
    pen = "L";
  }
  return text;
}

/** Move labels apart, at least `gap` between two, all between low and high; order is kept. */
export function apart(places: readonly number[], gap: number, low: number, high: number): number[] {
  const order = places.map((_, each) => each).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const found = [...places];
  let floor = low;
  for (const each of order) {
    found[each] = Math.max(found[each] ?? low, floor);
    floor = (found[each] ?? low) + gap;
  }
  let roof = high;
  for (const each of order.reverse()) {
    found[each] = Math.min(found[each] ?? high, roof);
    roof = (found[each] ?? high) - gap;
  }
  return found;
}
