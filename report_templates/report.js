/* Views: one at a time, chosen by the address. The files of this script are put together in the order of
   auditor/render/html.py, in one function, so that they share their names and nothing else does. */

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
const listed = { functions: "#functions", findings: "#findings" };
let clicked = true;
let ready = null;

const PAGES = { functions: functionsPage, findings: findingsPage, controls: controlsPage, changes: changesPage };

function route() {
  const [path, given = ""] = location.hash.slice(1).split(/\?(.*)/s);
  let id = path;
  try { id = decodeURIComponent(path); } catch { id = path; }
  id = id.replace(/^\/+/, "").replace(/^(fn|check)\//, "$1-");
  if (!id && given) id = "findings";
  const state = given.replace(/(^|&)sev=/, "$1severity=");
  if (PAGES[id]) return { id, tab: id, make: () => PAGES[id](state) };
  if (id.startsWith("fn-")) return { id, tab: "functions", make: () => functionPage(id.slice(3), state) };
  if (id.startsWith("check-")) return { id, tab: "findings", make: () => checkPage(id.slice(6), state) };
  const sheet = sheets.find((one) => one.id === `v-${id}` && !one.classList.contains("paper"));
  return { id: sheet ? id : "overview", tab: sheet ? id : "overview", sheet: sheet || sheets[0] };
}

async function show(first) {
  const target = route();
  if (listed[current.id]) listed[current.id] = current.hash || listed[current.id];
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

/* Escape goes one step out: of the words sought, of an open finding, of a page to its list. */
function leave(event) {
  const focused = document.activeElement;
  if (focused.id === "search") {
    if (focused.value) { event.preventDefault(); focused.value = ""; focused.dispatchEvent(new Event("input")); }
    return;
  }
  const open = focused.closest("details[open].finding, details[open].folded, details[open].controls-folded");
  if (open) { open.open = false; open.querySelector("summary").focus(); return; }
  if (current.id.startsWith("fn-")) location.hash = listed.functions;
  else if (current.id.startsWith("check-")) location.hash = listed.findings;
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
    if (event.key === "Escape" && !event.defaultPrevented) leave(event);
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
