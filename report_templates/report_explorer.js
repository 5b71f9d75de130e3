/* Long lists: virtual rows, facets, search and order, all of it in the address. */

/* ---- Virtual rows: only what the window shows exists ---- */
const LIMIT = 15e6;
let live = null;

function rowsOf({ box, draw, count: all, kind, page }) {
  const shown = new Map();
  let height = 48, from = 0, count = 0;
  const most = () => Math.floor(LIMIT / height);
  const measure = () => {
    const probe = el("div", { class: `grid-row ${kind}`, "aria-hidden": "true" });
    box.append(probe);
    height = probe.getBoundingClientRect().height || 48;
    probe.remove();
    from = Math.min(page, Math.max(0, Math.ceil(all / most()) - 1)) * most();
    count = Math.min(all - from, most());
    box.style.height = `${count * height}px`;
  };
  const paint = () => {
    const top = box.getBoundingClientRect().top;
    const last = Math.min(count, Math.ceil((innerHeight - top) / height) + 4);
    const first = Math.max(0, Math.floor(-top / height) - 4);
    for (const [n, row] of shown) if (n < first || n >= last) { if (row.contains(document.activeElement)) continue; row.remove(); shown.delete(n); }
    for (let n = first; n < last; n += 1) {
      if (shown.has(n)) continue;
      const row = draw(from + n);
      row.setAttribute("role", "row");
      row.setAttribute("aria-rowindex", from + n + 2);
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
    const at = Number(row.getAttribute("aria-rowindex")) - 2 - from;
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
  live = { paint, resize: () => { shown.forEach((row) => row.remove()); shown.clear(); measure(); paint(); if (live.after) live.after(); }, focus, most, after: null };
  return live;
}
addEventListener("scroll", () => { if (live) live.paint(); }, { passive: true });
addEventListener("resize", () => { if (live) live.resize(); });

/* ---- Explorer: facets, search, sort, rows, all of it in the address ---- */
const has = (facet, flags, n) => (facet.each ? facet.each(n).some((value) => flags[value]) : flags[facet.of(n)] === 1);
const count = (facet, tally, n) => { if (facet.each) for (const value of facet.each(n)) tally[value] += 1; else tally[facet.of(n)] += 1; };
const chosen = (value) => new Set(value ? value.split(",").map((key) => key.replaceAll("%2C", ",")) : []);
const joined = (picked) => [...picked].map((key) => key.replaceAll(",", "%2C")).join(",");

/* Places of keys in their order, those without a key last; equal ones stay as they are. Millions of rows have
   few different keys: these are sorted, and the rows by rank and place as plain numbers. */
const SPAN = 2 ** 24;
function ordered(keys, down) {
  const different = [...new Set(keys)].filter((key) => key !== null && key !== undefined).sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
  if (down) different.reverse();
  const rank = new Map(different.map((key, n) => [key, n]));
  const packed = new Float64Array(keys.length);
  keys.forEach((key, n) => { const at = rank.get(key); packed[n] = (at === undefined ? different.length : at) * SPAN + n; });
  return packed.sort().map((value) => value % SPAN);
}

function explorer(spec, state) {
  const facets = spec.facets.filter((facet) => facet.values.length > 1 || facet.always);
  const widened = new Set();
  const params = new URLSearchParams(state);
  let lines = [], table = null;

  const selection = (facet) => chosen(params.get(facet.id) === null ? facet.preset || "" : params.get(facet.id) === "any" ? "" : params.get(facet.id));
  const write = () => {
    const text = params.toString().replaceAll("%2C", ",");
    history.replaceState(null, "", `#${spec.id}${text ? `?${text}` : ""}`);
    current.hash = location.hash;
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
        if (facet.byCount) order.splice(0, order.length, ...order.filter((n) => tallies[k][n] > 0 || picked.has(facet.values[n].key)));
        const visible = widened.has(facet.id) ? order.slice(0, 150) : order.filter((n, at) => at < (facet.few || 12) || picked.has(facet.values[n].key));
        const rest = order.length - visible.length;
        return el("fieldset", {}, el("legend", {}, facet.title), visible.map((n) => {
          const value = facet.values[n];
          const id = `f-${facet.id}-${n}`;
          const box = el("input", { type: "checkbox", id, onchange: () => {
            if (box.checked) picked.add(value.key); else picked.delete(value.key);
            const text = joined(picked);
            if (text === (facet.preset || "")) params.delete(facet.id);
            else params.set(facet.id, text || "any");
            if (!text && !facet.preset) params.delete(facet.id);
            update();
          } });
          box.checked = picked.has(value.key);
          return el("label", {}, box, value.icon ? el("span", {}, word(value.icon, value.text)) : el("span", { class: "clamp", title: value.text }, value.text), el("span", {}, whole(tallies[k][n])));
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
  const pager = el("nav", { class: "pager", "aria-label": "Pages of rows", hidden: true });
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

  function update(first, turned) {
    const { found, tallies } = compute();
    lines = spec.lines ? spec.lines(found, params) : found;
    const { column, down } = sorting();
    const unsorted = lines;
    lines = Array.from(ordered(unsorted.map(column.by), down), (n) => unsorted[n]);
    drawFacets(tallies);
    drawHeads();
    status.replaceChildren(...spec.counts(found, lines).flat());
    grid.setAttribute("aria-rowcount", lines.length + 1);
    empty.hidden = lines.length > 0;
    grid.hidden = lines.length === 0;
    box.replaceChildren();
    if (!first && !turned) params.delete("page");
    if (!first) write();
    table = lines.length ? start() : null;
    if (!lines.length) live = null;
    current.found = () => found;
  }
  /* A browser gives up on boxes of some 17 million pixels: more rows than fit into one go to pages. */
  function drawPager(page, size) {
    const pages = Math.ceil(lines.length / size);
    pager.hidden = pages < 2;
    if (pages < 2) { pager.replaceChildren(); return; }
    const at = Math.min(page, pages - 1);
    const turn = (to) => { params.set("page", to + 1); if (!to) params.delete("page"); update(false, true); scrollTo(0, 0); };
    pager.replaceChildren(
      el("button", { class: "button low-rise", type: "button", disabled: at === 0, onclick: () => turn(at - 1) }, "Earlier rows"),
      el("span", {}, `Rows ${whole(at * size + 1)} to ${whole(Math.min(lines.length, (at + 1) * size))} of ${whole(lines.length)}`),
      el("button", { class: "button low-rise", type: "button", disabled: at === pages - 1, onclick: () => turn(at + 1) }, "Later rows"));
  }
  function start() {
    const page = Math.max(0, (Number(params.get("page")) || 1) - 1);
    const made = rowsOf({ box, kind: spec.kind, count: lines.length, page, draw: (n) => spec.row(lines[n]) });
    made.after = () => drawPager(page, made.most());
    made.after();
    return made;
  }

  const card = el("div", { class: "card" }, el("div", { class: "reach" }, el("div", { class: "search" }, icon("search"), input), spec.aside && spec.aside(params, () => update()), status), pager, grid, empty);
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
