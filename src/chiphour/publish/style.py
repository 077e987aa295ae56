"""STYLE: the stylesheet of every page: one sheet of paper, figures that line up.

Takes   nothing: this file is a text.
Gives   STYLE.
Keeps   system fonts, no address, contrast of WCAG AA in light and dark, no width that makes a
        page of 360 pixels scroll sideways: tables reflow, wide charts scroll inside.
Source  Decision 0010.
"""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fcfbf8; --panel: #f4f1e9; --ink: #1b1a17; --muted: #5f5a50; --rule: #ddd7ca;
  --strong: #1b1a17; --accent: #7d2418; --line: #24506f; --band: #cfdde6; --note: #fff6d8;
  --serif: Charter, "Bitstream Charter", "Iowan Old Style", "Source Serif 4", "Palatino Linotype",
    Georgia, "Liberation Serif", serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans",
    Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #151513; --panel: #1f1e1b; --ink: #ebe8df; --muted: #a9a498; --rule: #37352f;
    --strong: #c9c4b6; --accent: #eda18f; --line: #8dbfe0; --band: #24394a; --note: #332b12;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 var(--sans); overflow-wrap: break-word;
}
a { color: inherit; text-decoration-color: var(--muted); text-underline-offset: 0.18em; }
a:hover { color: var(--accent); text-decoration-color: currentColor; }
a:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -999em; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--paper); padding: 0.25rem 0.5rem; }
.mast, main, .foot { max-width: 66rem; margin: 0 auto; padding: 0 1.25rem; }
.mast {
  display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; align-items: baseline;
  justify-content: space-between; padding-top: 1rem; padding-bottom: 0.5rem;
}
.mast .name { font: 700 1.05rem/1.4 var(--serif); letter-spacing: 0.02em; text-decoration: none; }
.mast ul {
  display: flex; flex-wrap: wrap; gap: 0.15rem 1.1rem; list-style: none; margin: 0; padding: 0;
}
.mast li { font-size: 0.875rem; }
.mast [aria-current] { text-decoration: none; font-weight: 600; }
.labels { background: var(--note); border-block: 1px solid var(--rule); }
.labels p { max-width: 66rem; margin: 0 auto; padding: 0.4rem 1.25rem; font-size: 0.875rem; }
header.title { border-top: 3px solid var(--strong); padding-top: 1.4rem; margin-bottom: 1.5rem; }
h1 {
  font: 700 clamp(1.75rem, 5vw, 2.6rem)/1.12 var(--serif); letter-spacing: -0.012em;
  margin: 0 0 0.4rem; text-wrap: balance;
}
.dateline { color: var(--muted); font-size: 0.9375rem; margin: 0; }
.dateline strong { color: var(--ink); font-weight: 600; }
.lede { font: 1.1875rem/1.5 var(--serif); max-width: 42rem; margin: 1rem 0 0; text-wrap: pretty; }
.turn {
  display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; font-size: 0.875rem; margin: 0.75rem 0 0;
}
h2 { font: 700 1.3rem/1.25 var(--serif); margin: 2.5rem 0 0.5rem; }
p { margin: 0 0 0.75rem; }
.prose { max-width: 42rem; }
.key {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); margin: 1.5rem 0 0;
  border-top: 1px solid var(--rule); border-bottom: 1px solid var(--rule);
}
.key div { padding: 0.75rem 1rem 0.8rem 0; }
.key dt { font-size: 0.8125rem; color: var(--muted); }
.key dd { margin: 0; }
.key .figure { font: 600 1.75rem/1.2 var(--serif); font-variant-numeric: lining-nums tabular-nums; }
.key .small { font-size: 0.8125rem; color: var(--muted); font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; line-height: 1.35; }
caption {
  text-align: left; color: var(--muted); font-size: 0.875rem; padding: 0 0 0.6rem;
  max-width: 46rem;
}
th, td { padding: 0.42rem 0.6rem; text-align: left; vertical-align: baseline; font-weight: 400; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th {
  font-size: 0.8125rem; color: var(--muted); line-height: 1.25; vertical-align: bottom;
  border-bottom: 1.5px solid var(--strong);
}
tbody tr { border-bottom: 1px solid var(--rule); }
tbody tr.group { border-bottom-color: var(--strong); }
tr.group th { font-weight: 600; padding-top: 1.2rem; }
.reflow th, .reflow td { vertical-align: middle; }
.compact tbody th, .compact td { padding-top: 0.28rem; padding-bottom: 0.28rem; }
.compact .group th { padding-top: 1.2rem; }
.inside table { min-width: 21rem; }
.inside + .inside { margin-top: 1.25rem; }
.two tbody + tbody { border-top: 1.5px solid var(--muted); }
.t { white-space: nowrap; }
.n { text-align: right; font-variant-numeric: lining-nums tabular-nums; white-space: nowrap; }
.c { text-align: center; }
.fix { font-weight: 650; font-size: 1.0625rem; }
.ticker { display: block; font: 0.75rem/1.35 var(--mono); color: var(--muted); }
.quiet { color: var(--muted); }
.grade {
  display: inline-block; min-width: 1.5em; text-align: center; font-weight: 600;
  font-size: 0.8125rem;
  border: 1px solid var(--muted); border-radius: 2px; line-height: 1.45;
}
svg { display: block; overflow: visible; }
.spark { width: 7.5rem; height: 1.625rem; }
.line {
  fill: none; stroke: var(--line); stroke-width: 15; stroke-linejoin: round;
  stroke-linecap: round;
}
.dot { fill: var(--line); }
.gap { stroke: var(--muted); stroke-width: 9; }
.history { width: 100%; min-width: 34rem; height: auto; }
.history .line { stroke-width: 17; }
.band { fill: var(--band); }
.grid { stroke: var(--rule); stroke-width: 8; }
.axis { stroke: var(--muted); stroke-width: 10; }
.history text { font: 118px var(--sans); fill: var(--muted); font-variant-numeric: tabular-nums; }
.inside { overflow-x: auto; }
.latest { direction: rtl; }
.latest > * { direction: ltr; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 3rem; }
.two table { align-self: start; }
code, pre, .hash { font-family: var(--mono); font-size: 0.8125rem; }
pre {
  background: var(--panel); padding: 0.7rem 0.9rem; margin: 0 0 0.75rem; white-space: pre-wrap;
}
.hash { overflow-wrap: anywhere; }
dl.notes {
  margin: 0; display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: 0.5rem 1.5rem;
}
dl.notes dt { font-weight: 600; font-size: 0.9375rem; }
dl.notes dd { margin: 0; font-size: 0.9375rem; max-width: 42rem; }
ul.plain { padding-left: 1.1rem; margin: 0 0 0.75rem; }
ul.news { list-style: none; padding: 0; margin: 0; border-top: 1px solid var(--rule); }
ul.news li { padding: 0.5rem 0; border-bottom: 1px solid var(--rule); }
ul.news p { margin: 0.1rem 0 0; max-width: 46rem; }
p.small { font-size: 0.8125rem; color: var(--muted); }
dl.notes + p, .inside + p, .title p.small { margin-top: 0.75rem; }
details { margin: 1.5rem 0 0; }
summary { cursor: pointer; font-size: 0.9375rem; color: var(--muted); }
details[open] summary { margin-bottom: 0.75rem; }
.foot {
  border-top: 1px solid var(--rule); margin-top: 3rem; padding-top: 1rem; padding-bottom: 2.5rem;
}
.foot p { font-size: 0.8125rem; color: var(--muted); margin: 0 0 0.4rem; }
@media (max-width: 62rem) {
  .mast, main, .foot, .labels p { padding-left: 1rem; padding-right: 1rem; }
  .lede { font-size: 1.0625rem; }
  dl.notes { grid-template-columns: 1fr; gap: 0.1rem; }
  dl.notes dd { margin-bottom: 0.6rem; }
  .two { grid-template-columns: 1fr; gap: 1.5rem; }
  .reflow, .reflow tbody, .reflow caption { display: block; }
  .reflow thead {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  }
  .reflow tr {
    display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.05rem 0.9rem;
    padding: 0.55rem 0;
  }
  .reflow th, .reflow td { display: block; padding: 0; text-align: left; }
  .reflow tr.group { padding: 1rem 0 0.2rem; }
  .reflow tr.group th { padding: 0; }
  .reflow [data-label] { font-size: 0.8125rem; color: var(--muted); }
  .reflow [data-label]::before { content: attr(data-label) "\\00a0"; }
  .reflow .lead { flex: 1 1 60%; }
  .reflow .fix { flex: 0 0 auto; font-size: 1.1875rem; }
  .reflow .sketch { flex: 0 0 7.5rem; order: 1; align-self: center; }
  .reflow .fix ~ td { order: 2; }
  .reflow .fix + td { order: 1; flex: 1 0 auto; }
  .reflow .whole { flex: 1 0 100%; }
  .compact .lead { flex: 1 0 100%; }
}
@media (max-width: 44rem) {
  .key { grid-template-columns: 1fr 1fr; }
  .key .figure { font-size: 1.375rem; }
}
@media (min-width: 70rem) {
  .reflow .lead { white-space: nowrap; }
}
@media (min-width: 62.01rem) {
  .reflow .lead a { display: inline-block; }
  .compact .ticker { display: inline; margin-left: 0.75rem; }
}
@media print {
  .mast ul, .turn, .skip { display: none; }
  body { font-size: 10pt; }
  tr { break-inside: avoid; }
}
"""
