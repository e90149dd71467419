// Elements, and how a page that is drawn anew changes only what differs. Text only ever enters as
// text nodes and attributes, never as HTML, so that a message cannot bring markup with it.

const SVG = "http://www.w3.org/2000/svg";
const FEW = 3;

export function h(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "on") listen(element, value);
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat(Infinity).filter(isSomething));
  return element;
}

const isSomething = (child) => child !== null && child !== undefined && child !== false && child !== "";

function listen(element, handlers) {
  element.handlers = handlers;
  for (const type of Object.keys(handlers)) element.addEventListener(type, handle);
}

function handle(event) {
  event.currentTarget.handlers?.[event.type]?.(event);
}

const PATHS = {
  overview: "M4 4h7v9H4zm9 0h7v5h-7zM4 15h7v5H4zm9-4h7v9h-7z",
  channels: "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
  tasks: "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm5.6 13.2 7-7-1.6-1.6-5.4 5.4-2.6-2.6L6.4 12z",
  executions: "M6 2a3 3 0 0 1 1 5.800V10h7a3 3 0 0 1 3 3v3.200a3 3 0 1 1-2 0V13a1 1 0 0 0-1-1H7v4.200a3 3 0 1 1-2 0V7.800A3 3 0 0 1 6 2z",
  requests: "M7 4 2 9l5 5v-3.500h8v-3H7zm10 6v3.500H9v3h8V20l5-5z",
  webhooks: "M13 2 4 14h6l-1 8 9-12h-6z",
  copy: "M8 2h10a2 2 0 0 1 2 2v12h-2V4H8zM5 6h9a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2z",
  close: "m12 10.6 5-5L18.4 7l-5 5 5 5-1.4 1.4-5-5-5 5L5.6 17l5-5-5-5L7 5.600z",
  clock: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zm-1 4v6.500l5 3 1-1.7-4-2.300V6z",
  file: "M6 2h8l5 5v13a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2zm7 1.500V8h4.500z",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  return svg;
}

// What a reader does with the page stays: focus, scroll positions, what is folded out, what is
// typed. An element with a `data-key` is found again wherever it moves among its siblings.
export function draw(place, ...children) {
  merge(place, h(place.tagName, {}, ...children));
}

const keyOf = (node) => node.dataset?.key;

function morph(from, to) {
  if (from.nodeName !== to.nodeName || keyOf(from) !== keyOf(to)) {
    from.replaceWith(to);
  } else if (from.nodeType === Node.TEXT_NODE) {
    if (from.data !== to.data) from.data = to.data;
  } else {
    takeAttributes(from, to);
    if (to.handlers) listen(from, to.handlers);
    merge(from, to);
  }
}

function takeAttributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && name !== "open") from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && name !== "open") from.setAttribute(name, value);
  }
}

function merge(from, to) {
  const wanted = new Set([...to.children].map(keyOf));
  for (const child of [...from.children]) {
    if (keyOf(child) && !wanted.has(keyOf(child))) child.remove();
  }
  const known = new Map([...from.children].filter(keyOf).map((child) => [keyOf(child), child]));
  const added = [];
  let at = from.firstChild;
  for (const child of [...to.childNodes]) {
    const own = known.get(keyOf(child));
    if (own) {
      if (own === at) at = at.nextSibling;
      else from.insertBefore(own, at);
      morph(own, child);
    } else if (at && !keyOf(at) && !keyOf(child)) {
      const next = at.nextSibling;
      morph(at, child);
      at = next;
    } else {
      from.insertBefore(child, at);
      if (keyOf(child) && child.nodeName === "LI") added.push(child);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
  if (known.size && added.length <= FEW) added.forEach(flash);
}

function flash(element) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const mark = { boxShadow: "inset 3px 0 0 0 var(--accent)", backgroundColor: "var(--new)" };
  element.animate([mark, {}], { duration: 1400, easing: "ease-out" });
}
