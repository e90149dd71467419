// What the parts of an agent's panel share: they ask, are told, and show what they are told.

const LATE_MS = 4000;
const BUSY = "Waiting for the kernel, which may be busy running a cell";

function agentView({ model, el }, view) {
  const panel = h("section", { class: `fcl ${view.look}`, "data-role": "agent" });
  const waiting = h("div", { class: "fcl-idle", hidden: true }, BUSY);
  const receive = (message) => {
    clearTimeout(late);
    waiting.remove();
    view.show(message);
  };
  const late = setTimeout(() => (waiting.hidden = false), LATE_MS);
  keepFromNotebook(panel);
  el.classList.add("fcl-root");
  el.append(panel);
  view.build(panel, (type, content = {}) => model.send({ type, ...content }));
  panel.append(waiting);
  model.on("msg:custom", receive);
  model.send({ type: "ready" });
  return () => {
    clearTimeout(late);
    model.off("msg:custom", receive);
    view.close?.();
  };
}

// Otherwise JupyterLab takes keys for commands and for moves to another cell.
function keepFromNotebook(panel) {
  panel.setAttribute("data-lm-suppress-shortcuts", "true");
  const keep = (event) => event.stopPropagation();
  for (const kind of ["keydown", "keyup", "keypress"]) panel.addEventListener(kind, keep);
}

// A button that is out of use from the click until Python has told what came of it.
function actionButton(label, look, act) {
  const click = ({ currentTarget }) => {
    if (currentTarget.getAttribute("aria-disabled") === "true") return;
    currentTarget.setAttribute("aria-disabled", "true"); // disabled, it would lose the focus
    act();
  };
  return h("button", { type: "button", class: `fcl-action ${look}`, click }, label);
}
