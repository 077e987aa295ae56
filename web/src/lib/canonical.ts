// CANONICAL: JSON in the one form that is hashed: sorted keys, no spaces, ASCII, whole numbers.
//
// Takes   JSON text in any spelling.
// Gives   its values, numbers as bigint: a time in nanoseconds is more than a float can hold;
//         and the canonical text of such values.
// Keeps   what is hashed apart from what a browser would round: a number with a point and a name
//         that stands twice in one object are refused with a SyntaxError.
// Source  The server's own is `canonical_json` of `observe/observation.py`.

export type Exact = null | boolean | bigint | string | readonly Exact[] | ExactObject;
export type ExactObject = ReadonlyMap<string, Exact>;

const DEPTH_MAX = 40;
const CHARACTERS_MAX = 8 << 20;
const TOKEN = /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\.)*")|(-?\d+)(?![\d.eE])|(true|false|null))/y;

/** Read JSON with exact numbers. */
export function exactJson(text: string): Exact {
  if (text.length > CHARACTERS_MAX) throw new SyntaxError("expected JSON of at most 8 MiB");
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  #at = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  value(depth: number): Exact {
    if (depth > DEPTH_MAX) throw new SyntaxError(`expected JSON at most ${DEPTH_MAX} deep`);
    const [sign, string, number, word] = this.#token();
    if (string !== undefined) return JSON.parse(string) as string;
    if (number !== undefined) return whole(number);
    if (word !== undefined) return word === "null" ? null : word === "true";
    if (sign === "{") return this.#object(depth);
    if (sign === "[") return this.#list(depth);
    return this.#refuse("a value");
  }

  end(): void {
    if (this.text.slice(this.#at).trim()) this.#refuse("the end of the JSON");
  }

  #object(depth: number): ExactObject {
    const found = new Map<string, Exact>();
    if (this.#ends("}")) return found;
    for (;;) {
      const [, string] = this.#token();
      if (string === undefined) this.#refuse("a name");
      const name = JSON.parse(string) as string;
      if (found.has(name)) throw new SyntaxError(`expected the name ${name} once, found it twice`);
      if (this.#token()[0] !== ":") this.#refuse("a colon");
      found.set(name, this.value(depth + 1));
      if (this.#ends("}")) return found;
      if (this.#token()[0] !== ",") this.#refuse("a comma");
    }
  }

  #list(depth: number): readonly Exact[] {
    const found: Exact[] = [];
    if (this.#ends("]")) return found;
    for (;;) {
      found.push(this.value(depth + 1));
      if (this.#ends("]")) return found;
      if (this.#token()[0] !== ",") this.#refuse("a comma");
    }
  }

  /** Step over a closing sign where it comes next. */
  #ends(sign: string): boolean {
    const before = this.#at;
    if (this.#token()[0] === sign) return true;
    this.#at = before;
    return false;
  }

  #token(): (string | undefined)[] {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.text);
    if (!found) return this.#refuse("JSON with whole numbers");
    this.#at = TOKEN.lastIndex;
    return found.slice(1);
  }

  #refuse(expected: string): never {
    throw new SyntaxError(`expected ${expected} at character ${this.#at}`);
  }
}

function whole(text: string): bigint {
  if (!/^(?:0|-?[1-9]\d*)$/.test(text)) throw new SyntaxError(`expected a number, found ${text}`);
  return BigInt(text);
}

/** Write values in the canonical form. */
export function canonicalText(value: Exact): string {
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "string") return quoted(value);
  if (value instanceof Map) {
    const names = [...value.keys()].sort();
    return `{${names.map((name) => `${quoted(name)}:${canonicalText(value.get(name))}`).join(",")}}`;
  }
  return `[${(value as readonly Exact[]).map(canonicalText).join(",")}]`;
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
