// PROSE: text with its form, as the API tells it: headings, paragraphs, tables, lists, code.
//
// Takes   answers of /api/methodology and /api/changelog.
// Gives   their shapes. A page draws them with elements; no markup is ever put in as text.

export interface Span {
  readonly text: string;
  readonly kind: "text" | "code" | "strong" | "emphasis" | "link";
  readonly href: string; // "" where it leads out of what is served.
}

export interface Cell {
  readonly spans: readonly Span[];
}

export interface Block {
  readonly kind: "paragraph" | "table" | "list" | "code";
  readonly spans: readonly Span[];
  readonly rows: readonly { readonly cells: readonly Cell[] }[];
}

export interface Part {
  readonly id: string;
  readonly level: number;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** Whether a link stays on this site: a place on the page, or a path of ours. */
export function isOurs(href: string): boolean {
  return /^#[\w-]+$/.test(href) || /^\/(?!\/)/.test(href);
}
