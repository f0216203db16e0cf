// The query editor, with the vocabulary's completion, and answers as table, chart or graph.
// Without this script the form asks, and the page that comes back has the answer as a table.
"use strict";

const SHOWN = 1000;
const form = document.querySelector("form.query");
const place = document.querySelector("section.answer");
const status = form.querySelector("[role=status]");
const area = form.querySelector("textarea");

function element(name, properties = {}, ...inside) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...inside);
  return made;
}

/** Names of the vocabulary, offered while a word that begins like one is typed. */
function completer(terms) {
  return {
    name: "vocabulary",
    bulk: true,
    autoShow: true,
    persistenceId: null,
    isValidCompletionPosition: (yasqe) => {
      const token = yasqe.getCompleteToken();
      return !token.string.startsWith("?") && !token.string.startsWith('"') && /[A-Za-z]/.test(token.string);
    },
    get: () => terms.map((term) => term.name),
    preProcessToken: (yasqe, token) => token,
    postProcessToken: (yasqe, token, suggestion) => suggestion,
  };
}

/** Prefixes of the vocabulary that are used get declared, as the editor wants them and others need them. */
function declare(yasqe) {
  const known = JSON.parse(form.dataset.prefixes);
  const text = yasqe.getValue().replace(/<[^<>\s]*>|"[^"\n]*"|'[^'\n]*'|#.*/g, "");
  const declared = new Set([...text.matchAll(/\bprefix\s+([\w-]*):/gi)].map(([, name]) => name));
  const used = [...text.matchAll(/(?<![\w?$:-])([A-Za-z][\w-]*):(?=[\w-])/g)].map(([, name]) => name);
  const missing = used.filter((name) => Object.hasOwn(known, name) && !declared.has(name));
  if (missing.length) yasqe.addPrefixes(Object.fromEntries(missing.map((name) => [name, known[name]])));
}

async function editor() {
  if (typeof Yasqe === "undefined") return null;
  const terms = await (await fetch(form.dataset.terms)).json();
  Yasqe.registerAutocompleter(completer(terms));
  const frame = form.querySelector(".editor");
  const yasqe = new Yasqe(frame, {
    value: area.value, persistenceId: null, autocompleters: ["vocabulary", "variables"], showQueryButton: false,
    createShareableLink: null, resizeable: true, consumeShareLink: null, pluginButtons: null,
  });
  area.hidden = true;
  yasqe.getInputField().setAttribute("aria-label", "Query");
  yasqe.getScrollerElement().tabIndex = 0;
  // Who has only a keyboard must be able to leave (WCAG 2.2, 2.1.2).
  yasqe.setOption("extraKeys", { ...yasqe.getOption("extraKeys"), Tab: false, "Shift-Tab": false, "Ctrl-Enter": ask, "Cmd-Enter": ask });
  yasqe.on("change", () => { declare(yasqe); area.value = yasqe.getValue(); });
  yasqe.setSize(null, "16rem");
  return yasqe;
}

/** An IRI with a prefix of the vocabulary, if there is one for it. */
function prefixed(iri) {
  const found = Object.entries(JSON.parse(form.dataset.prefixes)).find(([, root]) => iri.startsWith(root) && /^[\w-]+$/.test(iri.slice(root.length)));
  return found ? `${found[0]}:${iri.slice(found[1].length)}` : iri;
}

/** A term as people read it: a record by its name, with a link to its page. */
function term(cell) {
  if (!cell) return "";
  if (cell.type !== "uri") return element("bdi", { textContent: cell.value });
  const base = form.dataset.base;
  if (cell.value.startsWith(base)) {
    const name = cell.value.slice(base.length);
    return element("a", { href: form.dataset.page + name.replace("#", "%23"), className: "ref" }, name);
  }
  const { root, home } = form.dataset;
  const below = cell.value.startsWith(root) ? cell.value.slice(root.length) : "";
  // Nothing that begins like an address of its own: `//elsewhere` is one.
  if (/^[A-Za-z0-9]/.test(below)) return element("a", { href: home + below }, prefixed(cell.value));
  if (/^https?:/.test(cell.value)) return element("a", { href: cell.value, rel: "nofollow noreferrer" }, prefixed(cell.value));
  return element("bdi", { textContent: cell.value });
}

function table({ head, results }) {
  const rows = results.bindings;
  const made = element("table", {}, element("caption", { textContent: `${rows.length.toLocaleString("en")} row${rows.length === 1 ? "" : "s"}${rows.length > SHOWN ? `, the first ${SHOWN} shown` : ""}` }));
  made.append(element("thead", {}, element("tr", {}, ...head.vars.map((name) => element("th", { scope: "col", textContent: name })))));
  made.append(element("tbody", {}, ...rows.slice(0, SHOWN).map((row) => element("tr", {}, ...head.vars.map((name) => element("td", {}, term(row[name])))))));
  return element("div", { className: "scroll" }, made);
}

const isNumber = (cell) => cell?.type === "literal" && cell.value !== "" && Number.isFinite(Number(cell.value)) && /#(integer|decimal|double|float|int|long)$/.test(cell.datatype ?? "");

/** Bars of the first column that holds numbers, named by the first that does not. */
function chart({ head, results }) {
  const rows = results.bindings.slice(0, 40);
  const number = head.vars.find((name) => rows.length && rows.every((row) => isNumber(row[name])));
  const label = head.vars.find((name) => name !== number);
  if (!number) return null;
  const most = Math.max(...rows.map((row) => Number(row[number].value)), 0) || 1;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 720 ${rows.length * 22 + 4}`);
  svg.setAttribute("class", "bars");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${number} by ${label ?? "row"}; the table says the same`);
  rows.forEach((row, at) => {
    const value = Number(row[number].value);
    const words = (label && row[label]?.value.replace(form.dataset.base, "")) || String(at + 1);
    const add = (name, attributes, text = "") => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, one] of Object.entries(attributes)) made.setAttribute(key, String(one));
      made.textContent = text;
      svg.append(made);
    };
    add("text", { x: 254, y: at * 22 + 16, "text-anchor": "end" }, words.length > 38 ? `${words.slice(0, 37)}…` : words);
    add("rect", { x: 260, y: at * 22 + 4, width: Math.max((value / most) * 390, 1), height: 15 });
    add("text", { x: 266 + Math.max((value / most) * 390, 1), y: at * 22 + 16 }, row[number].value);
  });
  return svg;
}

const ARROW = /^<([^>]*)> <([^>]*)> <([^>]*)> \.$/gm;

const isDrawable = (text) => typeof cytoscape !== "undefined" && text.search(ARROW) >= 0;

/** N-Triples as things and arrows. Literals become no things of their own. */
function graph(text) {
  const lines = [...text.matchAll(ARROW)].slice(0, 500);
  const short = (iri) => iri.replace(form.dataset.base, "").replace(/^.*[#/](?=[^#/]+$)/, "");
  const things = new Set(lines.flatMap(([, from, , to]) => [from, to]));
  const stage = element("div", { className: "stage" });
  const drawn = element("div", { className: "graph" }, stage);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  queueMicrotask(() => cytoscape({
    container: stage,
    elements: [...[...things].map((id) => ({ data: { id, label: short(id) } })), ...lines.map(([, source, name, target]) => ({ data: { source, target, label: short(name) } }))],
    style: [
      { selector: "node", style: { label: "data(label)", "font-size": 10, color: css("ink"), "background-color": css("accent"), width: 12, height: 12, "text-valign": "bottom" } },
      { selector: "edge", style: { label: "data(label)", "font-size": 8, color: css("soft"), width: 1, "line-color": css("line"), "target-arrow-color": css("soft"), "target-arrow-shape": "triangle", "curve-style": "bezier" } },
    ],
    layout: { name: "cose", animate: false },
  }));
  return drawn;
}

/** Addresses at which programs, and tables of others, get the same answer. */
function downloads(forms) {
  const made = element("p", { className: "small downloads" }, "The same as ");
  for (const [name, form_] of Object.entries(forms)) {
    const address = new URL(form.dataset.endpoint, location.href);
    address.search = new URLSearchParams({ query: area.value, format: form_ });
    made.append(...(made.children.length ? [", "] : []), element("a", { href: address.href, textContent: name }));
  }
  return made;
}

function show(views, forms) {
  const bar = element("p", { className: "views" });
  const stage = element("div");
  const kinds = Object.entries(views).filter(([, make]) => make !== null);
  for (const [name, make] of kinds) {
    const button = element("button", { type: "button", textContent: name });
    button.addEventListener("click", () => {
      for (const other of bar.children) other.setAttribute("aria-pressed", String(other === button));
      stage.replaceChildren(make());
    });
    bar.append(button);
  }
  place.replaceChildren(...(kinds.length > 1 ? [bar] : []), stage, downloads(forms));
  bar.firstChild.click();
}

async function say(answer) {
  const type = answer.headers.get("Content-Type") ?? "";
  if (!answer.ok) {
    const problem = type.includes("json") ? await answer.json() : { title: `status ${answer.status}` };
    place.replaceChildren(element("div", { className: "banner possibly", role: "alert" }, element("p", { textContent: [problem.title, problem.detail].filter(Boolean).join(": ") }), element("p", { textContent: problem.remedy ?? "" })));
  } else if (type.includes("sparql-results+json")) {
    const found = await answer.json();
    if ("boolean" in found) place.replaceChildren(element("p", {}, element("b", { textContent: found.boolean ? "yes" : "no" })));
    else show({ Table: () => table(found), Chart: chart(found) ? () => chart(found) : null }, { CSV: "csv", JSON: "json", TSV: "tsv", XML: "xml" });
  } else {
    const text = await answer.text();
    const lines = text.trimEnd().split("\n");
    show({ Triples: () => element("pre", { textContent: lines.slice(0, SHOWN).join("\n") }), Graph: isDrawable(text) ? () => graph(text) : null }, { Turtle: "ttl", "JSON-LD": "jsonld", "N-Triples": "nt" });
  }
}

async function ask() {
  status.textContent = "asking…";
  const began = performance.now();
  try {
    const answer = await fetch(form.dataset.endpoint, { method: "POST", headers: { "Content-Type": "application/sparql-query", Accept: "application/sparql-results+json, application/n-triples;q=0.9" }, body: area.value });
    await say(answer);
    status.textContent = `${Math.round(performance.now() - began)} ms`;
  } catch (error) {
    status.textContent = `the registry does not answer: ${error.message}`;
  }
  history.replaceState(null, "", `?query=${encodeURIComponent(area.value)}`);
}

form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
form.querySelector("[name=example]").addEventListener("change", (event) => { if (event.target.value) document.querySelector("#examples").submit(); });
editor();
