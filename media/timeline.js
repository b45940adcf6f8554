// @ts-check
/**
 * The page of the boot timeline: makes elements of what the extension sends, and knows how far it is zoomed. Text stays
 * text: every element is made by its name, and nothing is read as HTML.
 */
"use strict";

(() => {
  const vscode = acquireVsCodeApi();
  const root = document.getElementById("page");
  const kept = vscode.getState() ?? {};
  /** What is open and compared, as the extension said last: it keeps it. */
  let choice = { compare: [] };
  let zoom = kept.zoom ?? 1;
  /** The `data-key` of the element that the keys are at. */
  let current = kept.current;
  const mostZoom = 200;

  const keep = () => vscode.setState({ zoom, current, scroll: root.scrollLeft });

  const vector = new Set(["svg", "rect", "circle", "line", "text", "title", "defs", "pattern"]);

  /** An element with all that is in it. */
  function made({ tag, attributes, children }) {
    const element = vector.has(tag)
      ? document.createElementNS("http://www.w3.org/2000/svg", tag)
      : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children.map((child) => (typeof child === "string" ? child : made(child))));
    return element;
  }

  const items = () => [...root.querySelectorAll(".item")];
  const keyOf = (item) => item.getAttribute("data-key");

  /** One element of all takes the Tab key; the arrows go from there. */
  function rove() {
    const all = items();
    const at = all.find((item) => keyOf(item) === current) ?? all.find((item) => item.matches(".fold"));
    for (const item of all) item.tabIndex = item === at ? 0 : -1;
    return at;
  }

  function draw(shape) {
    const focused = root.contains(document.activeElement);
    const { scrollLeft, scrollTop } = root;
    root.replaceChildren(made(shape));
    const at = rove();
    if (focused) at?.focus({ preventScroll: true });
    resize();
    root.scrollTo({ left: scrollLeft, top: scrollTop });
  }

  /** `50 ms`, `2 s`, `1 min 30 s`. */
  function time(ms) {
    if (ms < 1000) return `${Math.round(ms)} ms`;
    const seconds = ms / 1000;
    if (seconds < 60) return `${Number(seconds.toFixed(2))} s`;
    const rest = Math.round(seconds % 60);
    return `${Math.floor(seconds / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
  }

  const second = 1000;
  const minute = 60 * second;
  const steps = [
    ...[0, 1, 2, 3].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power)),
    ...[10, 20, 30].map((count) => count * second),
    ...[1, 2, 5, 10, 20, 30, 60, 120, 300].map((count) => count * minute),
  ];

  /** Lines through all lanes at round times, so far apart that their words have room. */
  function resize() {
    const axis = root.querySelector(".axis");
    const lanes = root.querySelector(".lanes");
    if (axis === null || lanes === null) return;
    lanes.style.setProperty("--zoom", String(zoom));
    keepWords();
    const scale = Number(root.firstElementChild?.getAttribute("data-scale"));
    axis.replaceChildren();
    if (!(scale > 0)) return;
    const perTick = (scale * 90) / Math.max(1, axis.clientWidth);
    const step = steps.find((each) => each >= perTick) ?? scale;
    for (let at = 0; at <= scale && axis.childElementCount < 2000; at += step) {
      const tick = document.createElement("div");
      tick.className = "tick";
      tick.style.left = `${(100 * at) / scale}%`;
      tick.append(time(at));
      axis.append(tick);
      // Words at the end would be cut, and make the page wider than it is.
      if (tick.offsetLeft + tick.offsetWidth > axis.clientWidth + 16) tick.replaceChildren();
    }
  }

  /** Words behind a bar that would be cut at the end of the axis end there, over the bar; none begin before the axis. */
  function keepWords() {
    const all = [...root.querySelectorAll(".words")];
    for (const words of all) words.removeAttribute("transform");
    const moves = all.map((words) => {
      const { x, width } = words.getBBox();
      return Math.min(x, x + width - words.ownerSVGElement.clientWidth);
    });
    all.forEach((words, index) => {
      if (moves[index] > 0) words.setAttribute("transform", `translate(${-moves[index]})`);
    });
  }

  /** @param x where the time stays where it is, in pixels of the window. */
  function zoomTo(to, x = root.clientWidth / 2) {
    const axis = root.querySelector(".axis");
    if (axis === null) return;
    const before = axis.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (x - before.left) / before.width));
    zoom = Math.min(mostZoom, Math.max(1, to));
    resize();
    const after = axis.getBoundingClientRect();
    root.scrollLeft += after.left + part * after.width - x;
    keep();
  }

  const changed = (list, id) => (list.includes(id) ? list.filter((each) => each !== id) : [...list, id]);

  function choose(news) {
    choice = { ...choice, ...news };
    vscode.postMessage({ type: "choice", choice });
  }

  const openIds = () =>
    [...root.querySelectorAll('.fold[aria-expanded="true"]')].map((fold) => fold.getAttribute("data-id"));

  const deeds = {
    fold: (id) => choose({ open: changed(openIds(), id) }),
    // What is compared is seen: both on one scale.
    compare: (id) =>
      choose({ compare: changed(choice.compare, id).slice(-2), open: [...new Set([...openIds(), id])] }),
    transfer: (id) => vscode.postMessage({ type: "transfer", id }),
    log: (id) => vscode.postMessage({ type: "log", id }),
    in: () => zoomTo(zoom * 1.5),
    out: () => zoomTo(zoom / 1.5),
    fit: () => zoomTo(1),
  };

  const act = (item) => deeds[item.getAttribute("data-do")]?.(item.getAttribute("data-id"));

  root.addEventListener("click", ({ target }) => {
    const item = target instanceof Element ? target.closest(".item") : null;
    if (item === null) return;
    current = keyOf(item);
    rove()?.focus({ preventScroll: true });
    act(item);
    keep();
  });

  root.addEventListener("focusin", ({ target }) => {
    const item = target instanceof Element ? target.closest(".item") : null;
    if (item === null) return;
    current = keyOf(item);
    rove();
    keep();
  });

  /** The boot that an element belongs to. */
  const bootOf = (item) => item.closest(".lane")?.querySelector(".fold");

  function go(item, by) {
    const all = items();
    const to = all[Math.min(all.length - 1, Math.max(0, all.indexOf(item) + by))];
    to?.focus();
    to?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  const keys = {
    ArrowDown: (item) => go(item, 1),
    ArrowUp: (item) => go(item, -1),
    Home: (item) => go(item, -Infinity),
    End: (item) => go(item, Infinity),
    ArrowRight: (item) => {
      if (item.matches('.fold[aria-expanded="false"]')) act(item);
      else if (item.matches(".row")) root.scrollLeft += 80;
      else go(item, 1);
    },
    ArrowLeft: (item) => {
      if (item.matches('.fold[aria-expanded="true"]')) act(item);
      else if (item.matches(".row") && root.scrollLeft > 0) root.scrollLeft -= 80;
      else if (item.matches(".row")) bootOf(item)?.focus();
      else go(item, -1);
    },
    Enter: act,
    " ": act,
    c: (item) => {
      const id = bootOf(item)?.getAttribute("data-id");
      if (typeof id === "string") deeds.compare(id);
    },
    "+": deeds.in,
    "=": deeds.in,
    "-": deeds.out,
    0: deeds.fit,
  };

  root.addEventListener("keydown", (event) => {
    const item = event.target instanceof Element ? event.target.closest(".item") : null;
    if (item === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const deed = keys[event.key];
    if (deed === undefined) return;
    event.preventDefault();
    deed(item);
  });

  root.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoomTo(zoom * Math.exp(-event.deltaY / 300), event.clientX);
    },
    { passive: false },
  );
  root.addEventListener("scroll", keep);
  addEventListener("resize", resize);

  let scroll = kept.scroll ?? 0;
  addEventListener("message", ({ data }) => {
    choice = data.choice;
    draw(data.shape);
    // Where it was before a reload; from then on it stays where it is.
    if (scroll > 0) root.scrollLeft = scroll;
    scroll = 0;
    keep();
  });
  vscode.postMessage({ type: "ready" });
})();
