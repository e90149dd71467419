// What cannot be undone is asked about first.

import { byId, dialog } from "./parts.js";

/** @import { Pull } from "./api.js" */

/** @type {(pull: Pull) => unknown} */
let act = () => {};

/** @param {Pull} pull carries a lever out, once it was agreed to */
export function useConfirmation(pull) {
  byId("confirm-no").onclick = () => dialog("confirm").close();
  byId("confirm-yes").onclick = () => {
    dialog("confirm").close();
    act(pull);
  };
}

/** @param {string} question @param {string} word @param {string} path @param {object} [body] */
export function confirmed(question, word, path, body) {
  byId("confirm-title").textContent = question;
  byId("confirm-yes").textContent = word;
  act = (pull) => pull(path, body);
  dialog("confirm").showModal();
}
