// A list, and beside it what is chosen from it: five of the six views.

import { h, icon } from "./dom.js";
import { plural } from "./format.js";
import { ICONS } from "./icons.js";

/** @import { Child } from "./dom.js" */
/** @import { Act } from "./actions.js" */
/**
 * @template Item as it is listed
 * @template Whole as it is shown beside the list
 * @typedef {object} View
 * @property {keyof typeof ICONS} name
 * @property {string} one
 * @property {string} [many]
 * @property {string} title
 * @property {string[]} topics
 * @property {string[]} [heads]
 * @property {(one: Item | Whole) => string} key
 * @property {(item: Item) => unknown[]} words the texts that a filter searches
 * @property {(item: Item) => Child} row
 * @property {(whole: Whole, doings: { moreOf: () => void, act: Act }) => Child} details
 * @property {() => Child} empty
 * @property {(refresh: () => void) => Child} [tools] beside the title
 * @property {() => string} [query] of the list, behind its limit
 */
/** @typedef {View<any, any>} AnyView */
/** @typedef {{ items: object[], total: number }} List */
/**
 * @typedef {object} Shown
 * @property {List | undefined} list
 * @property {string} filter
 * @property {string | null} key
 * @property {object | null} whole
 * @property {string | null} problem
 * @property {Act} act
 * @property {() => void} more
 * @property {() => void} moreOf
 * @property {() => void} close
 */

/** @param {object[]} items @param {string} filter @param {AnyView["words"]} words */
function matching(items, filter, words) {
  const wanted = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return items;
  return items.filter((item) => {
    const text = words(item).flat(Infinity).join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** @param {AnyView} view @param {Shown} shown */
export function browse(view, shown) {
  const { list, key } = shown;
  return h("div", { class: "browse", "data-view": view.name, "data-open": key ? "yes" : "no" },
    listed(view, shown), key ? details(view, key, shown) : hint(view, list));
}

/** @param {AnyView} view @param {Shown} shown */
function listed(view, { list, filter, key, more }) {
  if (!list) return h("section", { class: "list", "aria-busy": "true" }, h("p", { class: "muted note" }, "Loading…"));
  if (!list.total) return h("section", { class: "list" }, h("div", { class: "empty" }, icon(ICONS[view.name]), view.empty()));
  const found = matching(list.items, filter, view.words);
  const reached = found.find((item) => view.key(item) === key) ?? found[0];
  return h("section", { class: "list", "aria-label": view.title },
    view.heads && h("p", { class: "row heads", "aria-hidden": "true" }, view.heads.map((head) => h("span", {}, head))),
    h("ul", { class: "rows" }, found.map((item) => row(view, item, key, item === reached))),
    counted(view, list, found, filter),
    list.total > list.items.length && h("button", { class: "button more", type: "button", click: more }, "Show more"));
}

/** @param {AnyView} view @param {object} item @param {string | null} key @param {boolean} isReached */
function row(view, item, key, isReached) {
  const own = view.key(item);
  return h("li", { "data-key": own },
    h("a", {
      class: "row",
      href: `#/${view.name}/${own}`,
      tabindex: isReached ? "0" : "-1",
      "aria-current": own === key ? "true" : null,
    }, view.row(item)));
}

/** @param {AnyView} view @param {List} list @param {object[]} found @param {string} filter */
function counted(view, list, found, filter) {
  const { items, total } = list;
  const newest = total > items.length ? `latest ${items.length} of ${total}` : plural(total, view.one, view.many);
  const text = filter ? `${found.length} of ${newest} match` : newest;
  return h("p", { class: "note muted", role: "status" }, text);
}

/** @param {AnyView} view @param {List | undefined} list */
const hint = (view, list) =>
  h("div", { class: "hint", "aria-hidden": "true" },
    list?.total ? h("p", {}, icon(ICONS[view.name]), `Choose ${/^[aeio]/.test(view.one) ? "an" : "a"} ${view.one} to look at it.`) : null);

/** @param {AnyView} view @param {string} key @param {Shown} shown */
function details(view, key, { whole, problem, moreOf, act, close }) {
  const isHere = whole && view.key(whole) === key;
  return h("section", { class: "details", id: "details", tabindex: "-1", "aria-label": `${view.one} ${key}`, "data-key": `${view.name}/${key}` },
    h("button", { class: "button close", type: "button", "aria-label": "Close (Esc)", title: "Close (Esc)", click: close }, icon(ICONS.close)),
    isHere ? view.details(whole, { moreOf, act }) : h("p", { class: "muted note" }, problem ?? "Loading…"));
}
