/* The table of functions. */

/* ---- Functions ---- */
const STATES = [{ key: "ended", text: "Out of support" }, { key: "soon", text: "Ends in 190 days" }, { key: "later", text: "Later" }, { key: "none", text: "Image or no date" }];
const stateOf = (f) => (F.left[f] === null ? 3 : F.left[f] < 0 ? 0 : F.left[f] < 190 ? 1 : 2);
const blob = (f) => [F.name[f], F.owner[f], F.region[f], F.account[f], F.runtime[f], F.worstTitle[f], F.description[f], F.role[f], ...F.tags[f], ...F.triggers[f]].map((w) => W[w]).join("\n").toLowerCase();
let blobs = null;
const searched = () => (blobs ||= Array.from({ length: F.count }, (_, f) => blob(f)));

/* Tags that several functions share; a function has many of them. */
function tagFacet() {
  const uses = new Map();
  for (let f = 0; f < F.count; f += 1) for (const tag of F.tags[f]) uses.set(tag, (uses.get(tag) || 0) + 1);
  const common = [...uses].filter(([, n]) => n > 1 && n < F.count).sort((x, y) => y[1] - x[1]).slice(0, 60).map(([tag]) => tag);
  const at = new Map(common.map((tag, n) => [tag, n]));
  return { id: "tag", title: "Tag", byCount: true, few: 6, values: common.map((tag) => ({ key: W[tag], text: W[tag] })), each: (f) => (isFunction(f) ? F.tags[f].map((tag) => at.get(tag)).filter((n) => n !== undefined) : []) };
}

const functionFacets = () => {
  if (!F.count) return [];
  const grades = ["A", "B", "C", "D", "F", "-"];
  const gradeAt = Int8Array.from(F.grade, (w) => grades.indexOf(W[w][0]));
  return [
    { id: "grade", title: "Grade", always: true, values: grades.filter((g) => g !== "-" || gradeAt.includes(5)).map((key) => ({ key, text: key === "-" ? "No grade" : key })), of: (f) => gradeAt[f] },
    { id: "worst", title: "Worst finding", values: [...SEVERITY.slice(0, 4).map((text, n) => ({ key: data.severities[n], text, icon: data.severities[n] })), { key: "none", text: "None open", icon: "pass" }], of: (f) => (F.worst[f] < 0 || F.worst[f] > 3 ? 4 : F.worst[f]) },
    textFacet("region", "Region", (f) => W[F.region[f]], F.count),
    textFacet("account", "Account", (f) => W[F.account[f]], F.count, accountName),
    textFacet("owner", "Owner", (f) => W[F.owner[f]], F.count, (key) => key || "No owner tag"),
    { id: "support", title: "Support of the runtime", values: STATES, of: stateOf },
    textFacet("runtime", "Runtime", (f) => W[F.runtime[f]], F.count, (key) => key || "container image"),
    { id: "item", title: "Loses points in", values: data.items.map((item) => ({ key: item.id, text: item.title })), each: (f) => F.items[f].filter(([, lost]) => lost > 0).map(([item]) => item), few: 6, byCount: true },
    tagFacet(),
  ];
};

const ratio = (f) => (F.p99[f] === null ? null : F.p99[f] / 1000 / F.timeout[f]);
const dash = (f) => (W[F.unseen[f]] ? el("span", { class: "quiet nowrap" }, "not seen") : el("span", { class: "quiet" }, "no runs"));

function functionRow(f) {
  const seen = !W[F.unseen[f]];
  const used = F.used[f], p99 = F.p99[f];
  const [tone, text] = support(f);
  const account = W[F.account[f]];
  const where = [several() && (data.meta.aliases[account] || account), W[F.region[f]], W[F.triggers[f][0]] || ""].filter(Boolean).join(", ");
  return el("div", {},
    el("div", { class: "two-lines", role: "rowheader" }, el("a", { class: "name clip", href: functionLink(f), title: W[F.name[f]] }, W[F.name[f]]), clip(where, "small quiet")),
    cell("mark", "", letter(W[F.grade[f]]), el("b", {}, F.score[f]), scoreBar(f)),
    F.worst[f] < 0 ? cell("two-lines", "", word("pass", "None open")) : cell("two-lines", "", word(data.severities[F.worst[f]], SEVERITY[F.worst[f]]), clip(W[F.worstTitle[f]], "small quiet")),
    cell("right", "Runs", seen ? (F.runs[f] === null ? "0" : short(F.runs[f])) : dash(f)),
    cell("", "p99 of timeout", p99 === null || !seen
      ? [el("span", { class: "quiet" }, `of ${F.timeout[f]} s`), !seen && bar("hatch", 1, "not seen", true)]
      : [el("span", { class: "nowrap" }, seconds(p99), el("span", { class: "quiet" }, ` of ${F.timeout[f]} s`)), bar(ratio(f) > 0.8 ? "fail" : "accent", ratio(f), `${Math.round(100 * ratio(f))} percent of the timeout`, true)]),
    cell("right two-lines less", "Memory", el("span", { class: "clip" }, `${whole(F.memory[f])} MB`), el("span", { class: "clip small quiet" }, used === null ? (seen && !F.runs[f] ? "no runs" : "not seen") : `${Math.round((100 * used) / F.memory[f])} % used`)),
    cell("", "Runtime", clip(F.image[f] ? "image" : W[F.runtime[f]]), chip(tone, text)),
    cell("right less", "$ a month", F.usd[f] === null ? el("span", { class: "quiet" }, "not seen") : money(F.usd[f])),
    cell("less", "Owner", W[F.owner[f]] ? clip(W[F.owner[f]]) : chip("soon", "none")));
}

const functionColumns = () => [
  { key: "name", title: "Function", by: (f) => W[F.name[f]], first: "asc" },
  { key: "score", title: "Score", by: (f) => F.score[f] + F.raw[f] / 1000, first: "asc" },
  { key: "worst", title: "Worst finding", by: (f) => (F.worst[f] < 0 ? 9 : F.worst[f]), first: "asc" },
  { key: "runs", title: "Runs", by: (f) => F.runs[f], right: true },
  { key: "p99", title: "p99 of timeout", by: ratio },
  { key: "memory", title: "Memory", by: (f) => F.memory[f], right: true, less: true },
  { key: "runtime", title: "Runtime", by: (f) => (F.left[f] === null ? 1e6 : F.left[f]), first: "asc" },
  { key: "usd", title: "$ a month", by: (f) => F.usd[f], right: true, less: true },
  { key: "owner", title: "Owner", by: (f) => W[F.owner[f]] || "\uffff", first: "asc", less: true },
];

function functionsPage(state) {
  const window = F.count ? F.window.find((pair) => W[pair[1]]) : null;
  const made = explorer({
    id: "functions", title: "Functions", kind: "of-functions", size: F.count, facets: functionFacets(), searchLabel: "Name, owner, tag or finding",
    search: (terms) => { const texts = searched(); return (f) => terms.every((term) => texts[f].includes(term)); },
    columns: functionColumns(), sort: ["score", "asc"], row: functionRow,
    counts: (found) => [el("b", {}, whole(found.length)), ` of ${counted(F.count, "function")}`],
    empty: F.count ? "No function matches these filters." : "No function was found in what was scanned.",
  }, state);
  current.csv = () => functionsCsv(current.found());
  const lead = window ? `Worst first. Usage covers the days to ${day(W[window[1]])}; hatched cells could not be seen.` : "Worst first. Usage was not seen.";
  return [heading("Functions", lead), made.node, made.begin];
}

const heading = (title, lead) => el("div", { class: "title" }, el("h1", {}, title), lead && el("p", {}, lead));
