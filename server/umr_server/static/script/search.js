// Searches the records of a site of files. Without this script the page lists them.
"use strict";

const MOST = 50;
const CHOICES = 10;
const FACETS = { kind: "Kind", hub: "Hub", publisher: "Publisher", license: "Licence" };
const MARKS = { affected: "■ affected", possibly: "◆ possibly affected", clear: "● clear" };

const form = document.querySelector("form[data-index]");
const results = document.querySelector("#results");
const facets = document.querySelector(".facets");

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** From a disk nothing can be fetched, but a script can be loaded. */
function loadedAsScript() {
  return new Promise((resolve, reject) => {
    const script = element("script", { src: form.dataset.script });
    script.addEventListener("load", () => resolve(self.searchIndex));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}

async function load() {
  if (location.protocol === "file:") return loadedAsScript();
  const answer = await fetch(form.dataset.index);
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

function rowsOf({ columns, rows }) {
  return rows.map((row) => {
    const one = Object.fromEntries(columns.map((column, at) => [column, row[at]]));
    one.hub = one.reference.includes("/") ? one.reference.slice(0, one.reference.indexOf("/")) : "";
    one.license = one.license.replace("https://spdx.org/licenses/", "");
    one.first = `${one.reference} ${one.title}`.toLowerCase();
    one.all = `${one.first} ${one.publisher} ${one.words}`.toLowerCase();
    return one;
  });
}

function found(rows, asked) {
  const words = (asked.get("text") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = Object.keys(FACETS).filter((key) => asked.get(key));
  const fits = rows.filter((one) =>
    words.every((word) => one.all.includes(word)) &&
    wanted.every((key) => one[key] === asked.get(key).replace("https://spdx.org/licenses/", "")));
  const rank = (one) => words.filter((word) => one.first.includes(word)).length;
  return words.length ? fits.map((one) => [rank(one), one]).sort((a, b) => b[0] - a[0]).map(([, one]) => one) : fits;
}

function address(asked, key, value) {
  const next = new URLSearchParams(asked);
  if (value) next.set(key, value); else next.delete(key);
  return `?${next}`;
}

function showFacets(rows, asked) {
  facets.replaceChildren();
  for (const [key, label] of Object.entries(FACETS)) {
    const counts = new Map();
    for (const one of rows) if (one[key]) counts.set(one[key], (counts.get(one[key]) ?? 0) + 1);
    const chosen = asked.get(key);
    const told = [...counts].sort((a, b) => b[1] - a[1]).slice(0, CHOICES);
    if (!told.length) continue;
    const items = told.map(([value, count]) => {
      const link = element("a", { href: address(asked, key, chosen ? "" : value) }, chosen ? "✕ " : "", element("bdi", {}, value));
      if (chosen) link.setAttribute("aria-current", "true");
      return element("li", {}, link, " ", element("span", { class: "number" }, count.toLocaleString("en")));
    });
    facets.append(element("h2", {}, label), element("ul", { class: "plain" }, ...items));
  }
  facets.hidden = false;
  facets.parentElement.className = "columns";
}

function line(one) {
  const name = element("span", {}, element("a", { class: "ref", href: one.file }, element("bdi", {}, one.reference)), " ", element("span", { class: "chip" }, one.kind));
  if (one.answer && one.answer !== "clear") name.append(" ", element("span", { class: `verdict ${one.answer}` }, MARKS[one.answer] ?? one.answer));
  const about = element("p", {}, element("bdi", {}, one.title));
  for (const more of [one.publisher, one.license]) if (more) about.append(" ", element("span", { class: "soft" }, "· ", element("bdi", {}, more)));
  return element("li", {}, element("p", { class: "between" }, name, element("span", { class: "soft small" }, one.published)), about);
}

function show(rows) {
  const asked = new URLSearchParams(location.search);
  const hits = found(rows, asked);
  const count = `${hits.length.toLocaleString("en")} artifact${hits.length === 1 ? "" : "s"}, each by its newest record`;
  const list = element("ul", { class: "rows" }, ...hits.slice(0, MOST).map(line));
  if (!hits.length) list.append(element("li", {}, "Nothing was found. Fewer words, or a part of a word, find more."));
  results.replaceChildren(element("p", { class: "between" }, element("span", {}, count)), list);
  if (hits.length > MOST) {
    const all = element("button", { type: "button" }, `Show all ${hits.length.toLocaleString("en")}`);
    all.addEventListener("click", () => { list.append(...hits.slice(MOST).map(line)); all.remove(); });
    results.append(all);
  }
  showFacets(hits, asked);
}

function begin(rows) {
  const input = form.elements.namedItem("text");
  form.hidden = false;
  input.value = new URLSearchParams(location.search).get("text") ?? "";
  const renew = () => {
    history.replaceState(null, "", address(new URLSearchParams(location.search), "text", input.value.trim()));
    show(rows);
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); renew(); });
  let later;
  input.addEventListener("input", () => { clearTimeout(later); later = setTimeout(renew, 150); });
  show(rows);
}

load().then((index) => begin(rowsOf(index))).catch(() => { /* The list stays. */ });
