// The snapshots that were taken here; the server knows them by their names.

const KEY = "snapshots";

/** @typedef {{ name: string, at: number }} Kept */

/** @type {Kept[]} */
let all = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");

export const kept = () => all;

/** @param {Kept} snapshot */
export const keep = (snapshot) => store([...all, snapshot]);

/** @param {string} name */
export const forget = (name) => store(all.filter((each) => each.name !== name));

/** @param {Kept[]} changed */
function store(changed) {
  all = changed;
  sessionStorage.setItem(KEY, JSON.stringify(all));
}
