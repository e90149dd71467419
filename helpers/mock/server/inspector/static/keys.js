// Everything that can be done with the keyboard beyond Tab and Enter.

import { dialog } from "./parts.js";

const NARROW = matchMedia("(max-width: 960px)"); // there, details lie over the list

/** @typedef {(at: number, last: number) => number} Move */
/** @type {Record<string, Move>} */
const MOVES = { ArrowDown: (at) => at + 1, ArrowUp: (at) => at - 1, Home: () => 0, End: (_, last) => last };

function rows() {
  /** @type {NodeListOf<HTMLAnchorElement>} */
  const found = document.querySelectorAll(".rows a.row");
  return [...found];
}

/**
 * @typedef {object} Doings
 * @property {{ name: string }[]} views
 * @property {() => { key: string | null }} current
 * @property {() => string} opened the address of the page
 * @property {() => void} close
 */

/** @param {Doings} doings */
export function useKeys({ views, current, opened, close }) {
  /** @type {Record<string, () => unknown>} */
  const anywhere = {
    "/": () => document.getElementById("filter")?.focus(),
    "?": () => dialog("help").showModal(),
    c: () => document.getElementById("curl")?.querySelector("button")?.click(),
    Escape: () => current().key && close(),
    ...Object.fromEntries(views.map((view, place) => [place + 1, () => { location.hash = `#/${view.name}`; }])),
  };

  /** @param {HTMLAnchorElement} row @param {Move} to */
  function move(row, to) {
    const all = rows();
    const last = all.length - 1;
    const wanted = all[Math.max(0, Math.min(last, to(all.indexOf(row), last)))];
    wanted?.focus();
    if (wanted && current().key && !NARROW.matches) location.replace(wanted.hash);
  }

  /** @param {HTMLAnchorElement} row */
  function open(row) {
    const enter = () => document.getElementById("details")?.focus();
    if (row.hash === opened()) return enter();
    addEventListener("hashchange", enter, { once: true }); // after the page is drawn by its own
    location.hash = row.hash;
  }

  /** @param {string} key @param {HTMLAnchorElement} row */
  function inRow(key, row) {
    if (key === "Enter") open(row);
    else if (MOVES[key]) move(row, MOVES[key]);
    else return false;
    return true;
  }

  /** @param {string} key @param {HTMLInputElement} filter */
  function inFilter(key, filter) {
    if (key === "ArrowDown") rows()[0]?.focus();
    else if (key === "Escape" && filter.value) {
      filter.value = "";
      filter.dispatchEvent(new Event("input"));
    } else if (key === "Escape") filter.blur();
    else return false;
    return true;
  }

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (!(target instanceof Element)) return;
    /** @type {HTMLAnchorElement | null} */
    const row = target.closest(".rows a.row");
    if (row && inRow(event.key, row)) event.preventDefault();
    else if (target instanceof HTMLInputElement && target.id === "filter") inFilter(event.key, target) && event.preventDefault();
    else if (target.matches("input, select, textarea")) return;
    else if (anywhere[event.key] && !event.repeat) {
      event.preventDefault();
      anywhere[event.key]();
    }
  });
}
