// Draws a lineage. The list below the drawing says the same; without this script it stands alone.
"use strict";

const MANY = 5000;
const LAYERED = 1200;
const WIDE = 40;

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** What a namespace holds becomes one node, when there are too many to see. */
function byFamily(nodes, edges) {
  const family = (id) => (id.includes("/") ? id.slice(0, id.indexOf("/")) : id);
  const root = nodes[0].id;
  const group = new Map(nodes.map((node) => [node.id, node.id === root ? root : family(node.id)]));
  const sizes = new Map();
  for (const id of group.values()) sizes.set(id, (sizes.get(id) ?? 0) + 1);
  const rank = { "": 0, clear: 0, possibly: 1, affected: 2 };
  const found = new Map();
  for (const node of nodes) {
    const id = group.get(node.id);
    const known = found.get(id) ?? { ...node, id, title: id === root ? node.title : `${id} (${sizes.get(id)})`, answer: "" };
    if (rank[node.answer] > rank[known.answer]) known.answer = node.answer;
    found.set(id, known);
  }
  const links = new Map();
  for (const edge of edges) {
    const [source, target] = [group.get(edge.source), group.get(edge.target)];
    if (source !== target) links.set(`${source} ${edge.relation} ${target}`, { ...edge, source, target });
  }
  return [[...found.values()], [...links.values()]];
}

/** How many links each node is away from the root. */
function distances(root, edges) {
  const near = new Map();
  for (const { source, target } of edges) {
    near.set(source, [...(near.get(source) ?? []), target]);
    near.set(target, [...(near.get(target) ?? []), source]);
  }
  const known = new Map([[root, 0]]);
  const queue = [root];
  for (let at = 0; at < queue.length; at += 1) {
    for (const next of near.get(queue[at]) ?? []) {
      if (!known.has(next)) { known.set(next, known.get(queue[at]) + 1); queue.push(next); }
    }
  }
  return known;
}

function style() {
  const ink = css("ink"), soft = css("soft"), paper = css("lift");
  return [
    { selector: "node", style: { label: "data(label)", color: ink, "font-size": 11, "min-zoomed-font-size": 6, "text-wrap": "ellipsis", "text-max-width": 150, "text-valign": "bottom", "text-margin-y": 4, "background-color": soft, width: 16, height: 16, "text-background-color": paper, "text-background-opacity": 0.8, "text-background-padding": 1 } },
    { selector: "node[!recorded]", style: { "background-color": paper, "border-width": 2, "border-color": soft } },
    { selector: 'node[answer = "affected"]', style: { shape: "rectangle", "background-color": css("affected"), "border-color": css("affected") } },
    { selector: 'node[answer = "possibly"]', style: { shape: "diamond", width: 20, height: 20, "background-color": css("possibly"), "border-color": css("possibly") } },
    { selector: "node[?root]", style: { width: 24, height: 24, "font-weight": 700, "border-width": 3, "border-color": css("accent") } },
    { selector: "edge", style: { width: 1.2, "line-color": css("line"), "target-arrow-color": soft, "target-arrow-shape": "triangle", "arrow-scale": 0.8, "curve-style": "bezier", label: "data(relation)", "font-size": 8, color: soft, "text-rotation": "autorotate", "text-opacity": 0 } },
    { selector: "edge[!many]", style: { "text-opacity": 1, "text-background-color": paper, "text-background-opacity": 0.8 } },
    { selector: "edge[?crowd]", style: { width: 0.6, "arrow-scale": 0.5, "line-opacity": 0.5, "curve-style": "straight" } },
    { selector: "node[?crowd]", style: { "text-max-width": 82 } },
    { selector: "edge.near", style: { "text-opacity": 1, "line-color": css("link"), "text-background-color": paper, "text-background-opacity": 0.9, "z-index": 9 } },
    { selector: ":selected", style: { "border-width": 3, "border-color": css("link") } },
    { selector: ".away", style: { display: "none" } },
  ];
}

/** Where each node stands when many are equally far away: a block for each distance, the gravest first. */
function blocks(nodes, away, stage) {
  const across = 90, down = 44;
  const rank = { affected: 0, possibly: 1 };
  const levels = new Map();
  for (const { data } of nodes) levels.set(data.away, [...(levels.get(data.away) ?? []), data]);
  const shape = stage.clientWidth / Math.max(stage.clientHeight, 1);
  const rows = Math.max(6, Math.ceil(Math.sqrt((nodes.length * across) / (down * shape))));
  const places = {};
  let left = 0;
  for (const level of [...levels.keys()].sort((a, b) => a - b)) {
    const stand = levels.get(level).sort((a, b) => (rank[a.answer] ?? 2) - (rank[b.answer] ?? 2) || (a.id < b.id ? -1 : 1));
    const tall = Math.min(rows, stand.length);
    stand.forEach(({ id }, at) => { places[id] = { x: left + Math.floor(at / tall) * across, y: (at % tall - (tall - 1) / 2) * down }; });
    left += Math.ceil(stand.length / tall) * across + across;
  }
  return { name: "preset", positions: (node) => places[node.id()], animate: false };
}

function layout(nodes, away, stage) {
  const sizes = new Map();
  for (const far of away.values()) sizes.set(far, (sizes.get(far) ?? 0) + 1);
  if (nodes.length > LAYERED || Math.max(...sizes.values()) > WIDE) return blocks(nodes, away, stage);
  return { name: "dagre", rankDir: innerWidth < 600 ? "TB" : "LR", nodeSep: 22, rankSep: innerWidth < 600 ? 60 : 110, animate: false };
}

function elements(graph, labels) {
  let { nodes, edges } = graph;
  const collapsed = nodes.length > MANY;
  const root = nodes[0].id;
  if (collapsed) [nodes, edges] = byFamily(nodes, edges);
  const away = distances(root, edges);
  const many = edges.length > 25, crowd = nodes.length > 4 * WIDE;
  return {
    collapsed, away, root,
    nodes: nodes.map((node) => ({ data: { ...node, label: node.title || node.artifact, crowd, root: node.id === root, away: away.get(node.id) ?? 0 } })),
    edges: edges.map((edge) => ({ data: { source: edge.source, target: edge.target, relation: labels[edge.relation] ?? edge.relation, many, crowd } })),
  };
}

function fill(select, values) {
  for (const value of values) {
    const option = document.createElement("option");
    option.textContent = String(value);
    select.append(option);
  }
}

function tell(panel, node, base) {
  const { id, title, kind, recorded, answer, page } = node.data();
  panel.replaceChildren();
  const head = document.createElement("p");
  const link = document.createElement("a");
  link.href = page ?? base + id.split("/").map(encodeURIComponent).join("/");
  link.textContent = title || id;
  head.append(link);
  const about = document.createElement("p");
  about.className = "soft";
  about.textContent = [id, recorded ? kind : "only mentioned", answer && answer !== "clear" ? (answer === "possibly" ? "possibly affected" : answer) : "", `${node.indegree()} in, ${node.outdegree()} out`].filter(Boolean).join(" · ");
  panel.append(head, about);
  panel.hidden = false;
}

async function draw(place) {
  const answer = await fetch(place.dataset.graph, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const made = elements(await answer.json(), JSON.parse(place.dataset.labels));
  const stage = place.querySelector(".stage");
  const drawing = cytoscape({ container: stage, elements: { nodes: made.nodes, edges: made.edges }, style: style(), layout: layout(made.nodes, made.away, stage), maxZoom: 3, textureOnViewport: made.nodes.length > 800 });
  const status = place.querySelector("[role=status]");
  const panel = place.querySelector(".panel");
  const relation = place.querySelector("[name=relation]");
  const depth = place.querySelector("[name=depth]");
  fill(relation, [...new Set(made.edges.map((edge) => edge.data.relation))].sort());
  fill(depth, [...new Set(made.away.values())].filter(Boolean).sort((a, b) => a - b));
  status.textContent = made.collapsed ? "one node for each namespace" : "";
  const filter = () => drawing.batch(() => {
    drawing.elements().removeClass("away");
    if (depth.value) drawing.nodes(`[away > ${Number(depth.value)}]`).addClass("away");
    if (relation.value) {
      drawing.edges().filter((edge) => edge.data("relation") !== relation.value).addClass("away");
      drawing.nodes().filter((node) => !node.data("root") && node.connectedEdges().every((edge) => edge.hasClass("away"))).addClass("away");
    }
  });
  relation.addEventListener("change", filter);
  depth.addEventListener("change", filter);
  place.querySelector("[name=fit]").addEventListener("click", () => drawing.fit(undefined, 30));
  const zoom = (by) => drawing.zoom({ level: drawing.zoom() * by, renderedPosition: { x: drawing.width() / 2, y: drawing.height() / 2 } });
  place.querySelector("[name=closer]").addEventListener("click", () => zoom(1.3));
  place.querySelector("[name=further]").addEventListener("click", () => zoom(1 / 1.3));
  drawing.on("mouseover select", "node", (event) => event.target.connectedEdges().addClass("near"));
  drawing.on("mouseout unselect", "node", (event) => event.target.connectedEdges().removeClass("near"));
  drawing.on("tap", "node", (event) => tell(panel, event.target, place.dataset.record));
  drawing.on("tap", (event) => { if (event.target === drawing) panel.hidden = true; });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawing.style(style()));
  drawing.fit(undefined, 30);
  place.dataset.drawn = String(made.nodes.length);
}

for (const place of document.querySelectorAll(".graph")) draw(place).catch(() => { place.hidden = true; });
