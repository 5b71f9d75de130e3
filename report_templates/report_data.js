/* What the page knows: its elements, numbers, and the data island. */

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
/* A half of a character has no code in an address: it stands there as a question mark. */
const wellFormed = (text) => text.replace(/\p{Surrogate}/gu, "?");
const escaped = (text) => encodeURIComponent(wellFormed(text));
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
   words          every string once; numbers elsewhere point to it; details hold strings that stand once themselves
   functions      one array per fact, all of the same length
   policies       [role, why there is none, document, granted, kept, confidence, difference, its lines, notes], once per role
   others         [resource, name, account, region] of subjects that are no functions; they follow the functions
   matrix         one string per subject, one letter per check: P F W U N M, lower case where excepted, - where absent
   results        words of the results that have them: check by check, of each subject in the order of the matrix */
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
const CHANGES = ["", "new", "visibility-lost"];
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
    throw new Error("This browser cannot unpack the tables of this file. A newer one can; or write the report again with --html-plain.");
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
    byAddress.set(wellFormed(address(f)), f);
    byArn.set(W[F.arn[f]], f);
  }
  let size = 0;
  const width = checks.length;
  const next = new Int32Array(width + 1);
  for (const line of data.matrix) {
    for (let c = 0; c < width; c += 1) {
      const code = line.charCodeAt(c);
      if (code === 45) continue;
      size += 1;
      if (data.results.told || PLACE[code] < PASS) next[c + 1] += 1;
    }
  }
  for (let c = 0; c < width; c += 1) next[c + 1] += next[c];
  R.size = size;
  R.subject = new Int32Array(size);
  R.check = new Uint16Array(size);
  R.status = new Uint8Array(size);
  R.muted = new Uint8Array(size);
  R.word = new Int32Array(size).fill(-1);
  R.start = new Int32Array(subjects + 1);
  let at = 0;
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
      if (data.results.told || status < PASS) { R.word[at] = next[c]; next[c] += 1; }
      at += 1;
    }
  });
  R.start[subjects] = at;
  const changed = new Map(data.changes.map(([kind, check, resource]) => [`${W[check]}\n${W[resource]}`, CHANGES.indexOf(W[kind])]));
  R.change = new Int8Array(size);
  if (changed.size) for (let r = 0; r < size; r += 1) R.change[r] = Math.max(0, changed.get(`${checks[R.check[r]].id}\n${arnOf(R.subject[r])}`) || 0);
}

/* Frameworks whose controls rest on a check: [framework, its controls]. */
const controlsOf = (id) => data.frameworks.map((one) => [one, one.controls.filter((control) => control[4].includes(id))]).filter(([, found]) => found.length);
const frameworkName = (one) => one.name.split(" (")[0];
const controlLink = (one, control) => `#controls?framework=${escaped(one.id)}&q=${escaped(control[0])}`;

const said = (word) => (typeof word === "string" ? word : W[word]);
const address = (f) => (data.address[f] === undefined ? W[F.name[f]] : W[data.address[f]]);
const isFunction = (s) => s < F.count;
const other = (s) => data.others[s - F.count];
const nameOf = (s) => (isFunction(s) ? W[F.name[s]] : W[other(s)[1]] || W[other(s)[3]] || (W[other(s)[2]] ? `account ${W[other(s)[2]]}` : W[other(s)[0]]));
const arnOf = (s) => W[isFunction(s) ? F.arn[s] : other(s)[0]];
const accountOf = (s) => W[isFunction(s) ? F.account[s] : other(s)[2]];
const regionOf = (s) => W[isFunction(s) ? F.region[s] : other(s)[3]] || "global";
const ownerOf = (s) => (isFunction(s) ? W[F.owner[s]] : "");
const severityOf = (r) => { const own = R.word[r] < 0 ? undefined : data.results.severity[R.word[r]]; return own === undefined ? checks[R.check[r]].severity : own; };
const messageOf = (r) => (R.word[r] < 0 ? "" : W[data.results.message[R.word[r]]]);
const lossOf = (r) => (R.word[r] < 0 || R.status[r] > UNKNOWN ? 0 : data.results.points[R.word[r]]);
const shareOf = (r) => (R.word[r] < 0 || R.status[r] > UNKNOWN ? 0 : data.results.points[R.word[r]] * data.results.shares[R.subject[r]]);
const reasonOf = (r) => { const at = about(r, "reason"); return at === undefined ? undefined : data.results.reasons[at]; };
const about = (r, column) => (R.word[r] < 0 ? undefined : data.results[column][R.word[r]]);
const functionLink = (f, open) => `#fn-${escaped(address(f))}${open ? `?open=${escaped(open)}` : ""}`;
const checkLink = (c) => `#check-${escaped(checks[c].id)}`;
const subjectLink = (s, check) => (isFunction(s) ? functionLink(s, check) : `#check-${escaped(check)}`);
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
    const token = /^(NAME|REGION|ACCOUNT|ROLE|LOG_GROUP|SUCCESSOR)(?![A-Za-z0-9_])/.exec(command.slice(at));
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
  if (isFunction(s)) {
    const link = (label) => { const found = F.links[s].find((entry) => W[entry[0]] === label); return found ? W[found[1]] : ""; };
    Object.assign(given, { NAME: W[F.name[s]], ROLE: W[F.role[s]] || link("Role"), LOG_GROUP: link("Logs"), SUCCESSOR: data.meta.successors[W[F.runtime[s]]] });
  }
  return given;
}
const wrapped = (command) => (command.length < 88 ? command : command.replace(/ (--[a-z])/g, " \\\n  $1"));
