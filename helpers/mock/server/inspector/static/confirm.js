// What takes much away is asked about first.

import { byId, dialog } from "./parts.js";

/** @import { Act } from "./actions.js" */
/** @typedef {{ question: string, text: string, word: string, path: string, body?: object, method?: string }} Proposal `word` is on the button that agrees */

/** @type {(act: Act) => unknown} */
let agreed = () => {};

/** @param {Act} act carries out what was agreed to */
export function useConfirmation(act) {
  byId("confirm-no").onclick = () => dialog("confirm").close();
  byId("confirm-yes").onclick = () => {
    dialog("confirm").close();
    agreed(act);
  };
}

/** @param {Proposal} proposal */
export function confirmed({ question, text, word, path, body, method }) {
  byId("confirm-title").textContent = question;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = word;
  agreed = (act) => act(path, body, method);
  dialog("confirm").showModal();
}
