// A list, and beside it what is chosen from it: five of the six views.

import { h, icon } from "./dom.js";
import { plural } from "./format.js";

export function matching(items, filter, words) {
  const wanted = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return items;
  return items.filter((item) => {
    const text = words(item).flat(Infinity).join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

export function browse(view, { list, filter, key, whole, problem, more, moreOf, close }) {
  return h("div", { class: "browse", "data-view": view.name, "data-open": key ? "yes" : "no" },
    listed(view, list, filter, key, more),
    key ? details(view, key, whole, problem, moreOf, close) : hint(view, list));
}

function listed(view, list, filter, key, more) {
  if (!list) return h("section", { class: "list", "aria-busy": "true" }, h("p", { class: "muted note" }, "Loading…"));
  if (!list.total) return h("section", { class: "list" }, h("div", { class: "empty" }, icon(view.name), view.empty()));
  const found = matching(list.items, filter, view.words);
  const reached = found.find((item) => view.key(item) === key) ?? found[0];
  return h("section", { class: "list", "aria-label": view.title },
    view.heads && h("p", { class: "row heads", "aria-hidden": "true" }, view.heads.map((head) => h("span", {}, head))),
    h("ul", { class: "rows" }, found.map((item) => row(view, item, key, item === reached))),
    counted(view, list, found, filter),
    list.total > list.items.length && h("button", { class: "button more", type: "button", on: { click: more } }, "Show more"));
}

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

function counted(view, list, found, filter) {
  const { items, total } = list;
  const newest = total > items.length ? `newest ${items.length} of ${total}` : plural(total, view.one, view.many);
  const text = filter ? `${found.length} of ${newest} match` : newest;
  return h("p", { class: "note muted", role: "status" }, text);
}

const hint = (view, list) =>
  h("div", { class: "hint", "aria-hidden": "true" },
    list?.total ? h("p", {}, icon(view.name), `Choose a ${view.one} to look at it.`) : null);

function details(view, key, whole, problem, moreOf, close) {
  const isHere = whole && view.key(whole) === key;
  return h("section", { class: "details", id: "details", tabindex: "-1", "aria-label": `${view.one} ${key}`, "data-key": `${view.name}/${key}` },
    h("button", { class: "button close", type: "button", "aria-label": "Close (Esc)", title: "Close (Esc)", on: { click: close } }, icon("close")),
    isHere ? view.details(whole, { moreOf }) : h("p", { class: "muted note" }, problem ?? "Loading…"));
}
