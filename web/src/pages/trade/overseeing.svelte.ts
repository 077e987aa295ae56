// OVERSEEING: which member the operator looks at, and at what of it.
//
// Keeps   the choice while one walks between contracts or turns a phone; forgotten with the session.

import { session } from "../../lib/session.svelte.ts";

class Overseeing {
  name = $state(""); // Of a member; "" for none yet.
  part = $state("positions");

  constructor() {
    session.follow(() => ([this.name, this.part] = ["", "positions"]));
  }
}

export const overseeing = new Overseeing();
