// API: the public API of this market, the only source of all that is shown.
//
// Takes   an address below /api, /data, /log or /cite.
// Gives   JSON, or an ApiFault that says what was expected and what was found.
// Keeps   a bound on the time of each request.

const SECONDS_MAX = 20;

/** A request that was not answered as asked. `status` is 0 where nothing answered at all. */
export class ApiFault extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, text: string, reason = "") {
    super(text);
    this.status = status;
    this.reason = reason;
  }
}

export interface Asked {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly credentials?: RequestCredentials; // "omit": the browser neither adds nor asks for any.
}

/** How far the server's clock is ahead of ours, in milliseconds, by its last answer. */
export const clock = { ahead: 0, known: false };

/** Ask for JSON. Raises ApiFault; an aborted request raises its AbortError. */
export async function ask<T>(address: string, asked: Asked = {}): Promise<T> {
  const answer = await answered(address, asked);
  const text = await answer.text();
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiFault(answer.status, `${address}: expected JSON, found ${text.length} characters`);
  }
}

/** Ask for bytes. */
export async function askBytes(address: string, asked: Asked = {}): Promise<Uint8Array> {
  return new Uint8Array(await (await answered(address, asked)).arrayBuffer());
}

async function answered(address: string, asked: Asked): Promise<Response> {
  const limit = AbortSignal.timeout(SECONDS_MAX * 1000);
  const signal = asked.signal ? AbortSignal.any([asked.signal, limit]) : limit;
  const headers: Record<string, string> = { accept: "application/json", ...asked.headers };
  const init: RequestInit = { method: asked.method ?? "GET", headers, signal };
  if (asked.credentials) init.credentials = asked.credentials;
  if (asked.body !== undefined) {
    init.body = JSON.stringify(asked.body);
    headers["content-type"] = "application/json";
  }
  let answer: Response;
  try {
    answer = await fetch(address, init);
  } catch (fault) {
    if (asked.signal?.aborted) throw fault;
    const late = limit.aborted ? `an answer within ${SECONDS_MAX} s` : "an answer";
    throw new ApiFault(0, `expected ${late} from the server, found none: is it running?`);
  }
  told(answer);
  if (!answer.ok) throw await faultOf(answer);
  return answer;
}

function told(answer: Response): void {
  const date = Date.parse(answer.headers.get("date") ?? "");
  if (Number.isNaN(date)) return;
  clock.ahead = date + 500 - Date.now(); // The header has whole seconds.
  clock.known = true;
}

async function faultOf(answer: Response): Promise<ApiFault> {
  const text = await answer.text();
  try {
    const body = JSON.parse(text) as { error?: unknown; reason?: unknown };
    if (typeof body.error === "string") {
      return new ApiFault(answer.status, body.error, String(body.reason ?? ""));
    }
  } catch {
    // Not ours; a proxy's page, perhaps.
  }
  return new ApiFault(answer.status, `expected an answer, found status ${answer.status}`);
}
