"""QUESTION_SQL: the text of the one query behind each of the questions about prices.

Takes   the table `observations` of a database (its columns as in an export, `day` as a date), the
        table `register` of venues that count, a time, a good or none.
Gives   for each question a SELECT whose columns are the fields of a record of `aggregates`, in
        their order.
Keeps   all the heavy work in the database: what comes out is a row for each venue, day or hour.
        Prices are integers until a logarithm is taken of a mean.
Source  Decision 0042. The dialect is DuckDB's.
"""

from itertools import combinations

from chiphour.analyse.thresholds import CURRENT_NS
from chiphour.analyse.thresholds import DAY_HOURS
from chiphour.analyse.thresholds import PANEL_SAMPLES_MIN
from chiphour.analyse.thresholds import POLL_NS
from chiphour.analyse.thresholds import SAMPLE_NS
from chiphour.analyse.thresholds import WEEK_HOURS
from chiphour.analyse.thresholds import WHOLE_DAY_HOURS_MIN
from chiphour.hardware import UNKNOWN
from chiphour.index.parameters import V2026_1
from chiphour.observe.register import REGISTER

ROLE = "eligible"  # Of the venues that count.
COMPARED = "COMPARISON"  # A third party's table: counts where nobody nearer was seen that hour.
_FINE = sorted({*V2026_1.harmless_flags, COMPARED})


def _words(words: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


# A row's flags are one text, sorted: so these are all that a row that counts may have.
_FLAGS = _words(
    [" ".join(some) for size in range(len(_FINE) + 1) for some in combinations(_FINE, size)]
)
_TENORS = _words(("SPOT", "OD"))
_VENUES = _words([row.venue for row in REGISTER.values() if row.role == ROLE])
_KINDS = _words(V2026_1.kinds)
_GOOD = "($chip = '' OR (o.chip = $chip AND o.form = $form))"
_SPAN = (
    "o.observed_ns BETWEEN $from_ns AND $at_ns "
    "AND o.day BETWEEN CAST($from_day AS DATE) AND CAST($at_day AS DATE)"
)
_RANK = (
    "CASE WHEN o.source = o.venue THEN 0 "
    f"WHEN contains(o.flags, '{COMPARED}') THEN 2 ELSE 1 END::TINYINT"
)

# What makes a row count, but for its flags; those are few texts, and judged after grouping.
_PRICED = (
    f"o.kind IN ({_KINDS}) AND o.tenor IN ({_TENORS}) AND o.form <> '{UNKNOWN}' "
    f"AND o.price_nanousd > 0 AND o.gpus > 0 AND o.venue IN ({_VENUES})"
)

# A sample: an hour of a venue under one tenor, from the nearest source that saw it. Rows are
# grouped by their own words first, so that what is asked of each word is asked once.
_CELLS = f"""
raw AS (
    SELECT o.source, o.venue, o.flags, o.chip, o.form, o.tenor,
        o.observed_ns // {SAMPLE_NS} AS hour, count(*) AS n,
        min(o.price_nanousd // o.gpus) AS floor, sum(o.price_nanousd // o.gpus) AS total
    FROM observations o WHERE {_SPAN} AND {_GOOD} AND {_PRICED} GROUP BY ALL
),
cells AS (
    SELECT o.chip, o.form, o.tenor, r.owner AS venue, o.hour, {_RANK} AS rank,
        min(o.floor) AS floor, sum(o.total) // sum(o.n) AS mean
    FROM raw o JOIN register r ON o.venue = r.venue WHERE o.flags IN ({_FLAGS})
    GROUP BY o.chip, o.form, o.tenor, r.owner, o.hour, {_RANK}
    QUALIFY rank = min(rank) OVER (PARTITION BY o.chip, o.form, o.tenor, r.owner, o.hour)
)"""

# Of each venue the rows of its last poll.
_NOW = (
    f"o.observed_ns BETWEEN $at_ns - {CURRENT_NS} AND $at_ns "
    "AND o.day BETWEEN CAST($at_day AS DATE) - 1 AND CAST($at_day AS DATE)"
)
_LATEST = f"""
polls AS (
    SELECT o.source, o.venue, max(o.observed_ns) AS last_ns
    FROM observations o
    WHERE {_NOW} AND o.venue IN ({_VENUES}) AND o.kind IN ({_KINDS}, 'stock') GROUP BY ALL
),
latest AS (
    SELECT o.chip, o.form, o.tenor, r.owner AS venue, o.feed, o.observed_ns, o.host_key,
        o.price_nanousd // o.gpus AS rate, {_RANK} AS rank
    FROM observations o JOIN register r ON o.venue = r.venue
        JOIN polls p ON o.source = p.source AND o.venue = p.venue
    WHERE {_NOW} AND {_GOOD} AND {_PRICED} AND o.flags IN ({_FLAGS})
        AND p.last_ns >= $at_ns - least(r.stale_ns, {CURRENT_NS})
        AND o.observed_ns > p.last_ns - {POLL_NS}
    QUALIFY o.observed_ns
        = max(o.observed_ns) OVER (PARTITION BY o.source, r.owner, o.chip, o.form, o.tenor)
),
quoted AS (
    SELECT chip, form, tenor, venue, rank, max(feed) AS feed, max(observed_ns) AS observed_ns,
        min(rate) AS floor, sum(rate) AS total, max(rate) AS ceiling, count(*) AS offers,
        count(DISTINCT nullif(host_key, '')) AS hosts
    FROM latest GROUP BY chip, form, tenor, venue, rank
    QUALIFY rank = min(rank) OVER (PARTITION BY chip, form, tenor, venue)
)"""

ENDS = f"""
SELECT min(o.observed_ns), max(o.observed_ns) FROM observations o
WHERE {_PRICED} AND o.flags IN ({_FLAGS})"""

GOODS = f"""
SELECT DISTINCT o.chip, o.form FROM observations o
WHERE {_SPAN} AND {_PRICED} AND o.flags IN ({_FLAGS}) ORDER BY ALL"""

CURRENT = f"""WITH {_LATEST}
SELECT chip, form, tenor, venue, feed, observed_ns, floor, total, ceiling, offers, hosts
FROM quoted ORDER BY ALL"""

CHANGES = f"""WITH {_LATEST}, {_CELLS}
SELECT q.chip, q.form, q.tenor, q.venue, q.total, q.offers,
    coalesce(sum(b.mean) FILTER (b.hour >= q.observed_ns // {SAMPLE_NS} - {DAY_HOURS}), 0),
    count(b.mean) FILTER (b.hour >= q.observed_ns // {SAMPLE_NS} - {DAY_HOURS}),
    coalesce(sum(b.mean), 0), count(b.mean), count(DISTINCT b.hour // {DAY_HOURS})
FROM quoted q LEFT JOIN cells b
    ON q.chip = b.chip AND q.form = b.form AND q.tenor = b.tenor AND q.venue = b.venue
    AND b.hour < q.observed_ns // {SAMPLE_NS}
    AND b.hour >= q.observed_ns // {SAMPLE_NS} - {WEEK_HOURS}
GROUP BY q.chip, q.form, q.tenor, q.venue, q.total, q.offers ORDER BY ALL"""

# What was free at two moments: now (0) and a day before (1). A book's machines, each once at the
# most that it offers; else what a source says was free. Third parties' tables say nothing of it.
SUPPLY = f"""WITH moments(moment, at_ns) AS (VALUES (0, $at_ns), (1, $at_ns - {CURRENT_NS})),
free AS (
    SELECT o.chip, o.form, r.owner AS venue, o.source, o.kind, o.observed_ns, o.gpus,
        o.machine_key, o.host_key, r.stale_ns
    FROM observations o JOIN register r ON o.venue = r.venue
    WHERE {_SPAN} AND o.venue IN ({_VENUES})
        AND ((o.kind = 'ask' AND o.feed = 'book' AND o.gpus > 0) OR o.kind = 'stock')
        AND o.tenor IN ({_TENORS}) AND o.flags IN ({_FLAGS})
        AND NOT contains(o.flags, '{COMPARED}')
),
polls AS (
    SELECT moment, source, venue, max(observed_ns) AS last_ns
    FROM free JOIN moments m ON observed_ns <= m.at_ns
        AND observed_ns >= m.at_ns - least(stale_ns, {CURRENT_NS})
    GROUP BY ALL
),
latest AS (
    SELECT p.moment, f.* FROM free f JOIN polls p ON f.source = p.source AND f.venue = p.venue
        AND f.observed_ns <= p.last_ns AND f.observed_ns > p.last_ns - {POLL_NS}
    WHERE f.form <> '{UNKNOWN}' AND ($chip = '' OR (f.chip = $chip AND f.form = $form))
    QUALIFY f.observed_ns = max(f.observed_ns)
        OVER (PARTITION BY p.moment, f.source, f.venue, f.chip, f.form, f.kind)
),
machines AS (
    SELECT moment, chip, form, venue, source, kind, observed_ns, machine_key,
        max(host_key) AS host, max(gpus) AS gpus
    FROM latest WHERE kind = 'ask' GROUP BY ALL
    UNION ALL
    SELECT moment, chip, form, venue, source, kind, observed_ns, '', '', sum(gpus)
    FROM latest WHERE kind = 'stock' GROUP BY ALL
),
hosts AS (
    SELECT moment, chip, form, venue, source, kind, observed_ns, host, sum(gpus) AS gpus
    FROM machines GROUP BY ALL
)
SELECT chip, form, venue, moment, observed_ns, count(nullif(host, '')) AS hosts, sum(gpus),
    coalesce(max(gpus) FILTER (host <> ''), 0)
FROM hosts GROUP BY chip, form, venue, moment, observed_ns, source, kind
QUALIFY row_number() OVER (
    PARTITION BY chip, form, venue, moment ORDER BY kind, source <> venue, source) = 1
ORDER BY ALL"""

# Sums of each day, from which every moment of the window, with or without some day, can be made:
# of the market's hourly mean (venue ''), and of each venue's logarithm about its own mean.
VOLATILITY = f"""WITH {_CELLS},
market AS (
    SELECT chip, form, hour, sum(mean) // count(*) AS mean FROM cells GROUP BY ALL
),
panel AS (
    SELECT chip, form, tenor, venue, hour,
        ln(mean) - avg(ln(mean)) OVER panel AS y,
        (hour - $at_ns // {SAMPLE_NS}) / {DAY_HOURS} AS t, count(*) OVER panel AS size
    FROM cells WINDOW panel AS (PARTITION BY chip, form, tenor, venue)
)
SELECT chip, form, '' AS tenor, '' AS venue, hour // {DAY_HOURS} AS day, count(*) AS n,
    sum(mean)::HUGEINT, sum(mean::HUGEINT * mean), 0.0, 0.0, 0.0, 0.0, 0.0
FROM market GROUP BY ALL
UNION ALL
SELECT chip, form, tenor, venue, hour // {DAY_HOURS}, count(*), 0, 0,
    sum(t), sum(y), sum(t * t), sum(t * y), sum(y * y)
FROM panel WHERE size >= {PANEL_SAMPLES_MIN} GROUP BY ALL
ORDER BY 1, 2, 3, 4, 5"""

# By day and hour of the day: the market's hourly mean; and, of venues' days that are nearly whole,
# the logarithm about the mean of that day.
TOD = f"""WITH {_CELLS},
market AS (
    SELECT chip, form, hour, sum(mean) // count(*) AS mean FROM cells GROUP BY ALL
),
within AS (
    SELECT chip, form, hour, ln(mean) - avg(ln(mean)) OVER whole AS y, count(*) OVER whole AS size
    FROM cells
    WINDOW whole AS (PARTITION BY chip, form, tenor, venue, hour // {DAY_HOURS})
)
SELECT chip, form, false AS whole, hour // {DAY_HOURS} AS day, hour % {DAY_HOURS} AS of_day,
    count(*), sum(mean)::HUGEINT, 0.0
FROM market GROUP BY ALL
UNION ALL
SELECT chip, form, true, hour // {DAY_HOURS}, hour % {DAY_HOURS}, count(*), 0, sum(y)
FROM within WHERE size >= {WHOLE_DAY_HOURS_MIN} GROUP BY ALL
ORDER BY 1, 2, 3, 4, 5"""

FLOORS = f"""WITH {_CELLS},
least AS (SELECT chip, form, hour, min(row(floor, venue)) AS one FROM cells GROUP BY ALL)
SELECT chip, form, hour, one[1], one[2] FROM least ORDER BY 1, 2, 3"""

# For the viability report: every sample of the span.
SAMPLES = f"""WITH {_CELLS}
SELECT chip, form, tenor, venue, hour, floor, mean, rank FROM cells ORDER BY 1, 2, 3, 4, 5"""
