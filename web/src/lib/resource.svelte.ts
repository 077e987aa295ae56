// RESOURCE: something asked of the API, with all that a page must show about it: not yet there,
// there, old, or refused and why. Made while a component is set up.

import { ApiFault, ask } from "./api.ts";

export class Resource<T> {
  data = $state.raw<T | null>(null);
  fault = $state.raw<ApiFault | null>(null);
  busy = $state(true);
  at = $state(0); // When the data came, in milliseconds.
  #again = $state(0);

  /** `address` may read state; null asks nothing. `everyMs` asks again, while the page is seen. */
  constructor(address: () => string | null, everyMs = 0) {
    $effect(() => {
      const from = address();
      this.#again; // Asked for again: see `reload`.
      if (from === null) {
        this.data = this.fault = null;
        this.busy = false;
        return;
      }
      return this.#follow(from, everyMs);
    });
  }

  /** Ask again. */
  reload(): void {
    this.#again += 1;
  }

  #follow(from: string, everyMs: number): () => void {
    const stop = new AbortController();
    let timer = 0;
    const turn = async (): Promise<void> => {
      if (!document.hidden || this.data === null) await this.#once(from, stop.signal);
      if (everyMs && !stop.signal.aborted) timer = window.setTimeout(turn, everyMs);
    };
    this.busy = true;
    void turn();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }

  async #once(from: string, signal: AbortSignal): Promise<void> {
    try {
      const data = await ask<T>(from, { signal });
      if (signal.aborted) return;
      this.data = data;
      this.fault = null;
      this.at = Date.now();
    } catch (fault) {
      if (signal.aborted) return;
      this.fault = fault instanceof ApiFault ? fault : new ApiFault(0, String(fault));
      if (this.fault.status === 404) this.data = null; // It is not there; else the last stays.
    }
    this.busy = false;
  }
}
