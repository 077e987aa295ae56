// NOW: the time of the server, once a second, for "3 minutes ago". Our clock may be wrong by hours.

import { clock } from "./api.ts";

class Now {
  ms = $state(Date.now());

  constructor() {
    setInterval(() => {
      if (!document.hidden) this.ms = Date.now() + clock.ahead;
    }, 1000);
  }
}

export const now = new Now();
