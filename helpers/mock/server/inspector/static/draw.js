// How a page that is drawn anew changes only what differs.

import { h, handleAs } from "./dom.js";

/** @import { Child } from "./dom.js" */

const FEW = 3;

/**
 * Draw the content of an element. What a reader does with the page stays: focus, scroll positions,
 * what is folded out, what is typed. An element with a `data-key` is found again wherever it moves
 * among its siblings.
 *
 * @param {Element} place
 * @param {Child[]} children
 */
export function draw(place, ...children) {
  merge(place, h("div", {}, children));
}

/** @param {Node} node */
const keyOf = (node) => (node instanceof HTMLElement ? node.dataset.key : undefined);

/** @param {ChildNode} from @param {ChildNode} to */
function morph(from, to) {
  if (from.nodeName !== to.nodeName || keyOf(from) !== keyOf(to)) {
    from.replaceWith(to);
  } else if (from instanceof Element && to instanceof Element) {
    takeAttributes(from, to);
    handleAs(from, to);
    merge(from, to);
  } else if (from.nodeValue !== to.nodeValue) {
    from.nodeValue = to.nodeValue;
  }
}

/** @param {Element} from @param {Element} to */
function takeAttributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && name !== "open") from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && name !== "open") from.setAttribute(name, value);
  }
  if (from instanceof HTMLSelectElement && from.dataset.value && from !== document.activeElement) from.value = from.dataset.value;
}

/** @param {Element} from @param {Element} to */
function merge(from, to) {
  const wanted = new Set([...to.children].map(keyOf));
  for (const child of [...from.children]) {
    if (keyOf(child) && !wanted.has(keyOf(child))) child.remove();
  }
  const known = new Map([...from.children].filter(keyOf).map((child) => [keyOf(child), child]));
  /** @type {Element[]} */
  const added = [];
  let at = from.firstChild;
  for (const child of [...to.childNodes]) {
    const own = known.get(keyOf(child));
    if (own) {
      if (own === at) at = own.nextSibling;
      else from.insertBefore(own, at);
      morph(own, child);
    } else if (at && !keyOf(at) && !keyOf(child)) {
      const next = at.nextSibling;
      morph(at, child);
      at = next;
    } else {
      from.insertBefore(child, at);
      if (keyOf(child) && child instanceof HTMLLIElement) added.push(child);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
  if (known.size && added.length <= FEW) added.forEach(flash);
}

/** @param {Element} element */
function flash(element) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const mark = { boxShadow: "inset 3px 0 0 0 var(--accent)", backgroundColor: "var(--new)" };
  element.animate([mark, {}], { duration: 1400, easing: "ease-out" });
}
