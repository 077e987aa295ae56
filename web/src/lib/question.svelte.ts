// QUESTION: something worked out by the server for whoever asks: an answer, why there is none, and
// whether it is still on its way. Only the last question counts.

import { ApiFault, ask } from "./api.ts";

export class Question<Wanted, Answer> {
  answer = $state.raw<Answer | null>(null);
  fault = $state.raw<ApiFault | null>(null);
  busy = $state(false);
  #address: string;
  #stop: AbortController | null = null;

  constructor(address: string) {
    this.#address = address;
  }

  /** Ask; what was asked before is let go. */
  async put(body: Wanted): Promise<void> {
    this.#stop?.abort();
    const stop = (this.#stop = new AbortController());
    this.busy = true;
    try {
      const answer = await ask<Answer>(this.#address, { method: "POST", body, signal: stop.signal });
      if (stop.signal.aborted) return;
      [this.answer, this.fault] = [answer, null];
    } catch (fault) {
      if (stop.signal.aborted) return;
      this.fault = fault instanceof ApiFault ? fault : new ApiFault(0, String(fault));
      this.answer = null;
    }
    this.busy = false;
  }
}
