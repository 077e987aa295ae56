// EXACT: JSON whose numbers stay the decimal text that they were written as.
//
// Takes   JSON text.
// Gives   the value, each number as text: "2.995", never the float next to it.
// Keeps   what is shown of money what the server wrote. Bad JSON is a SyntaxError.

export type Exact = null | boolean | string | Exact[] | { [name: string]: Exact };

const PARTS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Read JSON; numbers become text. */
export function parseExact(text: string): Exact {
  const quoted = text.replace(PARTS, (part) => (part.startsWith('"') ? part : `"${part}"`));
  return JSON.parse(quoted) as Exact;
}
