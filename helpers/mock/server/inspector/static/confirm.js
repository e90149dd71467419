// What cannot be undone is asked about first.

const element = (id) => document.getElementById(id);

let act = () => {};

// `pull` carries a lever out, once it was agreed to.
export function useConfirmation(pull) {
  element("confirm-no").onclick = () => element("confirm").close();
  element("confirm-yes").onclick = () => {
    element("confirm").close();
    act(pull);
  };
}

export function confirmed(question, word, path, body) {
  element("confirm-title").textContent = question;
  element("confirm-yes").textContent = word;
  act = (pull) => pull(path, body);
  element("confirm").showModal();
}
