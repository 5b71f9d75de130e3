/* Controls of frameworks, changes since the run before, and the CSV of what is shown. */

/* ---- Controls ---- */
const CONTROL = { PASS: ["pass", "Pass"], PARTIAL: ["partial", "Partial"], FAIL: ["fail", "Fail"], UNKNOWN: ["unknown", "Unknown"], MANUAL: ["manual", "Manual"], NOT_APPLICABLE: ["none", "Not applicable"], NOT_ASSESSED: ["none", "Not assessed"] };
const legend = (entries) => el("ul", { class: "legend" }, entries.map(([kind, text]) => el("li", {}, svg("svg", { "aria-hidden": "true" }, svg("rect", { class: `c-${kind}`, width: "100%", height: "100%" })), text)));
const CONTROL_ORDER = ["FAIL", "UNKNOWN", "PARTIAL", "MANUAL", "PASS", "NOT_APPLICABLE", "NOT_ASSESSED"];

function controlsPage(state) {
  const params = new URLSearchParams(state);
  const all = data.frameworks;
  if (!all.length) return [heading("Controls", "No framework was assessed.")];
  const framework = all.find((one) => one.id === params.get("framework")) || all[0];
  const tally = (one, statuses) => one.controls.filter((control) => statuses.includes(control[2])).length;
  const kinds = [["PASS"], ["PARTIAL"], ["FAIL"], ["UNKNOWN"], ["MANUAL", "NOT_APPLICABLE", "NOT_ASSESSED"]];
  const table = el("table", { class: "sheet wide frameworks" },
    el("thead", {}, el("tr", {}, ["Framework", "", "Pass", "Partial", "Fail", "Unknown", "Not assessed"].map((title, n) => el("th", { scope: "col", class: n > 1 ? "right" : "" }, title || el("span", { class: "unseen-text" }, "Share"))))),
    el("tbody", {}, all.map((one) => {
      const n = kinds.map((statuses) => tally(one, statuses));
      return el("tr", { class: one === framework ? "chosen" : "" }, el("td", {}, el("a", { href: `#controls?framework=${escaped(one.id)}`, "aria-current": one === framework ? "true" : null }, frameworkName(one)), el("br", {}), el("span", { class: "small quiet" }, [one.version, (/\((.*)\)$/.exec(one.name) || [])[1]].filter(Boolean).join(", "))),
        el("td", { class: "share" }, pieces([["pass", n[0]], ["warn", n[1]], ["fail", n[2]], ["hatch", n[3]], ["track", n[4]]], `${n[0]} pass, ${n[1]} partial, ${n[2]} fail, ${n[3]} unknown, ${n[4]} not assessed`)),
        n.map((count) => el("td", { class: `right ${count ? "" : "quiet"}` }, count)));
    })));
  const controls = framework.controls;
  const order = (n) => CONTROL_ORDER.indexOf(controls[n][2]);
  const made = explorer({
    id: "controls", title: framework.name, kind: "of-controls", size: controls.length, searchLabel: "Control, check or note",
    facets: [{ id: "status", title: "Status", always: true, values: CONTROL_ORDER.map((key) => ({ key, text: CONTROL[key][1], icon: CONTROL[key][0] })), of: order }],
    search: (terms) => { const texts = controls.map((control) => [control[0], control[1], control[8], ...control[4]].join("\n").toLowerCase()); return (n) => terms.every((term) => texts[n].includes(term)); },
    columns: [
      { key: "control", title: "Control", by: (n) => n, first: "asc" },
      { key: "status", title: "Status", by: order, first: "asc" },
      { key: "title", title: "What it asks", by: (n) => controls[n][1], first: "asc" },
      { key: "checks", title: "Checks", by: (n) => controls[n][4].length, right: true, less: true },
      { key: "covered", title: "Covered", by: (n) => controls[n][3], first: "asc", less: true },
      { key: "failed", title: "Not met by", by: (n) => controls[n][5], right: true },
      { key: "note", title: "Note", less: true },
    ],
    sort: ["control", "asc"],
    row: (n) => {
      const [id, title, status, coverage, ids, failed, unseen, passed, note] = controls[n];
      const [shape, text] = CONTROL[status] || ["none", status];
      const judged = failed + unseen + passed;
      return el("div", {},
        el("div", { role: "rowheader" }, el("b", { class: "clip", title: id }, id)), cell("", "", word(shape, text)), cell("two-lines", "", clip(title), ids.length > 0 && el("span", { class: "clip small" }, ids.slice(0, 3).map((check, k) => [k > 0 && ", ", byCheck.has(check) ? el("a", { href: `#check-${escaped(check)}` }, check) : check]), ids.length > 3 && ` and ${ids.length - 3} more`)),
        cell("right less", "", ids.length), cell("less", "", ids.length ? (coverage === "full" ? "whole" : "in part") : "no"),
        cell("right", "", judged ? `${whole(failed)} of ${whole(judged)}` : el("span", { class: "quiet" }, "none")), cell("less", "", clip(note || (unseen ? `${whole(unseen)} not seen` : ""), "soft")));
    },
    counts: (found) => [el("b", {}, whole(found.length)), ` of ${counted(controls.length, "control")}`],
    empty: "No control matches these filters.",
  }, state);
  current.csv = () => [["framework", "control", "title", "status", "coverage", "checks", "failed", "unknown", "passed", "note"], ...current.found().map((n) => [framework.id, ...controls[n].slice(0, 4), controls[n][4].join(" "), ...controls[n].slice(5)])];
  return [heading("Controls", "A control passes only when every check behind it passed, nothing is unknown, and the checks cover the whole control. Anything less says so."),
    el("div", { class: "pile" }, el("div", { class: "card" }, el("header", {}, el("h2", {}, "Frameworks"), legend([["pass", "Pass"], ["warn", "Partial"], ["fail", "Fail"], ["hatch", "Unknown"], ["track", "Not assessed"]])), el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Frameworks" }, table)),
      el("div", { class: "subtitle" }, el("h2", {}, framework.name), framework.source && /^https:\/\//.test(framework.source) && [" ", el("a", { class: "small", href: framework.source, rel: "noopener noreferrer", target: "_blank" }, "Source of the controls")]), made.node), made.begin];
}

/* ---- Changes since the run before ---- */
const KINDS = { fixed: ["pass", "Fixed"], new: ["fail", "New"], "visibility-lost": ["unknown", "Visibility lost"], "visibility-gained": ["pass", "Seen again"], "check-changed": ["none", "Check changed"] };
const turned = (name) => {
  const status = STATUS.find((one) => one.name.toUpperCase().replace(" ", "_") === name);
  return status ? word(status.icon, status.name) : el("span", { class: "quiet" }, name || "absent");
};
function changesPage(state) {
  const rows = data.changes;
  const kinds = [...new Set(rows.map((row) => W[row[0]]))];
  const label = (row) => KINDS[W[row[0]]] || ["none", W[row[0]]];
  const titleOf = (row) => (byCheck.has(W[row[1]]) ? checks[byCheck.get(W[row[1]])].title : W[row[1]]);
  const nameFor = (row) => (byArn.has(W[row[2]]) ? W[F.name[byArn.get(W[row[2]])]] : W[row[2]]);
  const made = explorer({
    id: "changes", title: "Changes", kind: "of-changes", size: rows.length, searchLabel: "Check or resource",
    facets: [{ id: "kind", title: "Change", always: true, values: kinds.map((key) => ({ key, text: (KINDS[key] || ["", key])[1], icon: (KINDS[key] || ["none"])[0] })), of: (n) => kinds.indexOf(W[rows[n][0]]) }],
    search: (terms) => (n) => { const text = `${titleOf(rows[n])}\n${W[rows[n][1]]}\n${W[rows[n][2]]}`.toLowerCase(); return terms.every((term) => text.includes(term)); },
    columns: [{ key: "kind", title: "Change", by: (n) => kinds.indexOf(W[rows[n][0]]), first: "asc" }, { key: "check", title: "Check", by: (n) => titleOf(rows[n]), first: "asc" }, { key: "resource", title: "Function or resource", by: (n) => nameFor(rows[n]), first: "asc" }, { key: "after", title: "Before and after" }],
    sort: ["kind", "asc"],
    row: (n) => {
      const row = rows[n], f = byArn.get(W[row[2]]);
      return el("div", {}, cell("", "", word(...label(row))), cell("two-lines", "", byCheck.has(W[row[1]]) ? el("a", { class: "name clip", href: `#check-${escaped(W[row[1]])}` }, titleOf(row)) : clip(titleOf(row)), el("code", { class: "clip quiet" }, W[row[1]])),
        el("div", { role: "rowheader" }, f === undefined ? clip(nameFor(row)) : el("a", { class: "clip", href: functionLink(f, W[row[1]]) }, nameFor(row))), cell("turns", "", turned(W[row[3]]), el("span", { class: "quiet", "aria-hidden": "true" }, "→"), el("span", { class: "unseen-text" }, "then"), turned(W[row[4]])));
    },
    counts: (found) => [el("b", {}, whole(found.length)), ` of ${counted(rows.length, "change")}`],
    empty: "Nothing changed.",
  }, state);
  current.csv = () => [["change", "check", "resource", "before", "after"], ...current.found().map((n) => rows[n].map((w) => W[w]))];
  return [heading("Changes", data.meta.since ? `Since the run of ${day(data.meta.since)}.` : ""), made.node, made.begin];
}

/* ---- CSV of what is shown; cells never start a formula ---- */
const FORMULA = /^[\s\u00a0]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const PLAIN_NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;
function csvCell(value) {
  let text = value === null || value === undefined ? "" : String(value);
  if ((FORMULA.test(text) || /^[\t\r\n]/.test(text)) && !PLAIN_NUMBER.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
function functionsCsv(found) {
  const title = ["account", "region", "function", "grade", "score", "possible", "coverage", "worst", "worst_finding", "failed", "warned", "unknown", "runs", "errors", "throttles", "p99_ms", "timeout_s", "memory_mb", "memory_used_mb", "runtime", "support_ends", "usd_month", "owner", "tags", "arn"];
  return [title, ...found.map((f) => [W[F.account[f]], W[F.region[f]], W[F.name[f]], W[F.grade[f]], F.score[f], F.possible[f], F.coverage[f], F.worst[f] < 0 ? "" : data.severities[F.worst[f]], W[F.worstTitle[f]], F.counts[f][0], F.counts[f][1], F.counts[f][2], F.runs[f], F.errors[f], F.throttles[f], F.p99[f], F.timeout[f], F.memory[f], F.used[f], W[F.runtime[f]], W[F.ends[f]], F.usd[f], W[F.owner[f]], F.tags[f].map((w) => W[w]).join(" "), W[F.arn[f]]])];
}
function resultsCsv(found) {
  const title = ["account", "region", "function", "resource", "check", "title", "item", "status", "muted", "severity", "message", "reason", "function_points"];
  return [title, ...found.map((r) => {
    const s = R.subject[r], check = checks[R.check[r]], reason = reasonOf(r);
    return [accountOf(s), isFunction(s) ? W[F.region[s]] : W[other(s)[3]], isFunction(s) ? nameOf(s) : "", arnOf(s), check.id, check.title, data.items[check.item].id, STATUS[R.status[r]].name.toUpperCase().replace(" ", "_"), R.muted[r] ? "yes" : "", data.severities[severityOf(r)], messageOf(r), reason ? reason.map((w) => W[w]).filter(Boolean).join(" ") : "", lossOf(r)];
  })];
}
function save() {
  const rows = (current.csv || (() => functionsCsv(Array.from({ length: F.count }, (_, f) => f))))();
  const parts = ["\ufeff"];
  for (const row of rows) parts.push(row.map(csvCell).join(","), "\r\n");
  const link = el("a", { href: URL.createObjectURL(new Blob(parts, { type: "text/csv;charset=utf-8" })), download: `${(current.id || "functions").replace(/[^A-Za-z0-9_-]+/g, "-")}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
