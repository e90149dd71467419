// The DOM kit of every page and widget here. Text only ever enters a page as text nodes and
// attributes, never as HTML, so a message cannot bring markup with it.

/** @typedef {Node | string | false | null | undefined | Child[]} Child  "" and what is no value are left out */
/** @typedef {(event: any) => unknown} Handler */
/** @typedef {Record<string, string | number | boolean | null | undefined | Handler>} Attributes */

const SVG = "http://www.w3.org/2000/svg";

/** @type {WeakMap<EventTarget, Record<string, Handler>>} */
const handlers = new WeakMap();

/**
 * Make an element. An attribute that is a function handles the event of its name; one that is
 * false, null or undefined is left out.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {Child[]} children
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  /** @type {Record<string, Handler>} */
  const handled = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") handled[name] = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  listen(element, handled);
  element.append(...nodes(children));
  return element;
}

/** @param {Child[]} children @returns {(Node | string)[]} */
const nodes = (children) => children.flatMap((child) => (Array.isArray(child) ? nodes(child) : child || []));

/** @param {Element} element @param {Record<string, Handler>} handled */
function listen(element, handled) {
  const types = Object.keys(handled);
  if (types.length > 0) handlers.set(element, handled);
  for (const type of types) element.addEventListener(type, handle);
}

/** @param {Event} event */
function handle(event) {
  if (event.currentTarget) handlers.get(event.currentTarget)?.[event.type]?.(event);
}

/**
 * Let an element handle events as another one does, where that one handles any.
 *
 * @param {Element} element
 * @param {Element} other
 */
export function handleAs(element, other) {
  listen(element, handlers.get(other) ?? {});
}

/** @param {string} path the data of an SVG path, 24 wide and high */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.append(shape);
  return svg;
}

/**
 * Keep JupyterLab from taking letters for commands, such as dd for "delete this cell", and arrows
 * for moves to another cell.
 *
 * @param {Element} element
 */
export function keepFromJupyter(element) {
  element.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const type of ["keydown", "keyup", "keypress"]) {
    element.addEventListener(type, (event) => event.stopPropagation());
  }
}
