// Whether the kernel that a widget belongs to is there: one that was restarted knows nothing of it.

const GONE = ["restarting", "autorestarting", "terminating", "dead"];
const VIEW = "application/vnd.jupyter.widget-view+json";
const MARK = "fcl-still";
const SETTLED_MS = 5000;
const IS_LOST = "is_lost";

/** @typedef {{ connect: (slot: Function) => unknown, disconnect: (slot: Function) => unknown }} Signal */
/** @typedef {{ statusChanged: Signal, kernelChanged: Signal }} Session */

/** @type {WeakSet<object>} documents whose dead panels were replaced */
const replaced = new WeakSet();

/**
 * In JupyterLab, leave the panels' HTML in the notebook in place of widgets that no kernel knows:
 * opened again, it would show "model not found". The page itself keeps its panels. A notebook that
 * was saved is saved again; others are saved when their other changes are.
 *
 * @param {any} context of the document
 */
function leaveHtml(context) {
  if (!context?.model?.cells || replaced.has(context)) return;
  replaced.add(context);
  const wasSaved = !context.model.dirty && !context.model.readOnly;
  let count = 0;
  for (const cell of context.model.cells) {
    for (let at = 0; at < (cell.outputs?.length ?? 0); at += 1) {
      const output = cell.outputs.get(at).toJSON();
      if (!output.data?.[VIEW] || !String(output.data["text/html"]).includes(MARK)) continue;
      delete output.data[VIEW];
      cell.sharedModel.updateOutputs(at, at + 1, [output], "silent-change");
      count += 1;
    }
  }
  if (wasSaved && count > 0) context.save();
  setTimeout(() => replaced.delete(context), SETTLED_MS);
}

/**
 * Call `changed` with whether the kernel is there: now, if it is not, and whenever that changes.
 * Returns a function that ends it.
 *
 * Three things tell: a class on the widget's element and an event of its model, as ipywidgets has
 * them everywhere; and the session, in JupyterLab, which alone says that a kernel has died.
 *
 * @param {import("@anywidget/types").AnyModel} model
 * @param {Element} root
 * @param {(live: boolean) => void} changed
 */
export function whileLive(model, root, changed) {
  let [live, hasComm] = [true, true];
  const look = () => {
    const marked = root.closest(".jupyter-widgets-disconnected") !== null;
    const now = hasComm && !marked && !model.get(IS_LOST);
    if (now === live) return;
    live = now;
    changed(live);
  };
  const flip = () => {
    hasComm = !hasComm;
    look();
  };
  const lose = () => {
    model.set(IS_LOST, true); // kept here, for views that are made later
    look();
    leaveHtml(manager?.context);
  };
  const judge = (/** @type {unknown} */ _session, /** @type {string} */ status) => {
    if (GONE.includes(status)) lose();
  };
  const marks = new MutationObserver(look);
  marks.observe(root, { attributes: true, attributeFilter: ["class"] });
  model.on("comm_live_update", flip);
  /** @type {any} */
  const manager = model.widget_manager;
  /** @type {Session | undefined} */
  const session = manager?.context?.sessionContext;
  session?.statusChanged.connect(judge);
  session?.kernelChanged.connect(lose);
  look();
  return () => {
    marks.disconnect();
    model.off("comm_live_update", flip);
    session?.statusChanged.disconnect(judge);
    session?.kernelChanged.disconnect(lose);
  };
}
