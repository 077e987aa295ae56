// ROUTER: the address as state. A page reads its parameters here and keeps its own state in the
// query, so that an address can be sent to somebody else.

import { matched } from "./routes.ts";

/** Parameters that may hold a secret: they are taken out of the address at once. */
const SECRETS = ["access_token", "client_secret", "key", "password", "secret", "token"];

class Router {
  path = $state("/");
  query = $state<Readonly<Record<string, string>>>({});
  found = $derived(matched(this.path));

  constructor() {
    this.read();
    addEventListener("popstate", () => this.read());
  }

  /** One value of the query, or "". */
  asked(name: string): string {
    return this.query[name] ?? "";
  }

  /** Go to an address of this site. */
  go(address: string, replace = false): void {
    const to = new URL(address, location.href);
    if (to.origin !== location.origin) return location.assign(to.href);
    const moved = to.pathname !== location.pathname;
    history[replace ? "replaceState" : "pushState"](null, "", to.pathname + to.search + to.hash);
    this.read();
    if (moved) scrollTo(0, 0);
  }

  /** Set values of the query; null or "" takes one out. The history gets no entry of it. */
  set(values: Readonly<Record<string, string | null>>): void {
    const to = new URL(location.href);
    for (const [name, value] of Object.entries(values)) {
      if (value) to.searchParams.set(name, value);
      else to.searchParams.delete(name);
    }
    this.go(to.pathname + to.search + to.hash, true);
  }

  private read(): void {
    const here = new URL(location.href);
    const secret = SECRETS.filter((name) => here.searchParams.has(name));
    if (secret.length) {
      for (const name of secret) here.searchParams.delete(name);
      history.replaceState(null, "", here.pathname + here.search);
    }
    this.path = here.pathname;
    this.query = Object.fromEntries(here.searchParams);
  }
}

export const router = new Router();

/** Follow links of this site without loading it anew; for a click on the whole document. */
export function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || link.target || link.hasAttribute("download")) return;
  const to = new URL(link.href, location.href);
  if (to.origin !== location.origin || to.searchParams.has("plain")) return;
  if (to.pathname === location.pathname && to.hash) return;
  if (!matched(to.pathname)) return;
  event.preventDefault();
  router.go(to.pathname + to.search + to.hash);
}
