/* The table of findings, and the page of one check. */

/* ---- Findings ---- */
function resultSearch(terms) {
  const subjectText = (s) => (isFunction(s) ? searched()[s] : `${arnOf(s)}\n${nameOf(s)}`.toLowerCase());
  const words = terms.map((term) => Uint8Array.from(W, (text) => (text.toLowerCase().includes(term) ? 1 : 0)));
  const bySubject = terms.map((term) => Uint8Array.from({ length: subjects }, (_, s) => (subjectText(s).includes(term) ? 1 : 0)));
  const ofCheck = terms.map((term) => Uint8Array.from(checks, (check) => (`${check.id} ${check.title}`.toLowerCase().includes(term) ? 1 : 0)));
  const message = data.results.message;
  return (r) => terms.every((_, t) => bySubject[t][R.subject[r]] || ofCheck[t][R.check[r]] || (R.word[r] >= 0 && words[t][message[R.word[r]]]));
}
const statusFacet = (preset, of) => ({ id: "status", title: "Status", always: true, preset, values: STATUS.map((status) => ({ key: status.code, text: status.name, icon: status.icon })), of });

function subjectFacets(of) {
  const place = (facet) => ({ ...facet, ...(facet.each ? { each: (r) => facet.each(of(r)) } : { of: (r) => facet.of(of(r)) }) });
  return [
    place(textFacet("region", "Region", regionOf, subjects)),
    place(textFacet("account", "Account", accountOf, subjects, accountName)),
    place(textFacet("owner", "Owner", ownerOf, subjects, (key) => key || "No owner")),
    place(textFacet("runtime", "Runtime", (s) => (isFunction(s) ? W[F.runtime[s]] || "container image" : ""), subjects, (key) => key || "None")),
    place(tagFacet()),
  ];
}

function findingFacets() {
  const own = data.results.severity;
  return [
    statusFacet("F,W", (r) => R.status[r]),
    { id: "severity", title: "Severity", always: true, values: SEVERITY.map((text, n) => ({ key: data.severities[n], text, icon: data.severities[n] })), of: (r) => { const w = R.word[r]; const s = w < 0 ? undefined : own[w]; return s === undefined ? checks[R.check[r]].severity : s; } },
    { id: "item", title: "Checklist item", always: true, values: data.items.map((item) => ({ key: item.id, text: item.title })), of: (r) => checks[R.check[r]].item },
    { id: "since", title: data.meta.since ? `Since ${day(data.meta.since)}` : "", values: data.changes.length ? [{ key: "open", text: "Still the same" }, { key: "new", text: "New" }, { key: "visibility-lost", text: "Visibility lost" }] : [], of: (r) => R.change[r] },
    { id: "exception", title: "Exception", values: [{ key: "no", text: "None" }, { key: "yes", text: "Excepted" }], of: (r) => R.muted[r] },
    ...subjectFacets((r) => R.subject[r]),
  ];
}

/* Results of each check by status, whatever the filter. */
let tallied = null;
function totals() {
  if (!tallied) {
    tallied = checks.map(() => [0, 0, 0, 0, 0, 0]);
    for (let r = 0; r < R.size; r += 1) tallied[R.check[r]][R.status[r]] += 1;
  }
  return tallied;
}

function groups(found) {
  const lines = new Map();
  for (const r of found) {
    const c = R.check[r];
    let line = lines.get(c);
    if (!line) { line = { check: c, severity: 9, counts: [0, 0, 0, 0, 0, 0], size: 0, points: 0, unseen: 0 }; lines.set(c, line); }
    const severity = severityOf(r);
    if (severity < line.severity) line.severity = severity;
    line.counts[R.status[r]] += 1;
    line.size += 1;
    if (R.status[r] === UNKNOWN) line.unseen += shareOf(r); else line.points += shareOf(r);
  }
  return [...lines.values()];
}
const cost = (lost, unseen) => (lost || !unseen ? points(lost, MINUS) : `up to ${points(unseen, "+")}`);

function groupRow(line) {
  const check = checks[line.check];
  return el("div", {},
    cell("", "", word(data.severities[line.severity], SEVERITY[line.severity])),
    el("div", { class: "two-lines", role: "rowheader" }, el("a", { class: "name clip", href: checkLink(line.check) }, check.title), el("code", { class: "clip quiet" }, check.id)),
    cell("less", "", data.items[check.item].title),
    cell("less", "", parts(totals()[line.check])),
    cell("right", "", counted(line.size, "result")),
    cell("right nowrap", "", cost(line.points, line.unseen)));
}
function resultRow(r) {
  const c = R.check[r], s = R.subject[r], severity = severityOf(r), status = STATUS[R.status[r]];
  const loss = lossOf(r);
  return el("div", {},
    cell("", "", word(data.severities[severity], SEVERITY[severity])),
    cell("less", "", word(status.icon, R.muted[r] ? `${status.name}*` : status.name)),
    el("div", { class: "two-lines", role: "rowheader" }, el("a", { class: "name clip", href: subjectLink(s, checks[c].id) }, nameOf(s)), clip([several() && accountName(accountOf(s)), regionOf(s), ownerOf(s)].filter(Boolean).join(", "), "small quiet")),
    cell("less", "", el("a", { class: "clamp", href: checkLink(c), title: checks[c].title }, checks[c].title)),
    cell("two-lines", "", el("span", { class: "clamp soft", title: messageOf(r) }, messageOf(r) || "see report.json for the numbers")),
    cell("right nowrap", "", cost(R.status[r] === UNKNOWN ? 0 : loss, R.status[r] === UNKNOWN ? loss : 0)));
}

function findingsPage(state) {
  const grouped = new URLSearchParams(state).get("by") !== "result";
  const shared = {
    id: "findings", title: "Findings", size: R.size, facets: findingFacets(), searchLabel: "Check, function or message", search: resultSearch,
    aside: (params) => el("div", { class: "switch", role: "group", "aria-label": "Show" }, [["check", "By check"], ["result", "Each result"]].map(([key, text]) => el("button", { type: "button", "aria-pressed": String((key === "check") === grouped), onclick: () => { if (key === "check") params.delete("by"); else params.set("by", key); params.delete("sort"); params.delete("dir"); const text = params.toString().replaceAll("%2C", ","); location.hash = `findings${text ? `?${text}` : ""}`; } }, text))),
    empty: R.size ? "No result matches these filters." : "There is no result: nothing was judged.",
  };
  const made = explorer(grouped ? {
    ...shared, kind: "of-checks", lines: groups, row: groupRow, sort: ["severity", "asc"],
    counts: (found, lines) => [el("b", {}, whole(found.length)), ` of ${counted(R.size, "result")}, ${counted(lines.length, "check")}`],
    columns: [
      { key: "severity", title: "Severity", by: (line) => line.severity * 1e6 - line.points * 1000, first: "asc" },
      { key: "check", title: "Check", by: (line) => checks[line.check].title, first: "asc" },
      { key: "item", title: "Checklist item", by: (line) => checks[line.check].item, first: "asc", less: true },
      { key: "parts", title: "All results", less: true },
      { key: "results", title: "Results", by: (line) => line.size, right: true },
      { key: "points", title: "Points", by: (line) => line.points || line.unseen, right: true },
    ],
  } : {
    ...shared, kind: "of-results", row: resultRow, sort: ["severity", "asc"],
    counts: (found) => [el("b", {}, whole(found.length)), ` of ${counted(R.size, "result")}`],
    columns: [
      { key: "severity", title: "Severity", by: (r) => severityOf(r) * 1e4 - lossOf(r), first: "asc" },
      { key: "status", title: "Status", by: (r) => R.status[r], first: "asc", less: true },
      { key: "resource", title: "Function or resource", by: (r) => nameOf(R.subject[r]), first: "asc" },
      { key: "check", title: "Check", by: (r) => checks[R.check[r]].title, first: "asc", less: true },
      { key: "message", title: "Measured" },
      { key: "points", title: "Points", by: lossOf, right: true },
    ],
  }, state);
  current.csv = () => resultsCsv(current.found());
  const counts = [0, 0, 0, 0, 0, 0];
  for (let r = 0; r < R.size; r += 1) counts[R.status[r]] += 1;
  const lead = `${whole(counts[FAIL])} failed, ${whole(counts[WARN])} warned and ${whole(counts[UNKNOWN])} unknown results of ${counted(checks.length, "check")}. ${grouped ? "Points are of the whole score." : "Points are of the function's own score."}`;
  return [heading("Findings", lead), made.node, made.begin];
}

/* ---- One check ---- */
function checkPage(id, state) {
  const c = byCheck.get(id);
  if (c === undefined) return [heading("Unknown check", `This report has no check ${id}.`)];
  const check = checks[c];
  const mine = [];
  const counts = [0, 0, 0, 0, 0, 0];
  for (let r = 0; r < R.size; r += 1) if (R.check[r] === c) { mine.push(r); counts[R.status[r]] += 1; }
  const made = explorer({
    id: `check-${escaped(id)}`, title: check.title, kind: "of-subjects", size: mine.length, searchLabel: "Function, owner or message",
    facets: [statusFacet("", (n) => R.status[mine[n]]), ...subjectFacets((n) => R.subject[mine[n]])],
    search: (terms) => { const match = resultSearch(terms); return (n) => match(mine[n]); },
    columns: [
      { key: "status", title: "Status", by: (n) => R.status[mine[n]] * 1e4 - lossOf(mine[n]), first: "asc" },
      { key: "name", title: "Function or resource", by: (n) => nameOf(R.subject[mine[n]]), first: "asc" },
      { key: "message", title: "Measured" },
      { key: "owner", title: "Owner", by: (n) => ownerOf(R.subject[mine[n]]) || "\uffff", first: "asc" },
      { key: "points", title: "Points", by: (n) => lossOf(mine[n]), right: true },
    ],
    sort: ["status", "asc"],
    row: (n) => {
      const r = mine[n], s = R.subject[r], status = STATUS[R.status[r]], loss = lossOf(r);
      return el("div", {},
        cell("", "", word(status.icon, R.muted[r] ? `${status.name}*` : status.name === "Not applicable" ? "N/A" : status.name)),
        el("div", { class: "two-lines", role: "rowheader" }, isFunction(s) ? el("a", { class: "name clip", href: functionLink(s, id) }, nameOf(s)) : clip(nameOf(s)), clip([several() && accountName(accountOf(s)), regionOf(s)].filter(Boolean).join(", "), "small quiet")),
        cell("", "", el("span", { class: "clamp soft", title: messageOf(r) }, messageOf(r) || "see report.json for the numbers")),
        cell("", "", clip(ownerOf(s), "soft")),
        cell("right nowrap", "", cost(R.status[r] === UNKNOWN ? 0 : loss, R.status[r] === UNKNOWN ? loss : 0)));
    },
    counts: (found) => [el("b", {}, whole(found.length)), ` of ${counted(mine.length, "result")}`],
    empty: mine.length ? "No result matches these filters." : "Nothing in this scan is judged by this check.",
  }, state);
  current.csv = () => resultsCsv(current.found().map((n) => mine[n]));
  const others = mine.filter((r) => !isFunction(R.subject[r]) && R.status[r] <= UNKNOWN).slice(0, 20);
  return [
    el("p", { class: "path-up" }, el("a", { href: listed.findings }, "Findings"), icon("chevron"), el("a", { href: `#findings?item=${data.items[check.item].id}` }, data.items[check.item].title)),
    el("div", { class: "heading" }, el("div", {}, el("h1", {}, check.title), el("p", {}, word(data.severities[check.severity], SEVERITY[check.severity]), ` , confidence ${check.confidence}. `.replace(" ,", ","), el("code", {}, check.id)))),
    el("div", { class: "pile" },
      el("div", { class: "grid beside" },
        el("div", { class: "card" }, el("header", {}, el("h2", {}, "About this check")), el("div", { class: "opened flush" }, guidance(check, null, null, "h3"))),
        el("div", { class: "card" }, el("header", {}, el("h2", {}, "Results")), el("div", { class: "inside" }, parts(counts), el("dl", { class: "pairs spaced" }, STATUS.filter((_, n) => counts[n]).flatMap((status, _n) => [el("dt", {}, word(status.icon, status.name)), el("dd", {}, whole(counts[STATUS.indexOf(status)]))]),
          el("dt", {}, "Points"), el("dd", {}, points(check.points, MINUS)), check.effort && [el("dt", {}, "Effort"), el("dd", {}, check.effort)]),
          controlsOf(id).length > 0 && [el("h3", { class: "label" }, "Controls"), controlList(id)]))),
      others.length > 0 && el("div", { class: "card" }, el("header", {}, el("h2", {}, "Accounts and regions")), others.map((r) => findingLine(r))),
      made.node),
    made.begin,
  ];
}
