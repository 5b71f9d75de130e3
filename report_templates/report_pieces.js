/* What pages are made of: bars, code, prose, evidence, findings. */

/* ---- Pieces of pages ---- */
function bar(kind, share, label, thin) {
  return svg("svg", { class: `bar ${thin ? "thin" : ""}`, role: "img", "aria-label": label }, svg("rect", { class: `c-${kind}`, width: percent(Math.max(0, Math.min(1, share))), height: "100%" }));
}
function pieces(shares, label) {
  const total = shares.reduce((sum, [, n]) => sum + n, 0) || 1;
  let done = 0;
  return svg("svg", { class: "bar pieces", role: "img", "aria-label": label }, shares.map(([kind, n]) => {
    const rect = n ? svg("rect", { class: `c-${kind}`, x: percent(done / total), width: percent(n / total), height: "100%" }) : null;
    done += n;
    return rect;
  }));
}
const parts = (n) => pieces([["fail", n[FAIL]], ["warn", n[WARN]], ["hatch", n[UNKNOWN]], ["pass", n[PASS]]], `${n[FAIL]} fail, ${n[WARN]} warn, ${n[UNKNOWN]} unknown, ${n[PASS]} pass`);
function scoreBar(f) {
  const score = F.score[f], possible = F.possible[f], grade = W[F.grade[f]];
  const kind = /^[A-F]/.test(grade) ? grade[0].toLowerCase() : "none";
  return svg("svg", { class: "bar thin", role: "img", "aria-label": `${score} proven, up to ${possible}` },
    svg("rect", { class: `c-${kind}`, width: `${score}%`, height: "100%" }),
    possible > score && svg("rect", { class: "c-hatch", x: `${score}%`, width: `${possible - score}%`, height: "100%" }));
}
function support(f) {
  const left = F.left[f];
  if (F.image[f]) return ["", "no date known"];
  if (left === null) return ["", "no date yet"];
  if (left < 0) return ["bad", `ended ${whole(-left)} d ago`];
  return [left < 190 ? "soon" : "", `${whole(left)} d left`];
}

async function copy(text, button, source) {
  const label = button.querySelector("span");
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(text);
    label.textContent = "Copied";
  } catch {
    if (source) getSelection().selectAllChildren(source);
    label.textContent = source ? "Selected" : "Not copied";
  }
  setTimeout(() => { label.textContent = before; }, 1600);
}
/* Words of a command that only the reader knows, and what they stand for. */
const BLANK = /\b[A-Z][A-Z_]+\b/g;
const blanksOf = (text) => [...new Set(text.match(BLANK) || [])].filter((blank) => Object.hasOwn(data.meta.blanks, blank));
const withBlanks = (line) => line.split(/\b([A-Z][A-Z_]+)\b/).map((bit, n) => (n % 2 && Object.hasOwn(data.meta.blanks, bit) ? el("em", {}, bit) : bit));

function command(text) {
  const blanks = blanksOf(text);
  return [codeBlock("AWS CLI", text, { blanks: true }),
    blanks.length > 0 && el("p", { class: "small blanks" }, "Fill in ", blanks.map((blank, n) => [n > 0 && "; ", el("em", { class: "mono" }, blank), ` ${data.meta.blanks[blank]}`]))];
}
const queryKind = (text) => text.startsWith("SELECT ") ? "Metrics Insights" : "Logs Insights";

function codeBlock(caption, text, { marked = [], diff = false, copies = true, blanks = false } = {}) {
  const lines = text.split("\n");
  const pre = el("pre", { tabindex: "0", role: "group", "aria-label": caption });
  lines.forEach((line, n) => {
    const sign = diff ? line.slice(0, 2) : "";
    const tag = sign === "+ " || line === "+" ? (diff ? "ins" : "") : sign === "- " || line === "-" ? (diff ? "del" : "") : marked.includes(n) ? "mark" : "";
    pre.append(...(tag ? [el(tag, {}, line || " ")] : blanks ? withBlanks(line) : [line]));
    if (n < lines.length - 1) pre.append("\n");
  });
  const button = copies && el("button", { class: "button low-rise", type: "button", onclick: () => copy(text, button, pre) }, icon("copy"), el("span", {}, "Copy"));
  return el("div", { class: "code" }, el("header", {}, el("span", { class: "clip" }, caption), button), pre);
}

/* Documentation of checks: paragraphs, lists, fenced blocks, and commands that stand on lines of their own. */
function prose(text, values, withCommands) {
  const nodes = [];
  const chunks = text.split(/(```[\s\S]*?```|(?:^|\n)[ \t]*(?:- )?`aws [^`]+`[ \t]*(?=\n|$))/);
  for (const chunk of chunks) {
    const bare = chunk.trim().replace(/^- /, "");
    if (!bare) continue;
    const fence = /^```(\w*)\n([\s\S]*?)\n?```$/.exec(bare);
    if (fence) nodes.push(codeBlock(LANGUAGES[fence[1]] || fence[1] || "Example", filled(fence[2], values)));
    else if (/^`aws [^`]+`$/.test(bare)) {
      if (withCommands) nodes.push(...command(wrapped(filled(oneLine(bare.slice(1, -1)), values))).filter(Boolean));
    } else nodes.push(...paragraphs(bare, values));
  }
  return nodes;
}
/* A command that a docstring has wrapped, on one line again; an option broken after a hyphen is one word. */
const oneLine = (command) => command.replace(/([^\s-]-)\s*\n\s*/g, "$1").replace(/\s*\\?\n\s*/g, " ");
const LANGUAGES = { yaml: "SAM / CloudFormation", yml: "SAM / CloudFormation", hcl: "Terraform", terraform: "Terraform", python: "Python", js: "JavaScript", javascript: "JavaScript", json: "JSON", sh: "Shell", bash: "Shell", ts: "CDK" };
function paragraphs(text, values) {
  return text.split(/\n\s*\n/).flatMap((block) => {
    const lines = block.trim().split("\n");
    const made = [];
    let plain = [], list = null;
    const flush = () => { if (plain.length) made.push(el("p", {}, inline(plain.join(" "), values))); plain = []; };
    for (const line of lines) {
      if (/^\s*[-*] /.test(line)) {
        flush();
        if (!list) { list = el("ul", {}); made.push(list); }
        list.append(el("li", {}, inline(line.replace(/^\s*[-*] /, ""), values)));
      } else if (list && /^\s{2,}/.test(line)) list.lastChild.append(" ", ...inline(line.trim(), values));
      else { list = null; plain.push(line.trim()); }
    }
    flush();
    return made;
  });
}
const inline = (text, values) => text.split(/(`[^`]+`)/).map((bit) => (/^`[^`]+`$/.test(bit) ? el("code", {}, filled(bit.slice(1, -1), values)) : bit));

const section = (title, ...children) => el("section", {}, el("h4", {}, title), ...children);

/* Everything behind a check: why, how, where to read on. */
function guidance(check, s, own, level = "h4") {
  const values = valuesOf(s);
  const section = (title, ...children) => el("section", {}, el(level, { class: "label" }, title), ...children);
  const commands = own ? own.map((w) => command(wrapped(filled(oneLine(W[w]), values)))) : [];
  return [
    section("Why it matters", el("div", { class: "prose" }, prose(check.why, values, true))),
    section("How to fix", el("div", { class: "prose" }, prose(check.fix, values, !own)), commands),
    check.references.length > 0 && section("References", el("ul", {}, check.references.map((url) => el("li", { class: "small anywhere reference" }, /^https:\/\//.test(url) ? el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, url) : url)))),
  ];
}

function controlList(id) {
  const found = controlsOf(id);
  return el("dl", { class: "control-list" }, found.map(([one, controls]) => [el("dt", { title: one.name }, frameworkName(one)), el("dd", {}, controls.map((control, n) => [n > 0 && ", ", el("a", { href: controlLink(one, control), title: control[1] }, control[0])]))]));
}

function evidence(r) {
  const nodes = [];
  const details = about(r, "details");
  if (details) {
    const [total, shown] = details;
    nodes.push(section("Details", el("ul", { class: "details-list" }, shown.map((detail) => detail.map(said)).map(([subject, text, at]) => el("li", {}, el("span", { class: "anywhere" }, subject, at && at !== "*" && el("span", { class: "small quiet" }, ` ${at}`)), el("span", { class: "soft anywhere" }, text)))),
      total > shown.length && el("p", { class: "small" }, `${whole(total - shown.length)} more in report.json`)));
  }
  const blocks = about(r, "evidence");
  if (blocks) nodes.push(section("Evidence", blocks.map(([caption, text, marked, diff]) => codeBlock(W[caption], W[text], { marked, diff: diff === 1, copies: diff === 1 }))));
  const reason = reasonOf(r);
  if (reason) {
    const [operation, code, error, note] = reason.map((w) => W[w]);
    nodes.push(section("Why it is unknown", el("p", {}, operation && el("code", {}, operation), operation && ": ", note || code.replaceAll("_", " ").toLowerCase(), error && ` (${error})`)));
  }
  const muted = about(r, "muted");
  if (muted) {
    const [id, kind, why, owner, expires, ticket] = muted.map((w) => W[w]);
    nodes.push(section("Exception", el("p", {}, `${kind.replaceAll("_", " ")}, ${id}: ${why}. Owner ${owner}, until ${expires}${ticket ? `, ${ticket}` : ""}`)));
  }
  return nodes;
}

function controlsFolded(id) {
  const found = controlsOf(id);
  const size = found.reduce((sum, [, controls]) => sum + controls.length, 0);
  return size > 0 && lazyDetails({ class: "controls-folded" }, `${counted(size, "control")} of ${counted(found.length, "framework")}`, () => controlList(id));
}

function opened(r) {
  const check = checks[R.check[r]];
  const query = about(r, "query");
  const usd = about(r, "usd");
  const confidence = about(r, "confidence");
  return el("div", { class: "opened" },
    evidence(r),
    policyHint(r),
    guidance(check, R.subject[r], about(r, "commands")),
    query !== undefined && section(`Query for CloudWatch ${queryKind(W[query])}`, codeBlock(queryKind(W[query]), W[query])),
    el("div", { class: "after" }, el("a", { href: checkLink(R.check[r]) }, el("code", {}, check.id)), el("span", {}, data.items[check.item].title),
      el("span", {}, `Confidence ${confidence === undefined ? check.confidence : W[confidence]}`), check.effort && el("span", {}, check.effort),
      usd !== undefined && el("span", {}, `${money(usd)} a month`)),
    controlsFolded(check.id));
}

function lazyDetails(attributes, summary, body) {
  const box = el("details", attributes, el("summary", {}, summary, icon("chevron")));
  box.querySelector("summary > .i:last-child").classList.add("turn");
  box.addEventListener("toggle", () => { if (box.open && box.childElementCount === 1) box.append(body()); });
  return box;
}
function findingLine(r) {
  const check = checks[R.check[r]], status = R.status[r], muted = about(r, "muted");
  const severity = severityOf(r);
  const label = status === UNKNOWN ? word("unknown", "Unknown") : word(data.severities[severity], SEVERITY[severity]);
  const loss = lossOf(r);
  const box = lazyDetails({ class: "finding" }, [
    label,
    el("div", { class: "words" }, el("h3", {}, check.title, R.change[r] === 1 && chip("blue", "new"), status === WARN && el("span", { class: "chip" }, icon("warn"), "Warn"), muted && el("span", { class: "chip" }, icon("mute"), W[muted[1]] === "false_positive" ? "False positive" : "Accepted risk")), el("p", { class: "anywhere" }, messageOf(r))),
    el("span", { class: "cost" }, status === UNKNOWN ? (loss ? `up to ${points(loss, "+")}` : "") : points(loss, MINUS)),
  ], () => opened(r));
  box.dataset.check = check.id;
  return box;
}
