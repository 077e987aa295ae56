// FRAMES: many messages, one drawing: what is marked is drawn at the next frame of the screen.
//
// Takes   functions that draw.
// Gives   each at most once a frame. A page that is not seen draws at most once a second.
// Keeps   no queue: what came in between is drawn by the same call.

const marked = new Set<() => void>();
let waiting = false;

function draw(): void {
  waiting = false;
  const now = [...marked];
  marked.clear();
  for (const each of now) each();
}

/** Draw at the next frame. */
export function atNextFrame(call: () => void): void {
  marked.add(call);
  if (waiting) return;
  waiting = true;
  if (document.hidden) setTimeout(draw, 1_000);
  else requestAnimationFrame(draw);
}
