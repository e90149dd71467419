// What the parts of an agent's panel share: they ask, are told, and show what they are told.

import { h, icon, keepFromJupyter } from "./dom.js";
import { BUSY, ICONS, LATE_MS, LOST } from "./parts.js";
import { whileLive } from "./kernel.js";

/** @typedef {(type: string, content?: object) => void} Ask */
/** @typedef {{ show: (told: any) => void, close?: () => void }} View */

/**
 * Render a part of the panel.
 *
 * @param {import("@anywidget/types").RenderProps} context
 * @param {string} look
 * @param {(panel: HTMLElement, ask: Ask) => View} build
 */
export function agentView({ model, el }, look, build) {
  const panel = h("section", { class: `fcl ${look}`, "data-role": "agent" });
  const waiting = h("div", { class: "fcl-idle", hidden: true }, BUSY);
  keepFromJupyter(panel);
  el.classList.add("fcl-root");
  el.append(panel);
  const lost = h("div", { class: "fcl-lost", role: "alert", hidden: true });
  let live = true;
  const view = build(panel, (type, content = {}) => live && model.send({ type, ...content }));
  panel.append(waiting, lost);
  const late = setTimeout(() => {
    waiting.hidden = false;
  }, LATE_MS);
  /** @param {object} told */
  const receive = (told) => {
    clearTimeout(late);
    waiting.remove();
    view.show(told);
  };
  model.on("msg:custom", receive);
  model.send({ type: "ready" });
  const endLive = whileLive(model, el, (now) => {
    live = now;
    lost.hidden = live;
    lost.replaceChildren(icon(ICONS.alert), live ? "" : LOST);
    panel.classList.toggle("fcl-dead", !live);
    for (const button of panel.querySelectorAll("button")) button.disabled = !live;
    if (live) model.send({ type: "ready" });
  });
  return () => {
    endLive();
    clearTimeout(late);
    model.off("msg:custom", receive);
    view.close?.();
  };
}

/**
 * Make a button that is out of use from the click until Python has told what came of it.
 *
 * @param {string} label
 * @param {string} look
 * @param {() => void} act
 */
export function actionButton(label, look, act) {
  const click = () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true"); // disabled, it would lose the focus
    act();
  };
  const button = h("button", { type: "button", class: `fcl-action ${look}`, click }, label);
  return button;
}
