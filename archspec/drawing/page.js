"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const sheet = document.getElementById("sheet");
const drawing = document.getElementById("drawing");
const tip = document.getElementById("tip");
const state = document.getElementById("state");
const arrows = new Set(data.arrows);
const frames = Object.keys(data.parts).filter(key => "folded" in data.parts[key]);
const folded = new Set(frames.filter(key => data.parts[key].folded));
// What is folded in the picture that is there.
let shown = [...folded];
const SIGN = data.sign;

// ELK works beside the page, which stays alive meanwhile, and for so many milliseconds at most. Where
// a browser allows no worker it works in the page.
const MOST = 30000, SOON = 300;
let engine = null, alone = typeof Worker === "undefined", busy = false, timers = [];

function started() {
  if (alone) return new ELK();
  const source = [document.getElementById("elk").textContent, "\nnew ELK();"];
  const url = URL.createObjectURL(new Blob(source, { type: "text/javascript" }));
  const workerFactory = () => {
    const worker = new Worker(url);
    worker.onerror = () => { stop(); alone = true; draw(); };
    return worker;
  };
  try {
    return new ELK({ workerFactory });
  } catch {
    alone = true;
    return new ELK();
  } finally {
    setTimeout(() => URL.revokeObjectURL(url), SOON);
  }
}

function idle() {
  timers.forEach(clearTimeout);
  busy = false;
}

function stop() {
  if (busy && !alone) {
    engine.terminateWorker();
    engine = null;
  }
  idle();
}

// What was asked for before, and is not done yet, is given up.
function laidOut(graph) {
  stop();
  engine ||= started();
  busy = true;
  return new Promise((resolve, reject) => {
    timers = [
      setTimeout(() => { state.textContent = "Laying this out \u2026"; }, SOON),
      setTimeout(() => { stop(); reject("it takes too long"); }, MOST),
    ];
    const done = settle => result => { idle(); settle(result); };
    engine.layout(graph).then(done(resolve), done(reject));
  });
}

// A graph to be laid out: a folded frame has nothing in it, and the size of its title.
function pruned(node) {
  const copy = { ...node };
  if (folded.has(node.id)) {
    delete copy.children;
    delete copy.edges;
    const alignment = copy.layoutOptions["elk.alignment"];
    copy.layoutOptions = { "elk.portConstraints": "FIXED_SIDE", "elk.alignment": alignment };
  } else if (node.children) {
    copy.children = node.children.map(pruned);
  }
  return copy;
}

function svg(name, attributes, children = []) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// A line of text, as wide as boxes were made for it, whatever font there is.
function line([text, width], kind, x, y) {
  const wide = width ? { textLength: width, lengthAdjust: "spacingAndGlyphs" } : {};
  return svg("text", { class: kind, x, y, ...wide }, [text]);
}

function rectangle(node, x, y, kind, radius) {
  return svg("rect", { class: kind, x, y, width: node.width, height: node.height, rx: radius });
}

// Lines below each other in the middle of a box.
function written(node, texts, x, y, sign = "") {
  const top = y + (node.height - data.line * texts.length) / 2 + 9.8, middle = x + node.width / 2;
  const found = texts.map((text, i) => line(text, i ? "d" : "t", middle + (sign && !i ? SIGN / 2 : 0),
    top + data.line * i));
  if (sign) found.push(line([sign], "n", middle - texts[0][1] / 2 - SIGN / 2, top));
  return found;
}

function box(node, part, x, y) {
  const radius = node.width === node.height ? node.width / 2 : 4;
  return svg("g", { class: "box", tabindex: 0, "data-key": node.id },
    [rectangle(node, x, y, part.kind, radius), ...written(node, part.texts, x, y)]);
}

// What folds and unfolds a frame: its title, or all of it when it is folded.
function handle(node, children) {
  return svg("g", { class: "handle", role: "button", tabindex: 0, "data-key": node.id,
    "aria-expanded": String(!folded.has(node.id)) }, children);
}

function closed(node, part, x, y) {
  const texts = [part.texts[0], ...part.lines];
  return handle(node, [rectangle(node, x, y, part.kind, 4), ...written(node, texts, x, y, "\u25b8")]);
}

// Where the title of a frame begins: at the left, or right of a line.
function titleAt(node, wide) {
  const lines = node.ports.filter(port => port.y <= 0).map(port => port.x).sort((a, b) => a - b);
  const starts = [0, ...lines], ends = [...lines, node.width];
  const found = starts.find((start, i) => ends[i] - start >= wide + data.gaps[0] + data.gaps[1] - 0.1);
  return (found || 0) + data.gaps[0];
}

function opened(node, part, x, y) {
  const [title, details] = part.texts, width = SIGN + title[1] + (details ? 6 + details[1] : 0);
  const left = x + titleAt(node, width), top = y + 14;
  const texts = [line(["\u25be"], "n", left, top), line(title, "n", left + SIGN, top)];
  if (details) texts.push(line(details, "a", left + SIGN + title[1] + 6, top));
  const area = rectangle({ width: width + 6, height: 15 }, left - 3, top - 11, "area", 3);
  return [rectangle(node, x, y, "frame", 5), handle(node, [area, ...texts])];
}

function wire(edge, x, y) {
  // Into a frame a line goes on, unless that is folded.
  const ends = arrows.has(edge.id) || folded.has(edge.targets[0].split("i")[0]);
  const head = ends ? { "marker-end": "url(#arrow)" } : {};
  return (edge.sections || []).map(({ startPoint, bendPoints = [], endPoint }) => {
    const points = [startPoint, ...bendPoints, endPoint].map(at => `${x + at.x} ${y + at.y}`);
    return svg("path", { class: "l", d: `M${points.join("L")}`, ...head });
  });
}

// The elements of a node and all in it, frames first and texts last.
function show(node, left, top, layers) {
  const x = left + (node.x || 0), y = top + (node.y || 0), part = data.parts[node.id];
  if (part && !("folded" in part)) layers[2].push(box(node, part, x, y));
  else if (part && folded.has(node.id)) layers[2].push(closed(node, part, x, y));
  else if (part) layers[0].push(...opened(node, part, x, y));
  for (const edge of node.edges || []) {
    layers[1].push(...wire(edge, x, y));
    for (const { text, width, x: right, y: down } of edge.labels || [])
      layers[3].push(line([text, width], "s", x + right, y + down + 8));
  }
  for (const child of node.children || []) show(child, x, y, layers);
}

// Lay out what is not folded and draw it. What was clicked keeps its place and the focus.
async function draw(key) {
  const find = () => key && drawing.querySelector(`[data-key="${key}"]`);
  const before = find() && find().getBoundingClientRect();
  let root;
  try {
    root = await laidOut(pruned(JSON.parse(JSON.stringify(data.graph))));
  } catch (error) {
    state.textContent = `This cannot be laid out; fold more. (${error})`;
    folded.clear();
    shown.forEach(each => folded.add(each));
    return;
  }
  state.textContent = "";
  shown = [...folded];
  const layers = [[], [], [], []];
  show(root, 1, 1, layers);
  const width = root.width + 2, height = root.height + 2;
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
    drawing.setAttribute(name, value);
  drawing.replaceChildren(drawing.firstElementChild, ...layers.map(each => svg("g", {}, each)));
  const after = find();
  if (!after) return;
  const { left, top } = after.getBoundingClientRect();
  window.scrollBy(left - before.left, top - before.top);
  after.focus({ preventScroll: true });
}

function toggle(target) {
  const found = target.closest && target.closest(".handle");
  if (!found) return false;
  const key = found.dataset.key;
  // The picture says what is meant: it may be older than what is being laid out.
  if (found.getAttribute("aria-expanded") === "true") folded.add(key);
  else folded.delete(key);
  draw(key);
  return true;
}

function tell(event) {
  const over = event.target.closest && event.target.closest(".box, .handle");
  const facts = event.type !== "focusout" && over && data.parts[over.dataset.key].facts;
  tip.style.display = facts && facts.length ? "block" : "none";
  if (!facts) return;
  tip.replaceChildren(...facts.map(([name, value]) => {
    const row = document.createElement("div"), label = document.createElement("span");
    label.textContent = name + " ";
    row.append(label, value);
    return row;
  }));
  const at = over.getBoundingClientRect(), page = sheet.getBoundingClientRect();
  const room = sheet.offsetWidth - tip.offsetWidth, right = at.right - page.left + 8;
  tip.style.left = Math.max(0, Math.min(right, room)) + "px";
  tip.style.top = (right > room ? at.bottom + 6 : at.top) - page.top + "px";
}

sheet.addEventListener("click", event => toggle(event.target));
sheet.addEventListener("keydown", event => {
  if ((event.key === "Enter" || event.key === " ") && toggle(event.target)) event.preventDefault();
});
for (const button of document.querySelectorAll("[data-fold]"))
  button.addEventListener("click", () => {
    folded.clear();
    for (const key of frames)
      if (button.dataset.fold === "all"
        || (button.dataset.fold === "blocks" && data.parts[key].kind === "block")) folded.add(key);
    draw();
  });
for (const kind of ["pointerover", "focusin", "focusout"]) sheet.addEventListener(kind, tell);
draw();
