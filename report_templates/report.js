"use strict";
(() => {
  /* ---- Elements: text only ever becomes text ---- */
  const SVG = "http://www.w3.org/2000/svg";
  const root = document.documentElement;
  const $ = (id) => document.getElementById(id);

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === false || value === null || value === undefined) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children.flat(4)) {
      if (child === null || child === undefined || child === false || child === "") continue;
      node.append(child);
    }
    return node;
  }
  const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
  const icon = (name) => svg("svg", { class: "i", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
  const word = (name, text) => el("span", { class: `word ${name}` }, icon(name), text);
  const chip = (tone, text) => el("span", { class: `chip ${tone}` }, text);
  const letter = (grade, extra) => el("span", { class: `letter ${/^[A-F]/.test(grade) ? grade[0].toLowerCase() : "none"} ${extra || ""}` }, grade);
  const clip = (text, kind) => el("span", { class: `clip ${kind || ""}`, title: text }, text);

  /* ---- Numbers ---- */
  const MINUS = "\u2212";
  const many = new Intl.NumberFormat("en-US");
  const whole = (n) => many.format(n);
  const counted = (n, noun, plural) => `${whole(n)} ${n === 1 ? noun : plural || noun + "s"}`;
  const short = (n) => {
    for (const [size, unit] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
      if (n >= size) return `${Number((n / size).toPrecision(3))} ${unit}`;
    }
    return String(Math.round(n * 100) / 100);
  };
  const points = (n, sign) => {
    if (!n) return "0";
    const shown = Math.abs(n) < 0.05 ? Math.abs(n).toFixed(2) : Math.abs(n).toFixed(1);
    return shown === "0.00" ? "<0.01" : sign + shown;
  };
  const seconds = (ms) => {
    const s = ms / 1000;
    if (s < 0.1) return `${Math.round(ms)} ms`;
    return `${s < 1 ? s.toFixed(2) : s < 100 ? Number(s.toFixed(1)) : Math.round(s)} s`;
  };
  const money = (n) => (n > 0 && n < 0.01 ? "under $0.01" : `$${n.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`);
  const percent = (share) => `${Math.round(share * 10000) / 100}%`;
  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const day = (iso) => (iso ? `${Number(iso.slice(8, 10))} ${MONTHS[Number(iso.slice(5, 7)) - 1]} ${iso.slice(0, 4)}` : "");

  /* ---- Data: columns as auditor/render/html_island.py lays them ----
     words          every string once; numbers elsewhere point to it
     functions      one array per fact, all of the same length
     others         [resource, name, account, region] of subjects that are no functions; they follow the functions
     matrix         one string per subject, one letter per check: P F W U N M, lower case where excepted, - where absent
     results        words of the results that have them, in the order of the matrix                                     */
  const STATUS = [
    { code: "F", name: "Fail", icon: "fail" },
    { code: "W", name: "Warn", icon: "warn" },
    { code: "U", name: "Unknown", icon: "unknown" },
    { code: "M", name: "Manual", icon: "manual" },
    { code: "P", name: "Pass", icon: "pass" },
    { code: "N", name: "Not applicable", icon: "none" },
  ];
  const PLACE = new Uint8Array(128);
  STATUS.forEach((status, at) => { PLACE[status.code.charCodeAt(0)] = at; PLACE[status.code.toLowerCase().charCodeAt(0)] = at; });
  const SEVERITY = ["Critical", "High", "Medium", "Low", "Info"];
  const FAIL = 0, WARN = 1, UNKNOWN = 2, MANUAL = 3, PASS = 4, OTHER = 5;

  let data, W, F, checks, subjects;
  const R = {};
  const byAddress = new Map();
  const byCheck = new Map();
  const byArn = new Map();

  async function load() {
    const island = $("data");
    const text = island.textContent;
    const zipped = island.type === "application/gzip";
    island.remove();
    if (!zipped) return JSON.parse(text);
    if (typeof DecompressionStream === "undefined") {
      throw new Error("This browser cannot unpack the tables of this file. A newer one can; or write the report again with the option for plain data.");
    }
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let n = 0; n < raw.length; n += 1) bytes[n] = raw.charCodeAt(n);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  }

  function prepare(found) {
    data = found;
    W = data.words;
    F = data.functions;
    checks = data.checks;
    subjects = data.matrix.length;
    checks.forEach((check, at) => byCheck.set(check.id, at));
    for (let f = 0; f < F.count; f += 1) {
      byAddress.set(address(f), f);
      byArn.set(W[F.arn[f]], f);
    }
    let size = 0;
    const width = checks.length;
    for (const line of data.matrix) for (let c = 0; c < width; c += 1) if (line.charCodeAt(c) !== 45) size += 1;
    R.size = size;
    R.subject = new Int32Array(size);
    R.check = new Uint16Array(size);
    R.status = new Uint8Array(size);
    R.muted = new Uint8Array(size);
    R.word = new Int32Array(size).fill(-1);
    R.start = new Int32Array(subjects + 1);
    let at = 0, told = 0;
    data.matrix.forEach((line, s) => {
      R.start[s] = at;
      for (let c = 0; c < width; c += 1) {
        const code = line.charCodeAt(c);
        if (code === 45) continue;
        const status = PLACE[code];
        R.subject[at] = s;
        R.check[at] = c;
        R.status[at] = status;
        R.muted[at] = code > 96 ? 1 : 0;
        if (data.results.told || status < PASS) { R.word[at] = told; told += 1; }
        at += 1;
      }
    });
    R.start[subjects] = at;
  }

  const address = (f) => (data.address[f] === undefined ? W[F.name[f]] : W[data.address[f]]);
  const isFunction = (s) => s < F.count;
  const other = (s) => data.others[s - F.count];
  const nameOf = (s) => (isFunction(s) ? W[F.name[s]] : W[other(s)[1]] || W[other(s)[0]]);
  const arnOf = (s) => W[isFunction(s) ? F.arn[s] : other(s)[0]];
  const accountOf = (s) => W[isFunction(s) ? F.account[s] : other(s)[2]];
  const regionOf = (s) => W[isFunction(s) ? F.region[s] : other(s)[3]] || "global";
  const ownerOf = (s) => (isFunction(s) ? W[F.owner[s]] : "");
  const severityOf = (r) => { const own = R.word[r] < 0 ? undefined : data.results.severity[R.word[r]]; return own === undefined ? checks[R.check[r]].severity : own; };
  const messageOf = (r) => (R.word[r] < 0 ? "" : W[data.results.message[R.word[r]]]);
  const lossOf = (r) => (R.word[r] < 0 || R.status[r] > UNKNOWN ? 0 : data.results.points[R.word[r]]);
  const shareOf = (r) => (R.word[r] < 0 || R.status[r] > UNKNOWN ? 0 : data.results.share[R.word[r]]);
  const about = (r, column) => (R.word[r] < 0 ? undefined : data.results[column][R.word[r]]);
  const functionLink = (f, open) => `#fn-${encodeURIComponent(address(f))}${open ? `?open=${encodeURIComponent(open)}` : ""}`;
  const checkLink = (c) => `#check-${encodeURIComponent(checks[c].id)}`;
  const subjectLink = (s, check) => (isFunction(s) ? functionLink(s, check) : `#check-${encodeURIComponent(check)}`);
  const several = () => data.meta.accounts > 1;
  const accountName = (id) => (data.meta.aliases[id] ? `${data.meta.aliases[id]} ${id}` : id);

  /* ---- Commands: placeholders are filled in for the shell ---- */
  const SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;
  function quoted(value, mode) {
    if (mode === "'") return value.replaceAll("'", `'"'"'`);
    if (mode === '"') return value.replace(/[\\"$`]/g, "\\$&").replaceAll("!", `"'!'"`);
    return SAFE.test(value) ? value : `'${value.replaceAll("'", `'"'"'`)}'`;
  }
  function filled(command, values) {
    let out = "", mode = "", at = 0;
    while (at < command.length) {
      const token = /^(NAME|REGION|ACCOUNT|ROLE|ARN)(?![A-Za-z0-9_])/.exec(command.slice(at));
      if (token && values[token[1]] && !/[A-Za-z0-9_]/.test(command[at - 1] || " ")) {
        out += quoted(values[token[1]], mode);
        at += token[1].length;
        continue;
      }
      const c = command[at];
      if (mode === "") { if (c === "'" || c === '"') mode = c; }
      else if (c === mode) mode = "";
      out += c;
      at += 1;
    }
    return out;
  }
  function valuesOf(s) {
    if (s === null) return {};
    const given = { REGION: regionOf(s) === "global" ? "" : regionOf(s), ACCOUNT: accountOf(s) };
    if (isFunction(s)) Object.assign(given, { NAME: W[F.name[s]], ARN: W[F.arn[s]], ROLE: W[F.role[s]] });
    return given;
  }
  const wrapped = (command) => (command.length < 88 ? command : command.replace(/ (--[a-z])/g, " \\\n  $1"));

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
  function codeBlock(caption, text, { marked = [], diff = false, copies = true } = {}) {
    const lines = text.split("\n");
    const pre = el("pre", { tabindex: "0", role: "group", "aria-label": caption });
    lines.forEach((line, n) => {
      const sign = diff ? line.slice(0, 2) : "";
      const tag = sign === "+ " || line === "+" ? (diff ? "ins" : "") : sign === "- " || line === "-" ? (diff ? "del" : "") : marked.includes(n) ? "mark" : "";
      pre.append(tag ? el(tag, {}, line || " ") : line);
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
        if (withCommands) nodes.push(codeBlock("AWS CLI", wrapped(filled(oneLine(bare.slice(1, -1)), values))));
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
    const commands = own ? own.map((w) => codeBlock("AWS CLI", wrapped(filled(oneLine(W[w]), values)))) : [];
    return [
      section("Why it matters", el("div", { class: "prose" }, prose(check.why, values, true))),
      section("How to fix", el("div", { class: "prose" }, prose(check.fix, values, !own)), commands),
      check.references.length > 0 && section("References", el("ul", {}, check.references.map((url) => el("li", { class: "small anywhere" }, /^https:\/\//.test(url) ? el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, url) : url)))),
    ];
  }

  function evidence(r) {
    const nodes = [];
    const details = about(r, "details");
    if (details) {
      const [total, shown] = details;
      nodes.push(section("Details", el("ul", { class: "details-list" }, shown.map(([subject, text, at]) => el("li", {}, el("span", { class: "anywhere" }, W[subject], W[at] && el("span", { class: "small quiet" }, ` ${W[at]}`)), el("span", { class: "soft anywhere" }, W[text])))),
        total > shown.length && el("p", { class: "small" }, `${whole(total - shown.length)} more in report.json`)));
    }
    const blocks = about(r, "evidence");
    if (blocks) nodes.push(section("Evidence", blocks.map(([caption, text, marked, diff]) => codeBlock(W[caption], W[text], { marked, diff: diff === 1, copies: diff === 1 }))));
    const reason = about(r, "reason");
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

  function opened(r) {
    const check = checks[R.check[r]];
    const query = about(r, "query");
    const usd = about(r, "usd");
    const confidence = about(r, "confidence");
    return el("div", { class: "opened" },
      evidence(r),
      guidance(check, R.subject[r], about(r, "commands")),
      query !== undefined && section("Query for CloudWatch Logs Insights", codeBlock("Logs Insights", W[query])),
      el("p", { class: "after" }, el("a", { href: checkLink(R.check[r]) }, el("code", {}, check.id)), el("span", {}, data.items[check.item].title),
        el("span", {}, `Confidence ${confidence === undefined ? check.confidence : W[confidence]}`), check.effort && el("span", {}, check.effort),
        usd !== undefined && el("span", {}, `${money(usd)} a month`), check.controls.slice(0, 8).map((control) => el("span", {}, control)), check.controls.length > 8 && el("span", {}, `and ${check.controls.length - 8} more controls`)));
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
      el("div", { class: "words" }, el("h3", {}, check.title, status === WARN && el("span", { class: "chip" }, icon("warn"), "Warn"), muted && el("span", { class: "chip" }, icon("mute"), W[muted[1]] === "false_positive" ? "False positive" : "Accepted risk")), el("p", { class: "anywhere" }, messageOf(r))),
      el("span", { class: "cost" }, status === UNKNOWN ? (loss ? `up to ${points(loss, "+")}` : "") : points(loss, MINUS)),
    ], () => opened(r));
    box.dataset.check = check.id;
    return box;
  }

  /* ---- Virtual rows: only what the window shows exists ---- */
  const LIMIT = 15e6;
  let live = null;

  function rowsOf({ box, draw, count, kind }) {
    const shown = new Map();
    let height = 48;
    const measure = () => {
      const probe = el("div", { class: `grid-row ${kind}`, "aria-hidden": "true" });
      box.append(probe);
      height = probe.getBoundingClientRect().height || 48;
      probe.remove();
      box.style.height = `${Math.min(count, Math.floor(LIMIT / height)) * height}px`;
    };
    const paint = () => {
      const top = box.getBoundingClientRect().top;
      const last = Math.min(count, Math.floor(LIMIT / height), Math.ceil((innerHeight - top) / height) + 4);
      const first = Math.max(0, Math.floor(-top / height) - 4);
      for (const [n, row] of shown) if (n < first || n >= last) { if (row.contains(document.activeElement)) continue; row.remove(); shown.delete(n); }
      for (let n = first; n < last; n += 1) {
        if (shown.has(n)) continue;
        const row = draw(n);
        row.setAttribute("role", "row");
        row.setAttribute("aria-rowindex", n + 2);
        row.className = `grid-row ${kind}`;
        row.style.transform = `translateY(${n * height}px)`;
        shown.set(n, row);
        const next = shown.get(n + 1);
        if (next) box.insertBefore(row, next); else box.append(row);
      }
    };
    const focus = (n) => {
      const to = Math.max(0, Math.min(count - 1, n));
      const top = box.getBoundingClientRect().top + to * height;
      if (top < 140) scrollBy(0, top - 140);
      else if (top + height > innerHeight - 16) scrollBy(0, top + height - innerHeight + 16);
      paint();
      const link = shown.get(to) && shown.get(to).querySelector("a");
      if (link) link.focus({ preventScroll: true });
    };
    box.addEventListener("keydown", (event) => {
      const row = event.target.closest(".grid-row");
      if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
      const at = Number(row.getAttribute("aria-rowindex")) - 2;
      const page = Math.max(1, Math.floor((innerHeight - 200) / height));
      const to = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: count - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      focus(to);
    });
    box.addEventListener("click", (event) => {
      if (event.target.closest("a, button, summary") || String(getSelection())) return;
      const row = event.target.closest(".grid-row");
      const link = row && row.querySelector("a");
      if (link) link.click();
    });
    measure();
    paint();
    live = { paint, resize: () => { shown.forEach((row) => row.remove()); shown.clear(); measure(); paint(); }, focus, most: () => Math.floor(LIMIT / height) };
    return live;
  }
  addEventListener("scroll", () => { if (live) live.paint(); }, { passive: true });
  addEventListener("resize", () => { if (live) live.resize(); });

  /* ---- Explorer: facets, search, sort, rows, all of it in the address ---- */
  const has = (facet, flags, n) => (facet.each ? facet.each(n).some((value) => flags[value]) : flags[facet.of(n)] === 1);
  const count = (facet, tally, n) => { if (facet.each) for (const value of facet.each(n)) tally[value] += 1; else tally[facet.of(n)] += 1; };
  const chosen = (value) => new Set(value ? value.split(",") : []);

  function explorer(spec, state) {
    const facets = spec.facets.filter((facet) => facet.values.length > 1 || facet.always);
    const widened = new Set();
    const params = new URLSearchParams(state);
    let lines = [], table = null;

    const selection = (facet) => chosen(params.get(facet.id) === null ? facet.preset || "" : params.get(facet.id) === "any" ? "" : params.get(facet.id));
    const write = () => {
      const text = params.toString().replaceAll("%2C", ",");
      history.replaceState(null, "", `#${spec.id}${text ? `?${text}` : ""}`);
    };

    function compute() {
      const query = (params.get("q") || "").trim().toLowerCase();
      const matches = query ? spec.search(query.split(/\s+/)) : null;
      const flags = facets.map((facet) => {
        const picked = selection(facet);
        if (!picked.size) return null;
        return Uint8Array.from(facet.values, (value) => (picked.has(value.key) ? 1 : 0));
      });
      const tallies = facets.map((facet) => new Int32Array(facet.values.length));
      const width = facets.length, found = [];
      for (let n = 0; n < spec.size; n += 1) {
        if (matches && !matches(n)) continue;
        let misses = 0, missed = 0;
        for (let k = 0; k < width && misses < 2; k += 1) if (flags[k] && !has(facets[k], flags[k], n)) { misses += 1; missed = k; }
        if (misses === 0) { found.push(n); for (let k = 0; k < width; k += 1) count(facets[k], tallies[k], n); }
        else if (misses === 1) count(facets[missed], tallies[missed], n);
      }
      return { found, tallies };
    }

    const side = el("div", {});
    const panel = el("details", { class: "facets" }, el("summary", {}, icon("filter"), "Filters", icon("chevron")), side);
    panel.querySelector("summary > .i:last-child").classList.add("turn");
    panel.open = matchMedia("(min-width: 961px)").matches;

    function drawFacets(tallies) {
      const focused = document.activeElement && side.contains(document.activeElement) ? document.activeElement.id : "";
      const any = facets.some((facet) => params.get(facet.id) !== null) || params.get("q");
      side.replaceChildren(...[any ? el("button", { class: "button low-rise clear", type: "button", onclick: () => { facets.forEach((facet) => params.delete(facet.id)); params.delete("q"); input.value = ""; update(); } }, "Clear filters") : null,
        ...facets.map((facet, k) => {
          const picked = selection(facet);
          const order = facet.values.map((_, n) => n);
          if (facet.byCount) order.sort((a, b) => tallies[k][b] - tallies[k][a] || (facet.values[a].text < facet.values[b].text ? -1 : 1));
          const visible = widened.has(facet.id) ? order.slice(0, 150) : order.filter((n, at) => at < (facet.few || 12) || picked.has(facet.values[n].key));
          const rest = facet.values.length - visible.length;
          return el("fieldset", {}, el("legend", {}, facet.title), visible.map((n) => {
            const value = facet.values[n];
            const id = `f-${facet.id}-${n}`;
            const box = el("input", { type: "checkbox", id, onchange: () => {
              if (box.checked) picked.add(value.key); else picked.delete(value.key);
              const text = [...picked].join(",");
              if (text === (facet.preset || "")) params.delete(facet.id);
              else params.set(facet.id, text || "any");
              if (!text && !facet.preset) params.delete(facet.id);
              update();
            } });
            box.checked = picked.has(value.key);
            return el("label", {}, box, value.icon ? el("span", {}, word(value.icon, value.text)) : el("span", { class: "anywhere" }, value.text), el("span", {}, whole(tallies[k][n])));
          }), rest > 0 && !widened.has(facet.id) && el("button", { class: "more", type: "button", onclick: () => { widened.add(facet.id); update(); } }, `${whole(rest)} more`));
        })].filter(Boolean));
      if (focused && $(focused)) $(focused).focus();
    }

    const input = el("input", { type: "search", "aria-label": spec.searchLabel, placeholder: spec.searchLabel, id: "search", autocomplete: "off", spellcheck: "false" });
    input.value = params.get("q") || "";
    let timer = 0;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => { if (input.value) params.set("q", input.value); else params.delete("q"); update(); }, 120);
    });
    input.addEventListener("keydown", (event) => { if (event.key === "ArrowDown" && table) { event.preventDefault(); table.focus(Math.max(0, Math.ceil(-box.getBoundingClientRect().top / 48))); } });
    const status = el("p", { class: "count", role: "status" });
    const heads = el("div", { class: `grid-head ${spec.kind}`, role: "row", "aria-rowindex": "1" });
    const box = el("div", { class: "rows-box", role: "rowgroup" });
    const empty = el("p", { class: "nothing", hidden: true }, spec.empty);
    const grid = el("div", { role: "table", "aria-label": spec.title }, el("div", { role: "rowgroup" }, heads), box);

    const sorting = () => {
      const key = params.get("sort") || spec.sort[0];
      const column = spec.columns.find((one) => one.key === key && one.by) || spec.columns.find((one) => one.key === spec.sort[0]);
      return { column, down: (params.get("dir") || (column.key === spec.sort[0] ? spec.sort[1] : column.first || "desc")) === "desc" };
    };
    function drawHeads() {
      const { column, down } = sorting();
      heads.replaceChildren(...spec.columns.map((one) => {
        const attributes = { role: "columnheader", class: `${one.right ? "right" : ""} ${one.less ? "less" : ""}` };
        if (!one.by) return el("span", attributes, one.title);
        attributes["aria-sort"] = one === column ? (down ? "descending" : "ascending") : "none";
        return el("span", attributes, el("button", { type: "button", onclick: () => {
          const next = one === column ? (down ? "asc" : "desc") : one.first || "desc";
          params.set("sort", one.key);
          params.set("dir", next);
          if (one.key === spec.sort[0] && next === spec.sort[1]) { params.delete("sort"); params.delete("dir"); }
          const place = spec.columns.indexOf(one);
          update();
          heads.children[place].querySelector("button").focus();
        } }, one.title, icon("sort")));
      }));
    }

    function update(first) {
      const { found, tallies } = compute();
      lines = spec.lines ? spec.lines(found, params) : found;
      const { column, down } = sorting();
      const key = column.by;
      const keyed = lines.map((line) => key(line));
      const order = lines.map((_, n) => n);
      const turn = down ? -1 : 1;
      order.sort((a, b) => {
        const x = keyed[a], y = keyed[b];
        if (x === y) return a - b;
        if (x === null || x === undefined) return 1;
        if (y === null || y === undefined) return -1;
        return x < y ? -turn : turn;
      });
      lines = order.map((n) => lines[n]);
      drawFacets(tallies);
      drawHeads();
      status.replaceChildren(...spec.counts(found, lines).flat());
      grid.setAttribute("aria-rowcount", lines.length + 1);
      empty.hidden = lines.length > 0;
      grid.hidden = lines.length === 0;
      box.replaceChildren();
      if (!first) write();
      table = lines.length ? start() : null;
      if (!lines.length) live = null;
      current.found = () => found;
    }
    function start() {
      const made = rowsOf({ box, kind: spec.kind, count: lines.length, draw: (n) => spec.row(lines[n]) });
      if (lines.length > made.most()) status.append(`; the first ${whole(made.most())} are shown`);
      return made;
    }

    const card = el("div", { class: "card" }, el("div", { class: "reach" }, el("div", { class: "search" }, icon("search"), input), spec.aside && spec.aside(params, () => update()), status), grid, empty);
    return { node: el("div", { class: "explorer" }, panel, card), begin: () => update(true) };
  }

  const cell = (kind, tag, ...children) => el("div", { class: kind, role: "cell" }, tag && el("span", { class: "tag" }, tag), ...children);
  const textFacet = (id, title, texts, size, names) => {
    const index = new Map();
    const of = new Int32Array(size);
    for (let n = 0; n < size; n += 1) {
      const text = texts(n);
      if (!index.has(text)) index.set(text, index.size);
      of[n] = index.get(text);
    }
    return { id, title, byCount: true, values: [...index.keys()].map((key) => ({ key: key || "none", text: names ? names(key) : key || "none" })), of: (n) => of[n] };
  };

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
    return { id: "tag", title: "Tag", byCount: true, few: 6, values: common.map((tag) => ({ key: W[tag], text: W[tag] })), each: (f) => F.tags[f].map((tag) => at.get(tag)).filter((n) => n !== undefined) };
  }

  const functionFacets = () => {
    const grades = ["A", "B", "C", "D", "F", "-"];
    const gradeAt = Int8Array.from(F.grade, (w) => grades.indexOf(W[w][0]));
    return [
      { id: "grade", title: "Grade", always: true, values: grades.filter((g) => g !== "-" || gradeAt.includes(5)).map((key) => ({ key, text: key === "-" ? "No grade" : key })), of: (f) => gradeAt[f] },
      { id: "worst", title: "Worst finding", values: [...SEVERITY.slice(0, 4).map((text, n) => ({ key: data.severities[n], text, icon: data.severities[n] })), { key: "none", text: "None open", icon: "pass" }], of: (f) => (F.worst[f] < 0 || F.worst[f] > 3 ? 4 : F.worst[f]) },
      textFacet("region", "Region", (f) => W[F.region[f]], F.count),
      textFacet("account", "Account", (f) => W[F.account[f]], F.count, accountName),
      textFacet("owner", "Owner", (f) => W[F.owner[f]], F.count, (key) => key || "No owner tag"),
      { id: "runtime", title: "Runtime", values: STATES, of: stateOf },
      tagFacet(),
    ];
  };

  const ratio = (f) => (F.p99[f] === null ? null : F.p99[f] / 1000 / F.timeout[f]);
  const dash = (f) => (W[F.unseen[f]] ? el("span", { class: "quiet" }, "not seen") : el("span", { class: "quiet" }, "no runs"));

  function functionRow(f) {
    const seen = !W[F.unseen[f]];
    const used = F.used[f], p99 = F.p99[f];
    const [tone, text] = support(f);
    const where = [W[F.region[f]], W[F.triggers[f][0]] || ""].filter(Boolean).join(", ");
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
      cell("less", "Owner", W[F.owner[f]] ? clip(W[F.owner[f]]) : chip("soon", "none")),
      several() && cell("less two-lines", "Account", clip(data.meta.aliases[W[F.account[f]]] || W[F.account[f]]), data.meta.aliases[W[F.account[f]]] && clip(W[F.account[f]], "small quiet")));
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
    ...(several() ? [{ key: "account", title: "Account", by: (f) => W[F.account[f]], first: "asc", less: true }] : []),
  ];

  function functionsPage(state) {
    const window = F.count ? F.window.find((pair) => W[pair[1]]) : null;
    const made = explorer({
      id: "functions", title: "Functions", kind: `of-functions${several() ? " many" : ""}`, size: F.count, facets: functionFacets(), searchLabel: "Name, owner, tag or finding",
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
    const place = (facet) => ({ ...facet, of: (r) => facet.of(of(r)) });
    return [
      place(textFacet("region", "Region", regionOf, subjects)),
      place(textFacet("account", "Account", accountOf, subjects, accountName)),
      place(textFacet("owner", "Owner", ownerOf, subjects, (key) => key || "No owner")),
      place(textFacet("runtime", "Runtime", (s) => (isFunction(s) ? W[F.runtime[s]] || "container image" : ""), subjects, (key) => key || "None")),
    ];
  }

  function findingFacets() {
    const own = data.results.severity;
    return [
      statusFacet("F,W", (r) => R.status[r]),
      { id: "severity", title: "Severity", always: true, values: SEVERITY.map((text, n) => ({ key: data.severities[n], text, icon: data.severities[n] })), of: (r) => { const w = R.word[r]; const s = w < 0 ? undefined : own[w]; return s === undefined ? checks[R.check[r]].severity : s; } },
      { id: "item", title: "Checklist item", always: true, values: data.items.map((item) => ({ key: item.id, text: item.title })), of: (r) => checks[R.check[r]].item },
      { id: "exception", title: "Exception", values: [{ key: "no", text: "None" }, { key: "yes", text: "Excepted" }], of: (r) => R.muted[r] },
      ...subjectFacets((r) => R.subject[r]),
    ];
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
      cell("less", "", parts(line.counts)),
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
      cell("less", "", el("a", { class: "clip", href: checkLink(c), title: checks[c].title }, checks[c].title)),
      cell("two-lines", "", el("span", { class: "clip soft", title: messageOf(r) }, messageOf(r) || "see report.json for the numbers")),
      cell("right nowrap", "", cost(R.status[r] === UNKNOWN ? 0 : loss, R.status[r] === UNKNOWN ? loss : 0)));
  }

  function findingsPage(state) {
    const grouped = new URLSearchParams(state).get("by") !== "result";
    const shared = {
      id: "findings", title: "Findings", size: R.size, facets: findingFacets(), searchLabel: "Check, function or message", search: resultSearch,
      aside: (params) => el("div", { class: "switch", role: "group", "aria-label": "Show" }, [["check", "By check"], ["result", "Each result"]].map(([key, text]) => el("button", { type: "button", "aria-pressed": String((key === "check") === grouped), onclick: () => { if (key === "check") params.delete("by"); else params.set("by", key); params.delete("sort"); params.delete("dir"); location.hash = `findings${params.size ? `?${params.toString().replaceAll("%2C", ",")}` : ""}`; } }, text))),
      empty: R.size ? "No result matches these filters." : "There is no result: nothing was judged.",
    };
    const made = explorer(grouped ? {
      ...shared, kind: "of-checks", lines: groups, row: groupRow, sort: ["severity", "asc"],
      counts: (found, lines) => [el("b", {}, whole(found.length)), ` of ${counted(R.size, "result")}, ${counted(lines.length, "check")}`],
      columns: [
        { key: "severity", title: "Severity", by: (line) => line.severity * 1e6 - line.points * 1000, first: "asc" },
        { key: "check", title: "Check", by: (line) => checks[line.check].title, first: "asc" },
        { key: "item", title: "Checklist item", by: (line) => checks[line.check].item, first: "asc", less: true },
        { key: "parts", title: "Shown results", less: true },
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
      id: `check-${encodeURIComponent(id)}`, title: check.title, kind: "of-subjects", size: mine.length, searchLabel: "Function, owner or message",
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
          cell("", "", el("span", { class: "clip soft", title: messageOf(r) }, messageOf(r) || "see report.json for the numbers")),
          cell("", "", clip(ownerOf(s), "soft")),
          cell("right nowrap", "", cost(R.status[r] === UNKNOWN ? 0 : loss, R.status[r] === UNKNOWN ? loss : 0)));
      },
      counts: (found) => [el("b", {}, whole(found.length)), ` of ${counted(mine.length, "result")}`],
      empty: mine.length ? "No result matches these filters." : "Nothing in this scan is judged by this check.",
    }, state);
    current.csv = () => resultsCsv(current.found().map((n) => mine[n]));
    const others = mine.filter((r) => !isFunction(R.subject[r]) && R.status[r] <= UNKNOWN).slice(0, 20);
    return [
      el("p", { class: "path-up" }, el("a", { href: "#findings" }, "Findings"), icon("chevron"), el("a", { href: `#findings?item=${data.items[check.item].id}` }, data.items[check.item].title)),
      el("div", { class: "heading" }, el("div", {}, el("h1", {}, check.title), el("p", {}, word(data.severities[check.severity], SEVERITY[check.severity]), ` , confidence ${check.confidence}. `.replace(" ,", ","), el("code", {}, check.id)))),
      el("div", { class: "pile" },
        el("div", { class: "grid beside" },
          el("div", { class: "card" }, el("header", {}, el("h2", {}, "About this check")), el("div", { class: "opened flush" }, guidance(check, null, null, "h3"))),
          el("div", { class: "card" }, el("header", {}, el("h2", {}, "Results")), el("div", { class: "inside" }, parts(counts), el("dl", { class: "pairs spaced" }, STATUS.filter((_, n) => counts[n]).flatMap((status, _n) => [el("dt", {}, word(status.icon, status.name)), el("dd", {}, whole(counts[STATUS.indexOf(status)]))]),
            el("dt", {}, "Points"), el("dd", {}, points(check.points, MINUS)), check.effort && [el("dt", {}, "Effort"), el("dd", {}, check.effort)], check.controls.length > 0 && [el("dt", {}, "Controls"), el("dd", { class: "anywhere" }, check.controls.join(", "))])))),
        others.length > 0 && el("div", { class: "card" }, el("header", {}, el("h2", {}, "Accounts and regions")), others.map((r) => findingLine(r))),
        made.node),
      made.begin,
    ];
  }

  /* ---- One function ---- */
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
    const ends = [-99, -99];
    const labels = marks.filter(([name]) => name !== "longest").map(([name, ms]) => {
      const x = at(ms), span = 15;
      const anchor = x < 12 ? "" : x > 88 ? "end" : "middle";
      const left = anchor === "" ? x : anchor === "end" ? x - span : x - span / 2;
      const row = left > ends[0] ? 0 : 1;
      ends[row] = left + span;
      return [svg("line", { class: "notch", x1: `${x}%`, x2: `${x}%`, y1: row ? 18 : 34, y2: 54 }), svg("text", { class: anchor, x: `${x}%`, y: row ? 12 : 28 }, `${name} `, svg("tspan", { class: "strong" }, seconds(ms)))];
    });
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

  function measures(f) {
    if (W[F.unseen[f]]) return null;
    const days = F.window[f].every((w) => W[w]) ? Math.round((Date.parse(W[F.window[f][1]]) - Date.parse(W[F.window[f][0]])) / 864e5) : 0;
    const runs = F.runs[f] || 0;
    const entry = (name, value, under) => el("div", {}, el("dt", {}, name), el("dd", {}, value === null ? el("span", { class: "quiet" }, runs ? "not seen" : "no runs") : value), under && el("dd", {}, under));
    return el("dl", { class: "measures" },
      entry("Runs", whole(runs), days ? `in ${days} days` : ""),
      entry("Errors", F.errors[f] === null ? null : runs ? `${((100 * F.errors[f]) / runs).toFixed(2)} %` : "0", F.errors[f] === null ? "" : counted(F.errors[f], "run")),
      entry("Peak memory", F.used[f] === null ? null : `${whole(Math.round(F.used[f]))} of ${whole(F.memory[f])} MB`, F.used[f] === null ? "" : `${Math.round((100 * F.used[f]) / F.memory[f])} % used`),
      entry("Cold starts", F.cold[f] === null ? null : `${(100 * F.cold[f]).toFixed(1)} %`, F.init[f] === null ? "" : `init p99 ${seconds(F.init[f])}`),
      entry("Peak concurrency", F.peak[f] === null ? null : whole(F.peak[f]), "runs at once"),
      entry("Throttles", F.throttles[f] === null ? null : whole(F.throttles[f]), F.usd[f] === null ? "" : `${money(F.usd[f])} a month`));
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

  function itemBars(f) {
    const counts = data.items.map(() => [0, 0, 0, 0, 0, 0]);
    for (let r = R.start[f]; r < R.start[f + 1]; r += 1) counts[checks[R.check[r]].item][R.status[r]] += 1;
    const lost = new Map(F.items[f].map(([item, gone, unseen, note]) => [item, [gone + unseen, W[note]]]));
    return el("ul", { class: "item-bars" }, data.items.map((item, n) => {
      const [gone, note] = lost.get(n) || [0, ""];
      return { gone, node: el("li", {}, el("span", {}, item.title), counts[n].some((count, status) => count && status !== MANUAL && status !== OTHER) ? parts(counts[n]) : el("span", { class: "small quiet nowrap" }, counts[n][MANUAL] ? "manual" : counts[n][OTHER] ? "n/a" : note || "none"), el("span", { class: `right nowrap ${gone ? "" : "quiet"}` }, points(gone, MINUS))) };
    }).sort((a, b) => b.gone - a.gone).map((line) => line.node));
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
      const reason = about(r, "reason");
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
        el("div", { class: "words" }, el("h3", {}, operation ? `${group.length} checks wait for ${operation}` : `${group.length} checks could not be judged: ${code.replaceAll("_", " ").toLowerCase()}`), el("p", { class: "anywhere" }, W[about(group[0], "reason")[3]] || messageOf(group[0]))),
        el("span", { class: "cost" }, total ? `up to ${points(total, "+")}` : ""),
      ], () => el("div", { class: "opened" }, section("Checks", el("ul", { class: "details-list" }, group.map((r) => el("li", {}, el("a", { href: checkLink(R.check[r]) }, checks[R.check[r]].title), el("span", { class: "soft anywhere" }, messageOf(r))))))));
      box.dataset.checks = group.map((r) => checks[R.check[r]].id).join(" ");
      return [box];
    });
  }

  function functionPage(id, state) {
    const f = byAddress.get(id);
    if (f === undefined) return [heading("Unknown function", `This report has no function ${id}.`)];
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
    const days = W[F.window[f][1]];
    current.csv = () => resultsCsv(Array.from({ length: R.start[f + 1] - R.start[f] }, (_, n) => R.start[f] + n));
    return [
      el("p", { class: "path-up" }, el("a", { href: "#functions" }, "Functions"), icon("chevron"), several() && [el("a", { href: `#functions?account=${encodeURIComponent(W[F.account[f]])}` }, accountName(W[F.account[f]])), icon("chevron")], el("a", { href: `#functions?region=${encodeURIComponent(W[F.region[f]])}` }, W[F.region[f]])),
      el("div", { class: "heading" }, letter(W[F.grade[f]], "large"), el("div", {}, el("h1", { class: "anywhere" }, name), el("p", { class: "anywhere" }, [W[F.description[f]], W[F.owner[f]] ? `owner ${W[F.owner[f]]}` : "no owner tag"].filter(Boolean).join(" · ")))),
      el("div", { class: "bits" }, F.chips[f].map(([label, value, remark, flagged]) => {
        const bits = [el("small", {}, W[label]), el("b", {}, W[value]), W[remark] && el("small", {}, W[remark])];
        return W[flagged] ? el("a", { class: "bit flagged", href: functionLink(f, W[flagged]) }, bits) : el("span", { class: "bit" }, bits);
      })),
      el("div", { class: "grid beside" },
        el("div", { class: "pile" },
          el("div", { class: "card" }, el("header", {}, el("h2", {}, "Duration against the timeout"), el("p", {}, days ? `to ${day(days)}` : "")), el("div", { class: "inside" }, clock(f), measures(f))),
          findings),
        el("div", { class: "pile" },
          el("div", { class: "card" }, el("div", { class: "inside" }, el("div", { class: "rail-dial" }, dial(f)), el("p", { class: "small quiet centre" }, `coverage ${F.coverage[f]} %`), ceiling(f), itemBars(f))),
          el("div", { class: "card" }, el("header", {}, el("h2", {}, "Connections")), el("div", { class: "inside" },
            el("dl", { class: "pairs" }, F.links[f].flatMap(([label, ...values]) => [el("dt", {}, W[label]), el("dd", { class: "anywhere" }, values.map((w) => W[w]).join(", "))]), F.tags[f].length > 0 && [el("dt", {}, "Tags"), el("dd", { class: "anywhere" }, F.tags[f].map((w) => W[w]).join(", "))]),
            el("p", { class: "mono arn anywhere" }, W[F.arn[f]]))))),
      target && wanted ? () => { target.scrollIntoView({ block: "center" }); target.querySelector("summary").focus({ preventScroll: true }); } : null,
    ];
  }

  /* ---- Controls ---- */
  const CONTROL = { PASS: ["pass", "Pass"], PARTIAL: ["partial", "Partial"], FAIL: ["fail", "Fail"], UNKNOWN: ["unknown", "Unknown"], MANUAL: ["manual", "Manual"], NOT_APPLICABLE: ["none", "Not applicable"], NOT_ASSESSED: ["none", "Not assessed"] };
  const CONTROL_ORDER = ["FAIL", "UNKNOWN", "PARTIAL", "MANUAL", "PASS", "NOT_APPLICABLE", "NOT_ASSESSED"];

  function controlsPage(state) {
    const params = new URLSearchParams(state);
    const all = data.frameworks;
    if (!all.length) return [heading("Controls", "No framework was assessed.")];
    const framework = all.find((one) => one.id === params.get("framework")) || all[0];
    const tally = (one, statuses) => one.controls.filter((control) => statuses.includes(control[2])).length;
    const kinds = [["PASS"], ["PARTIAL"], ["FAIL"], ["UNKNOWN"], ["MANUAL", "NOT_APPLICABLE", "NOT_ASSESSED"]];
    const table = el("table", { class: "sheet wide" },
      el("thead", {}, el("tr", {}, ["Framework", "", "Pass", "Partial", "Fail", "Unknown", "Not assessed"].map((title, n) => el("th", { scope: "col", class: n > 1 ? "right" : "" }, title || el("span", { class: "unseen-text" }, "Share"))))),
      el("tbody", {}, all.map((one) => {
        const n = kinds.map((statuses) => tally(one, statuses));
        return el("tr", { class: one === framework ? "chosen" : "" }, el("td", {}, el("a", { href: `#controls?framework=${encodeURIComponent(one.id)}`, "aria-current": one === framework ? "true" : null }, one.name), el("br", {}), el("span", { class: "small quiet" }, one.version)),
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
          el("div", { role: "rowheader" }, el("b", { class: "clip", title: id }, id)), cell("", "", word(shape, text)), cell("two-lines", "", clip(title), ids.length > 0 && el("span", { class: "clip small" }, ids.slice(0, 3).map((check, k) => [k > 0 && ", ", byCheck.has(check) ? el("a", { href: `#check-${encodeURIComponent(check)}` }, check) : check]), ids.length > 3 && ` and ${ids.length - 3} more`)),
          cell("right less", "", ids.length), cell("less", "", ids.length ? (coverage === "full" ? "whole" : "in part") : "no"),
          cell("right", "", judged ? `${whole(failed)} of ${whole(judged)}` : el("span", { class: "quiet" }, "none")), cell("less", "", clip(note || (unseen ? `${whole(unseen)} not seen` : ""), "soft")));
      },
      counts: (found) => [el("b", {}, whole(found.length)), ` of ${counted(controls.length, "control")}`],
      empty: "No control matches these filters.",
    }, state);
    current.csv = () => [["framework", "control", "title", "status", "coverage", "checks", "failed", "unknown", "passed", "note"], ...current.found().map((n) => [framework.id, ...controls[n].slice(0, 4), controls[n][4].join(" "), ...controls[n].slice(5)])];
    return [heading("Controls", "A control passes only when every check behind it passed, nothing is unknown, and the checks cover the whole control. Anything less says so."),
      el("div", { class: "pile" }, el("div", { class: "card" }, el("header", {}, el("h2", {}, "Frameworks")), el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Frameworks" }, table)),
        el("h2", {}, framework.name, framework.source && /^https:\/\//.test(framework.source) && [" ", el("a", { class: "small", href: framework.source, rel: "noopener noreferrer", target: "_blank" }, "source")]), made.node), made.begin];
  }

  /* ---- Changes since the run before ---- */
  const KINDS = { fixed: ["pass", "Fixed"], new: ["fail", "New"], "visibility-lost": ["unknown", "Visibility lost"], "visibility-gained": ["pass", "Seen again"], "check-changed": ["none", "Check changed"] };
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
        return el("div", {}, cell("", "", word(...label(row))), cell("two-lines", "", byCheck.has(W[row[1]]) ? el("a", { class: "name clip", href: `#check-${encodeURIComponent(W[row[1]])}` }, titleOf(row)) : clip(titleOf(row)), el("code", { class: "clip quiet" }, W[row[1]])),
          el("div", { role: "rowheader" }, f === undefined ? clip(nameFor(row)) : el("a", { class: "clip", href: functionLink(f, W[row[1]]) }, nameFor(row))), cell("soft", "", clip(`${W[row[3]] || "absent"} → ${W[row[4]] || "absent"}`)));
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
      const s = R.subject[r], check = checks[R.check[r]], reason = about(r, "reason");
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

  /* ---- Views: one at a time; the others wait outside the document, so that it stays small ---- */
  const place = document.querySelector("main > .width");
  const app = $("app");
  const sheets = [...place.querySelectorAll(":scope > .view")].filter((sheet) => sheet !== app);
  const end = document.createComment("end of views");
  place.append(end);
  const dialModel = document.querySelector("#v-overview .dial").cloneNode(true);
  const tabs = [...document.querySelectorAll(".sections a")];
  const scrolls = new Map();
  const current = { id: "", hash: "", csv: null, found: () => [] };
  let clicked = true;
  let ready = null;

  const PAGES = { functions: functionsPage, findings: findingsPage, controls: controlsPage, changes: changesPage };

  function route() {
    const [path, state = ""] = location.hash.slice(1).split(/\?(.*)/s);
    let id = path;
    try { id = decodeURIComponent(path); } catch { id = path; }
    if (PAGES[id]) return { id, tab: id, make: () => PAGES[id](state) };
    if (id.startsWith("fn-")) return { id, tab: "functions", make: () => functionPage(id.slice(3), state) };
    if (id.startsWith("check-")) return { id, tab: "findings", make: () => checkPage(id.slice(6), state) };
    const sheet = sheets.find((one) => one.id === `v-${id}` && !one.classList.contains("paper"));
    return { id: sheet ? id : "overview", tab: sheet ? id : "overview", sheet: sheet || sheets[0] };
  }

  async function show(first) {
    const target = route();
    live = null;
    Object.assign(current, { id: target.id, hash: location.hash, csv: null });
    sheets.forEach((sheet) => { if (sheet !== target.sheet) sheet.remove(); });
    tabs.forEach((tab) => {
      if (tab.hash === `#${target.tab}`) { tab.setAttribute("aria-current", "page"); tab.closest("ul").scrollLeft = tab.offsetLeft - 48; } else tab.removeAttribute("aria-current");
    });
    let begin = null;
    if (target.sheet) {
      app.remove();
      place.insertBefore(target.sheet, end);
    } else {
      app.hidden = false;
      app.replaceChildren(el("p", { class: "soft", role: "status" }, "Unpacking …"));
      place.insertBefore(app, end);
      try { await ready; } catch { app.replaceChildren(); return; }
      if (current.hash !== location.hash) return;
      const parts = target.make();
      begin = parts.filter((part) => typeof part === "function")[0];
      app.replaceChildren(...parts.filter((part) => part && typeof part !== "function").flat());
      if (begin && target.id.startsWith("fn-")) { /* runs after scrolling */ } else if (begin) { begin(); begin = null; }
    }
    scrollTo(0, clicked ? 0 : scrolls.get(location.hash) || 0);
    if (live) live.paint();
    clicked = false;
    if (!first) $("content").focus({ preventScroll: true });
    if (begin) begin();
  }

  function print(all) {
    if (all) { sheets.forEach((sheet) => place.insertBefore(sheet, end)); app.remove(); } else show(true);
  }

  function start() {
    root.classList.add("js");
    let chosenTheme = null;
    try { chosenTheme = localStorage.getItem("theme"); } catch { chosenTheme = null; }
    if (chosenTheme === "light" || chosenTheme === "dark") root.dataset.theme = chosenTheme;
    $("theme").addEventListener("click", () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* private windows keep nothing */ }
    });
    $("save").addEventListener("click", () => ready.then(save, () => {}));
    document.querySelectorAll("[data-copies]").forEach((button) => button.addEventListener("click", () => copy(document.getElementById(button.dataset.copies).textContent, button, null)));
    document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); $("content").focus(); });
    document.addEventListener("click", (event) => { const link = event.target.closest && event.target.closest("a[href^='#']"); if (link) { clicked = true; scrolls.set(location.hash, scrollY); } }, true);
    addEventListener("scroll", () => { if (location.hash === current.hash) scrolls.set(location.hash, scrollY); }, { passive: true });
    addEventListener("keydown", (event) => {
      if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName) && $("search")) { event.preventDefault(); $("search").focus(); }
    });
    history.scrollRestoration = "manual";
    addEventListener("hashchange", () => show(false));
    addEventListener("beforeprint", () => print(true));
    addEventListener("afterprint", () => print(false));
    ready = new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); }).then(load).then(prepare);
    ready.catch((error) => {
      const box = $("trouble");
      box.textContent = error.message;
      box.hidden = false;
    });
    show(true);
    root.dataset.ready = "frame";
    ready.then(() => { root.dataset.ready = "data"; }, () => { root.dataset.ready = "failed"; });
  }
  start();
})();
