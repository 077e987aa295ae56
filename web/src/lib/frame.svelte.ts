// FRAME: what surrounds every page: labels that must be seen, what this server has.

import { ask } from "./api.ts";

export interface Frame {
  readonly labels: readonly string[]; // "Replay ...": what a reader must know of all figures.
  readonly attributions: readonly string[];
  readonly parts: readonly string[]; // Of /api, that are here: "series", "contracts", "report", ...
}

class Surroundings {
  frame = $state.raw<Frame | null>(null);

  constructor() {
    void this.read();
    setInterval(() => document.hidden || void this.read(), 60_000);
  }

  async read(): Promise<void> {
    try {
      this.frame = await ask<Frame>("/api/frame");
    } catch {
      // Each page tells its own faults; the last frame stays.
    }
  }

  /** Whether a page that needs this part may be linked. */
  has(needs: string | undefined): boolean {
    return !needs || (this.frame?.parts.includes(needs) ?? false);
  }
}

export const surroundings = new Surroundings();
