// DATASETS: what is published to download, in the groups that the page shows, and how it is used.
//
// Takes   rows of /api/datasets; the address of this site.
// Gives   groups of rows; sizes in words; examples of use, as text to be copied.
// Keeps   the address of the examples that of this site: they run as they stand.

export interface Dataset {
  readonly name: string;
  readonly title: string;
  readonly address: string;
  readonly media_type: string;
  readonly bytes: number | null;
  readonly rows: number | null;
  readonly of: string;
  readonly schema: string;
  readonly table: string;
}

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly meaning: string;
  readonly example: string | number | boolean | null;
}

export interface Datasets {
  readonly licence: string;
  readonly datasets: readonly Dataset[];
  readonly tables: readonly { readonly name: string; readonly columns: readonly Column[] }[];
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** "3.4 MB", by thousands; "" where nobody counted. */
export function sizeText(bytes: number | null): string {
  if (bytes === null) return "";
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit + 1 < UNITS.length) [value, unit] = [value / 1000, unit + 1];
  return `${unit && value < 99.5 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** The group that a data set stands in. */
export function groupOf({ name, of }: Dataset): string {
  if (of) return "Each series";
  const kind = name.split("-")[0] ?? "";
  const groups: Readonly<Record<string, string>> = {
    fixings: "The whole index",
    feed: "Feeds",
    log: "The transparency log",
    schemas: "Descriptions",
    openapi: "Descriptions",
    market: "The market, day by day",
  };
  return groups[kind] ?? "Others";
}

/** How the data are read, with the address of this site in it. */
export function examples(site: string): readonly (readonly [id: string, name: string, text: string])[] {
  return [
    ["curl", "curl", `curl -s ${site}/data/series/h100-sxm-od.csv\ncurl -s '${site}/data/fixings.csv?date=2026-07-20'\ncurl -s ${site}/api/series/h100-sxm-od/2026-07-20`],
    [
      "pandas",
      "pandas",
      `import pandas as pd\n\nfixes = pd.read_csv("${site}/data/series/h100-sxm-od.csv", dtype={"fix_usd": "string"})\nfixed = fixes[fixes.state == "fixed"].set_index("date")\nprint(fixed.fix_usd.tail())  # Decimal text: no digit is lost on the way.\nprint(fixed.fix_usd.astype(float).describe())`,
    ],
    [
      "duckdb",
      "DuckDB",
      `SELECT series, date, fix_usd, grade\nFROM '${site}/data/fixings.parquet'\nWHERE state = 'fixed'\nORDER BY date DESC, series\nLIMIT 20;`,
    ],
    ["verify", "Verify", `chiphour verify h100-sxm-od 2026-07-20\nchiphour verify --all --bundle DIR`],
  ];
}
