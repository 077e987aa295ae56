"""METHODOLOGY_TEXT: the words of the methodology; every number in them is filled in.

Takes   nothing: this is text.
Gives   TEXT, with a name in braces wherever a number, a hash or a table stands.
Keeps   no digit of its own but in names and citations: a test reads it for one.
Source  Decisions 0004 and 0016.
"""

TEXT = """# Methodology {methodology}

{note}

What one GPU costs for one hour, as one number a day for each kind of chip and terms, made only of prices that anyone can
look up, by rules that anyone can repeat, with a proof of what went in. This is the whole statement: what is measured, from
what, by which rules, when there is no figure, how sure it is, how it can be checked, how it may change.

The code is `index/v2026_1.py` with the files that it imports; `audit/rules.py` follows this text a second time in other
arithmetic and imports nothing of ours; a bundle carries it as one file that needs only Python. Names in `code face` are
parameters, reasons and rules as code and data spell them. The numbers below are written from the parameters by the
program. The SHA-256 of all parameters, published with each fix:

{set_hashes}

Of the venue register, version {register_version}: `{register_sha256}`.

## What is measured

The asked price, in US dollars without tax, of renting one GPU of the named chip and form for one hour, by the terms of the
tenor, from a seller who is not a reseller of others in the panel: the base rental, without disk and traffic. It is a listed
price, not a traded one: what trades at the allocation auction is a series of its own (`TX`), and the difference is published
(`BASIS`). Evidence ranks in this order: an executable ask before a posted rate, a venue's own answer before a third party's
table; aggregators and hyperscalers' list prices are shown and never enter.

## Series

A series is a chip, a form and a tenor: `CHR.H100.SXM.OD`. Forms never mix: an SXM board and a PCIe card of one name are
different goods. A chip that exists in one form has none in its ticker. Tenors: `SPOT`, by the hour on an open marketplace
where hosts set the price; `OD`, by the hour from a provider's own rate card; `INT`, preemptible or by bid; `R1Y`, committed
for a year. A ticker and a number are never used twice. There are {series_count} series:

{series_table}

### Narrower series

{filtered_count} further series take only the rows that state what they ask; what is not stated is not met. The same guards, grades
and rules hold. Where a row says it, a machine's place is its country or area, `vcpus` and `memory_gb_host` (or
`cpu_cores_effective` and `cpu_ram`, in MiB, {mib_per_gb} to the GB) are those of the whole offer and are divided by its GPUs; a number is
stated in digits, with a decimal part or none, and in no other way. Whether a rate card is a venue's latest is asked before this
filter: a poll is the venue's.

{filtered_table}

## Numbers

A price is read from its decimal text, never through binary floating point, into whole nano-dollars for a number of GPUs;
a rate is their exact fraction. Medians, deviations and intervals stay exact. What is published is rounded once: to ticks of
${tick}, a tie to the even neighbour, so that {tie} becomes {tie_rounded}. The median of an even count is the mean of the
middle two.

## Window

The strike is {strike} UTC every day. A row belongs to a strike by the time at which it was observed. A *poll* is all rows of
one source and one venue with one observation time.

| feed | rows that count | parameter |
|---|---|---|
| posted (a rate card) | the venue's latest poll in the {posted_limit} before the strike, the strike itself excluded | `posted_limit_ns` |
| book (offers of hosts) | all polls in the {book_window} before the strike, the strike excluded | `book_window_ns` |

A rate card holds until it changes; when the newest card no longer lists a chip, the older card does not speak for it.
The inputs close {close} after the strike (`close_ns`): rows received later never enter. The same row given twice counts once.
Rows up to {memory} old (`memory_ns`) tell whether a series is known at all, and which venues are missing. When one source is
asked for, rows of other sources do not exist.

Rows that count, eligible or not, and the rows by which a machine is carried are the *considered* ones; `inputs_root` is the
SHA-256 over their sorted ids, one a line. All rows that come in with a strike are its *batch*, whose root stands in the
transparency log before the fix is computed.

Some rows are published and compared but no fix considers them, neither as an input nor as a rejection: those that are no
price of GPU time (`stock`, `rate`, `level`), and those flagged `COMPARISON` (a third party's digest, or a source read only to
compare), `SCHEMA_ONLY` (its reader has not yet read bytes that the venue really sent) or `UNDATED` (nobody knows the day).

A price in another currency is converted by the last rate published before it was observed; a rate older than {rate_age} is flagged
`FX_STALE`, which excludes; `FX_UPSTREAM` says that the source converted.

## Eligibility

Each considered row is tested in this order; the first test that it fails is published as a rejection with the rule, what
was found and what was needed.

| rule | a row is left out when | parameter |
|---|---|---|
| `ROLE` | its venue's role in the register is not {roles}: hyperscalers' list prices, aggregators, sellers of another product, venues that nobody registered | `roles` |
| `KIND` | it is not of a kind {kinds}; the least bid that a host takes is no price | `kinds` |
| `FLAG` | its reader or a check put a flag on it that is not listed as harmless ({harmless_flags}); an unknown flag excludes | `harmless_flags` |
| `VALUE` | its price or number of GPUs is not above zero | |
| `MACHINE` | it belongs to a book and does not say which machine it offers | |
| `QUALITY` | its venue states that the machine is not {verifications}, or a reliability under {reliability_min} or in words | `verifications`, `reliability_min_ppm` |
| `DISPLACED` | its venue has rows of this series from its own reader (source equals venue) and this one is from another source; or, after that, the venue has a book and this row is posted | |
| `THIN_BOOK` | (a whole venue) its book has fewer than {book_polls_min} polls, {book_hosts_min} named hosts or {book_machines_min} machines in the window; nothing takes its place | `book_polls_min`, `book_hosts_min`, `book_machines_min` |

## Venue rate

A venue has one rate, however many rows it sends. *Posted*: the median of the venue's rows, that is over sizes and regions.
*Book*: a machine that is offered in several slices has, per poll, their median; over the window, the median over the polls
in which it was seen; the venue's rate is the median of its machines, each weighed as follows.

### Carry

Whoever rents the cheap machines of a book for an hour would raise its median: what a book shows is what is free. So a
machine that vanished from a book less than {carry} before the strike (`carry_ns`), so that no row of the window shows it, eligible or
not, still counts, at the median of its sightings, if it was steady: its *stretch* is what was seen of it in the {carry_stretch} up to its last sighting (`carry_stretch_ns`); from the first
sighting of the stretch to the last lie at least {carry_span_min} (`carry_span_min_ns`), and it was in at least {carry_presence_min} of the venue's polls
of the series between the two (`carry_presence_min_ppm`). A decoy that was shown in passing is never carried. Nobody is carried
into a book that is thin without him. Noted as `VANISHED`.

### Host cap

With n(h) machines of host h, c is the largest number, at most max n(h), with c <= {host_share_max} of the sum of min(n(h), c)
(`host_share_max_ppm`): a machine weighs min(1, c / n(h)), so that no host weighs more than that share. Under {capped_hosts_min} hosts
(`capped_hosts_min`) each host weighs the same. The venue's rate is the weighted median: the first value whose cumulative weight
passes half; at exactly half, the mean of it and the next. A machine's host is the one of its last sighting; machines without a
named host are one host together. A book whose machines name no host at all cannot be capped, and its hosts cannot be counted: `NO_HOST` says
so of a book that stands, and `THIN_BOOK` then asks for none.
`CAPPED` says that the cap was felt.

## Members

Venues of one owner are one member, at the median of their rates. Every count below counts members. In published tables
the number of members before the screen stands under `venues`.

## Unit error

A member at {unit_multiple} times or more, or at one part in {unit_multiple} or less (`unit_multiple`), of the median of all other members leaves with the rule `UNIT`:
cents taken for dollars, or the price of a whole machine for that of one chip. Where the others are fewer than {unit_members_min} (`unit_members_min`), the
measure is the last fix of the series, final and at most {unit_fix_age_max} old (`unit_fix_age_max_ns`); where there is none, nobody is tested. Each is
held against all others as they came: it is one pass. Who leaves is no member of the panel from then on. A member that stays but is more than
{band_multiple} times that same fix, or less than one part in {band_multiple} (`band_multiple`), is noted as `BAND`.

## Guards

A series without a fix is a row with a reason. The first that holds:

| reason | meaning |
|---|---|
| `NO_DATA` | no row of the series, eligible or not, in the last {memory} |
| `STALE` | there are such rows, but none counts at this strike: a missing snapshot, a chip gone from its cards, a book outside its window |
| `FEW_MEMBERS` | fewer than {members_min} members (`members_min`) have a usable rate |
| `FEW_AFTER_SCREEN` | the screen left fewer than {members_min} |

Nothing is carried over from another day, and there is no fallback. A venue with a price in the last {memory} and none that counts now is
noted as `OUTAGE`.

## Screen

From {screen_members_min} members on (`screen_members_min`), where the set is `screened`. With m the median of the members' rates u, the deviation is
the median of |u - m|, times {screen_scale} (`screen_scale_ppm`: raw, not scaled to a normal distribution), but at least {screen_floor} of m
(`screen_floor_ppm`), so that a few equal rate cards do not reject everyone else. Members with |u - m| at most {screen_multiple} deviations
(`screen_multiple`) stay; this is done once. Who goes is published under rule `SCREEN` with distance and limit in dollars. The fix
is the median of those who stay.

## Grade

By members before the screen (`grade_members_min`): {grades}. One grade lower when fewer than half of them stay, {lowest_grade} being the
lowest: a fix has a grade or is suppressed. A `SPOT` fix to which no book venue contributes is graded {lowest_grade} at best.

## Interval

For the median of the members' rates before the screen, at {interval_level} (`interval_level_ppm`). With n sorted values and
g(d) = 1 - 2 P(Binomial(n, 1/2) < d), take the largest d with g(d) at least that level p; I = (g(d) - p) / (g(d) - g(d+1)) and
L = (n - d) I / (d + (n - 2d) I). The ends are (1 - L) x(d) + L x(d+1) and its mirror from above (Hettmansperger and
Sheather, 1986). Three and four values cannot state that level: minimum to maximum, at {level_of_three} and {level_of_four}; `level_ppm`
says which, whatever level was asked for. How often it holds the true value is measured in [statistics](statistics.md).

## Split

The change since the last strike at which the series was fixed, in ticks, is published in three parts that sum to it. P is
the plain median of all members, B the members of both days.

- *matched*: the change of the median of B, or nothing when B is empty: price;
- *screen*: the change of (fix - P);
- *composition*: the change of P less matched: members that came or went. It takes what rounding leaves over.

## Fit for settlement

A fix may settle a contract when its grade is {settlement_grades} (`settlement_grades`) and |screen + composition| is at most {settlement_move_max} of
the previous fix (`settlement_move_max_ppm`). The first fix of a series has nothing to be judged against and is not fit.

## Parameter sets

Three sets run side by side every day, each against its own past; the first alone settles contracts. A fix names its `methodology`,
its `parameter_set` and the hash of that.

{sets_table}

`chiphour fix --params FILE` repeats all recorded days with other numbers and shows what would have differed.

## Vintages

A fix is *provisional*, known {close} after the strike (`close_ns`), and *final*, with the same content, {final} after it (`final_ns`). A
later change is a named event, `REV-YYYY-NNN`, with its cause, the rows that it strikes out or lets in, and the old and the new value;
the row is then *revised*, known at the time of the event. A value is revised only where it changes by at least {revision_share} or
${revision_amount}; below that the event is an erratum and the value stands. Later strikes keep the split that they published. What was
known at any time can be asked for (`as_of`), and is given as it was.

## Transparency

Batch roots, fixes and events are leaves of an append-only Merkle log (RFC 6962) with signed checkpoints; the batch root of a strike
stands before its fixes, so that inputs cannot be chosen afterwards. `chiphour verify`, and the one file in each published bundle,
recompute every field of every fix from the rows and check every proof. A log that one party runs proves that nothing was changed, not
that everything was collected: witnesses cosign, and a second collector is the next step.

## What depends on judgement

Nothing in the calculation: no figure is entered, overridden or smoothed by hand, and there is no such command. Judgement stands in two
dated, hashed files that change only with notice: the venue register (who owns a venue, what role it has) and these parameters.

## Limits

Listed prices are not trades. A panel of {members_min} to {small_panel} members can be moved by one of them: [statistics](statistics.md) and the
attack cost, published with each fix, say how far and for how much. Hosts on marketplaces are known by the keys that venues give
them. Posted prices hardly move, and a median of them hardly does.

## Change

A change of a rule is a new version of this text and code; of a number, another parameter set; both are announced one publication
ahead, run beside the old for a month, and enter the log as events before the first fix that uses them. [Governance](governance.md) says who
decides and how to object; a series ends only by the steps there.
"""
