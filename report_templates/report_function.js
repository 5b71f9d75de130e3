/* The page of one function. */

/* ---- One function ---- */
/* Middles of labels near where they belong, in percent, so far apart that none covers another. */
function spread(wanted, room) {
  const placed = [];
  wanted.forEach((x, n) => placed.push(Math.max(x, room / 2, n ? placed[n - 1] + room : 0)));
  let limit = 100 - room / 2;
  for (let n = placed.length - 1; n >= 0; n -= 1) { placed[n] = Math.min(placed[n], limit); limit = placed[n] - room; }
  return placed;
}

function clock(f) {
  const limit = F.timeout[f] * 1000;
  const reason = W[F.unseen[f]];
  if (reason || F.p99[f] === null) {
    const text = reason ? `Not seen: ${reason}` : F.runs[f] ? "Durations were not seen." : "No run in the window.";
    return [svg("svg", { class: "clock low", role: "img", "aria-label": text }, svg("rect", { class: reason ? "c-hatch" : "c-track", y: 4, width: "100%", height: 16, rx: 3 }), svg("text", { x: 0, y: 38 }, "0 s"), svg("text", { class: "end", x: "100%", y: 38 }, `timeout ${F.timeout[f]} s`)), el("p", { class: "soft" }, text)];
  }
  const marks = [["p50", F.p50[f]], ["p95", F.p95[f]], ["p99", F.p99[f]], ["longest", F.longest[f]]].filter(([, ms]) => ms !== null);
  const at = (ms) => Math.min(100, (100 * ms) / limit);
  const depth = { p50: 1, p95: 2, p99: 3, longest: 4 };
  let from = 0;
  const areas = marks.map(([name, ms]) => { const rect = svg("rect", { class: `c-accent r${depth[name]}`, x: `${from}%`, y: 36, width: `${Math.max(0, at(ms) - from)}%`, height: 16 }); from = Math.max(from, at(ms)); return rect; });
  const named = marks.filter(([name]) => name !== "longest");
  const places = spread(named.map(([, ms]) => at(ms)), matchMedia("(max-width: 720px)").matches ? 27 : 14);
  const labels = named.map(([name, ms], n) => [
    svg("line", { class: "notch", x1: `${at(ms)}%`, x2: `${at(ms)}%`, y1: 32, y2: 56 }),
    svg("text", { class: "middle", x: `${places[n]}%`, y: 24 }, `${name} `, svg("tspan", {}, seconds(ms))),
  ]);
  const spare = Math.round(100 * (1 - F.p99[f] / limit));
  const longest = F.longest[f] === null ? "" : `, longest run ${seconds(F.longest[f])}`;
  const said = spare < 0
    ? `p99 run ${seconds(F.p99[f])}, above the ${F.timeout[f]} s of today's timeout${longest}`
    : `p99 run ${seconds(F.p99[f])} of ${F.timeout[f]} s: ${spare} % to spare${longest}`;
  return [svg("svg", { class: "clock", role: "img", "aria-label": said },
    svg("rect", { class: "c-track", y: 36, width: "100%", height: 16 }), areas,
    svg("line", { class: "margin", x1: "80%", x2: "80%", y1: 32, y2: 56 }), svg("line", { class: "limit", x1: "100%", x2: "100%", y1: 30, y2: 58 }), labels,
    svg("text", { x: 0, y: 72 }, "0 s"), svg("text", { class: "middle spare", x: "80%", y: 72 }, "20 % spare"), svg("text", { class: "end", x: "100%", y: 72 }, `timeout ${F.timeout[f]} s`)),
  el("p", { class: "soft" }, `${said}.`)];
}

const daysOf = (f) => (F.window[f].every((w) => W[w]) ? Math.round((Date.parse(W[F.window[f][1]]) - Date.parse(W[F.window[f][0]])) / 864e5) : 0);
const windowOf = (f) => (daysOf(f) ? `${daysOf(f)} days to ${day(W[F.window[f][1]])}` : "");

function measures(f) {
  if (W[F.unseen[f]]) return null;
  const days = daysOf(f);
  const runs = F.runs[f] || 0;
  const entry = (name, value, under) => el("div", {}, el("dt", {}, name), el("dd", {}, value === null ? el("span", { class: "quiet" }, runs ? "not seen" : "no runs") : value), under && el("dd", {}, under));
  return el("dl", { class: "measures" },
    entry("Runs", whole(runs), days ? `in ${days} days` : ""),
    entry("Errors", F.errors[f] === null ? null : runs ? `${((100 * F.errors[f]) / runs).toFixed(2)} %` : "0", F.errors[f] === null ? "" : counted(F.errors[f], "run")),
    entry("Peak memory", F.used[f] === null ? null : `${whole(Math.round(F.used[f]))} of ${whole(F.memory[f])} MB`, F.used[f] === null ? "" : `${Math.round((100 * F.used[f]) / F.memory[f])} % used`),
    entry("Cold starts", F.cold[f] === null ? null : `${(100 * F.cold[f]).toFixed(1)} %`, F.init[f] === null ? "" : `init p99 ${seconds(F.init[f])}`),
    entry("Peak concurrency", F.peak[f] === null ? null : whole(F.peak[f]), F.throttles[f] === null ? "throttles not seen" : F.throttles[f] ? counted(F.throttles[f], "throttle") : "no throttles"),
    el("div", {}, el("dt", {}, "Cost a month"), el("dd", {}, F.usd[f] === null ? el("span", { class: "quiet" }, "not priced") : money(F.usd[f])), F.mostly[f] > 0 && el("dd", {}, W[F.mostly[f]])));
}

function dial(f) {
  const made = dialModel.cloneNode(true);
  const track = made.querySelector(".ring");
  const score = F.score[f], possible = F.possible[f], grade = W[F.grade[f]];
  made.querySelectorAll(".maybe, .sure").forEach((path) => path.remove());
  const arc = (kind, from, to) => track.after(svg("path", { class: kind, d: track.getAttribute("d"), pathLength: "100", "stroke-dasharray": `0 ${from} ${to - from} 200` }));
  if (score > 0) arc(`sure ${/^[A-F]/.test(grade) ? grade[0].toLowerCase() : ""}`, 0, score);
  if (possible > score) arc("maybe", score, possible);
  const texts = [...made.querySelectorAll("text")];
  texts.slice(0, 5).forEach((text) => text.setAttribute("class", text.textContent === grade[0] ? "marked" : ""));
  texts[5].textContent = score;
  texts[6].textContent = possible > score ? `proven, up to ${possible}` : "proven";
  made.setAttribute("aria-label", `${score} of 100 points proven, up to ${possible} possible, grade ${grade}`);
  return made;
}

function ceiling(f) {
  const caps = F.caps[f];
  if (!caps.length) return null;
  const [most, why, held] = caps.reduce((low, cap) => (cap[0] < low[0] ? cap : low));
  return el("p", { class: `held ${most < 70 ? "hard" : ""}` }, icon("lock"), el("span", {}, `${W[why]}: at most ${most}.${held ? ` Without it ${Math.floor(F.raw[f])}.` : ""}`));
}

/* From 100 down to the score: what each checklist item takes, and what a ceiling takes then. */
function step(from, whole, shares, label) {
  let done = from;
  return svg("svg", { class: "bar", role: "img", "aria-label": label }, svg("title", {}, label), shares.map(([kind, points]) => {
    const rect = points > 0 && svg("rect", { class: `c-${kind}`, x: percent(done / whole), width: percent(points / whole), height: "100%" });
    done += points;
    return rect;
  }));
}
function itemFalls(f) {
  const counts = data.items.map(() => [0, 0, 0, 0, 0, 0]);
  for (let r = R.start[f]; r < R.start[f + 1]; r += 1) counts[checks[R.check[r]].item][R.status[r]] += 1;
  const taken = new Map(F.items[f].map(([item, lost, unseen, note]) => [item, { lost, unseen, note: W[note] }]));
  const lines = data.items.map((item, n) => ({ item, counts: counts[n], lost: 0, unseen: 0, note: "", ...taken.get(n) })).sort((a, b) => b.lost + b.unseen - a.lost - a.unseen);
  const held = Math.max(0, ...F.caps[f].map((cap) => cap[2]));
  const whole = Math.max(1, lines.reduce((sum, line) => sum + line.lost + line.unseen, held));
  let from = 0;
  const rows = lines.map(({ item, counts: n, lost, unseen, note }) => {
    const label = `${n[FAIL]} fail, ${n[WARN]} warn, ${n[UNKNOWN]} unknown, ${n[PASS]} pass`;
    const judged = n[FAIL] + n[WARN] + n[UNKNOWN] + n[PASS] > 0;
    const bar = judged ? step(from, whole, [["fail", lost], ["hatch", unseen]], label) : el("span", { class: "small quiet nowrap" }, n[MANUAL] ? "manual" : n[OTHER] ? "n/a" : note || "none");
    from += lost + unseen;
    return el("li", {}, el("span", {}, item.title), bar, el("span", { class: `right nowrap ${lost + unseen ? "" : "quiet"}` }, points(lost + unseen, MINUS)));
  });
  return el("ul", { class: "item-bars" }, el("li", { class: "small quiet" }, el("span", {}, "Points of 100"), el("span", {}), el("span", {})), rows,
    held > 0.05 && el("li", {}, el("span", {}, "Ceiling"), step(from, whole, [["cap", held]], `a ceiling takes ${points(held, "")} points`), el("span", { class: "right nowrap" }, points(held, MINUS))),
    el("li", { class: "sum" }, el("span", {}, "Proven score"), el("span", {}), el("b", { class: "right" }, F.score[f])));
}

function folded(found, status, title) {
  if (!found.length) return null;
  return lazyDetails({ class: "folded" }, word(STATUS[status].icon, title), () => el("ul", {}, found.map((r) => {
    const mark = el("span", { class: STATUS[status].icon }, icon(STATUS[status].icon));
    return el("li", {}, mark, el("span", {}, el("a", { href: checkLink(R.check[r]) }, checks[R.check[r]].title), messageOf(r) && el("span", { class: "soft anywhere" }, ` ${messageOf(r)}`)));
  })));
}

function unknownLines(found) {
  const waits = new Map();
  for (const r of found) {
    const reason = reasonOf(r);
    const key = reason ? `${W[reason[0]]}\n${W[reason[1]]}` : "";
    if (!waits.has(key)) waits.set(key, []);
    waits.get(key).push(r);
  }
  return [...waits].flatMap(([key, group]) => {
    if (!key || group.length < 3) return group.map(findingLine);
    const [operation, code] = key.split("\n");
    const total = group.reduce((sum, r) => sum + lossOf(r), 0);
    const box = lazyDetails({ class: "finding" }, [
      word("unknown", "Unknown"),
      el("div", { class: "words" }, el("h3", {}, operation ? `${group.length} checks wait for ${operation}` : `${group.length} checks could not be judged: ${code.replaceAll("_", " ").toLowerCase()}`), el("p", { class: "anywhere" }, W[reasonOf(group[0])[3]] || messageOf(group[0]))),
      el("span", { class: "cost" }, total ? `up to ${points(total, "+")}` : ""),
    ], () => el("div", { class: "opened" }, section("Checks", el("ul", { class: "details-list" }, group.map((r) => el("li", {}, el("a", { href: checkLink(R.check[r]) }, checks[R.check[r]].title), el("span", { class: "soft anywhere" }, messageOf(r))))))));
    box.dataset.checks = group.map((r) => checks[R.check[r]].id).join(" ");
    return [box];
  });
}

/* The policy that would be enough, with what it changes; made when it is opened. */
function policyCard(f) {
  if (F.policy[f] < 0) return null;
  const [role, unseen, document, granted, kept, confidence, difference, lines, notes] = data.policies[F.policy[f]];
  const card = (said, body) => el("div", { class: "card", id: "policy-card" }, el("header", {}, el("h2", {}, "Suggested policy"), el("p", {}, said)), body);
  if (W[unseen]) return card("", el("div", { class: "inside" }, el("p", { class: "soft anywhere" }, `None can be suggested: ${W[unseen]}.`)));
  const said = `${counted(granted, "action")} granted, ${whole(kept)} kept`;
  const summary = el("span", {}, `For the role ${W[role]}, ${W[confidence]} confidence`);
  return card(said, lazyDetails({ class: "folded" }, summary, () => el("div", { class: "suggested" },
    W[document] ? codeBlock(`Policy for ${W[role]}`, JSON.stringify(JSON.parse(W[document]), null, 2)) : el("p", { class: "soft" }, "The role needs no policy: no granted action is seen in use."),
    difference.length > 0 && codeBlock("Difference to today", difference.map((w) => W[w]).join("\n"), { diff: true }),
    lines > difference.length && el("p", { class: "small" }, `${whole(lines - difference.length)} more lines in report.json`),
    section("Before it is applied", notes.map((w) => el("p", { class: "soft anywhere" }, W[w]))))));
}

/* From a finding about the role down to the policy that would be enough. */
function policyHint(r) {
  const f = R.subject[r];
  if (!isFunction(f) || F.policy[f] < 0 || data.items[checks[R.check[r]].item].id !== "least-privilege") return null;
  const [role, unseen, , granted, kept] = data.policies[F.policy[f]];
  if (W[unseen]) return null;
  const show = () => { const fold = document.querySelector("#policy-card details"); fold.open = true; fold.scrollIntoView(); fold.querySelector("summary").focus({ preventScroll: true }); };
  return section("Suggested policy", el("p", {}, `The role ${W[role]} is granted ${counted(granted, "action")}; ${whole(kept)} would be enough. `), el("button", { class: "button low-rise", type: "button", onclick: show }, "Show the policy"));
}

/* An address that fits no function, or several of one name. */
function notOne(id) {
  const fitting = [];
  for (let f = 0; f < F.count && fitting.length < 40; f += 1) if (W[F.name[f]] === id || W[F.arn[f]] === id) fitting.push(f);
  if (!fitting.length) return [heading("Unknown function", `This report has no function ${id}.`), el("p", {}, el("a", { href: listed.functions }, "All functions"))];
  return [heading(id, "Several functions have this name."), el("ul", { class: "card list" }, fitting.map((f) => el("li", {}, el("a", { href: functionLink(f) }, [several() && accountName(W[F.account[f]]), W[F.region[f]]].filter(Boolean).join(", ")))))];
}

function functionPage(id, state) {
  const f = byAddress.get(id);
  if (f === undefined) return notOne(id);
  const name = W[F.name[f]];
  const lists = STATUS.map(() => []);
  for (let r = R.start[f]; r < R.start[f + 1]; r += 1) lists[R.status[r]].push(r);
  const order = (a, b) => severityOf(a) - severityOf(b) || lossOf(b) - lossOf(a) || R.check[a] - R.check[b];
  const open = [...lists[FAIL], ...lists[WARN]].sort(order);
  const unknown = lists[UNKNOWN].sort(order);
  const head = [[FAIL, "failed"], [WARN, "warned"], [UNKNOWN, "unknown"]].filter(([status]) => lists[status].length).map(([status, text]) => `${lists[status].length} ${text}`).join(", ");
  const findings = el("div", { class: "card" }, el("header", {}, el("h2", {}, head || "Nothing failed, nothing unknown"), el("p", {}, "Points on this function")),
    open.map(findingLine), unknownLines(unknown),
    folded(lists[MANUAL], MANUAL, `${counted(lists[MANUAL].length, "point")} for a person to attest`),
    folded(lists[PASS], PASS, `${lists[PASS].length} passed`), folded(lists[OTHER], OTHER, `${lists[OTHER].length} not applicable`));
  const wanted = new URLSearchParams(state).get("open");
  const target = wanted ? [...findings.querySelectorAll(".finding")].find((box) => box.dataset.check === wanted || (box.dataset.checks || "").split(" ").includes(wanted)) : findings.querySelector(".finding");
  if (target) target.open = true;
  current.csv = () => resultsCsv(Array.from({ length: R.start[f + 1] - R.start[f] }, (_, n) => R.start[f] + n));
  return [
    el("p", { class: "path-up" }, el("a", { href: listed.functions }, "Functions"), icon("chevron"), several() && [el("a", { href: `#functions?account=${escaped(W[F.account[f]])}` }, accountName(W[F.account[f]])), icon("chevron")], el("a", { href: `#functions?region=${escaped(W[F.region[f]])}` }, W[F.region[f]])),
    el("div", { class: "heading" }, letter(W[F.grade[f]], "large"), el("div", {}, el("h1", { class: "anywhere" }, name), el("p", { class: "anywhere" }, [W[F.description[f]], W[F.owner[f]] ? `owner ${W[F.owner[f]]}` : "no owner tag"].filter(Boolean).join(" · ")))),
    el("div", { class: "bits" }, F.chips[f].map(([label, value, remark, flagged]) => {
      const bits = [el("small", {}, W[label]), el("b", {}, W[value]), W[remark] && el("small", {}, W[remark])];
      return W[flagged] ? el("a", { class: "bit flagged", href: functionLink(f, W[flagged]) }, bits) : el("span", { class: "bit" }, bits);
    })),
    el("div", { class: "grid beside" },
      el("div", { class: "pile" },
        el("div", { class: "card" }, el("header", {}, el("h2", {}, "Duration against the timeout"), el("p", {}, windowOf(f))), el("div", { class: "inside" }, clock(f), measures(f))),
        findings, policyCard(f)),
      el("div", { class: "pile" },
        el("div", { class: "card" }, el("div", { class: "inside" }, el("div", { class: "rail-dial" }, dial(f)), el("p", { class: "small quiet centre" }, `coverage ${F.coverage[f]} %`), ceiling(f), itemFalls(f))),
        el("div", { class: "card" }, el("header", {}, el("h2", {}, "Connections")), el("div", { class: "inside" },
          el("dl", { class: "pairs" }, F.links[f].flatMap(([label, ...values]) => [el("dt", {}, W[label]), el("dd", { class: "anywhere" }, values.map((w) => W[w]).join(", "))]), F.tags[f].length > 0 && [el("dt", {}, "Tags"), el("dd", { class: "anywhere" }, F.tags[f].map((w) => W[w]).join(", "))]),
          el("p", { class: "mono arn anywhere" }, W[F.arn[f]]))))),
    target && wanted ? () => { target.scrollIntoView({ block: "center" }); target.querySelector("summary").focus({ preventScroll: true }); } : null,
  ];
}
