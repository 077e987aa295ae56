// HEARTBEAT: `performance.now`, once a second, for "no data for 12 s".

class Heartbeat {
  ms = $state(performance.now());

  constructor() {
    setInterval(() => (this.ms = performance.now()), 1000);
  }
}

export const heartbeat = new Heartbeat();
