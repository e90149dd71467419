// Where the reader is: at the end, which is then kept in sight, or reading back, which is respected.

import { h, icon } from "./dom.js";
import { ICONS } from "./parts.js";

/** @typedef {() => void} Act */

const NEAR_PX = 40;

export class Scroll {
  stuck = true;
  hidden = false;
  unread = 0;
  saved = 0;
  extent = 0;

  /**
   * @param {HTMLElement} box
   * @param {HTMLElement} content
   * @param {{ atTop: Act, atEnd: Act, toAnswer: Act }} acts
   */
  constructor(box, content, { atTop, atEnd, toAnswer }) {
    this.box = box;
    this.atTop = atTop;
    this.atEnd = atEnd;
    const look = { type: "button", class: "fcl-pill", hidden: true };
    const follow = () => {
      this.toEnd(true);
      toAnswer(); // where the focus goes before the pill does
    };
    this.pill = h("button", { ...look, click: follow });
    this.sizes = new ResizeObserver(() => this.settle());
    this.sizes.observe(box);
    this.sizes.observe(content);
    box.addEventListener("scroll", () => this.scrolled(), { passive: true });
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    if (clientHeight === 0 || this.hidden) return;
    const near = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    // Only a move upwards is the reader's: the end also gets away when messages arrive in a burst.
    // And where the content shrinks, the browser itself moves up.
    const byReader = scrollTop < this.saved && scrollHeight - clientHeight === this.extent;
    this.stuck = near || (this.stuck && !byReader);
    this.saved = scrollTop;
    if (near) this.showPill(0);
    if (near) this.atEnd();
    if (scrollTop < NEAR_PX && scrollHeight > clientHeight) this.atTop();
  }

  // JupyterLab takes cells out of the page while they are far away: their position is lost then.
  settle() {
    const wasHidden = this.hidden;
    this.hidden = this.box.clientHeight === 0;
    if (this.hidden) return;
    this.extent = this.box.scrollHeight - this.box.clientHeight;
    if (this.stuck) this.toEnd();
    else if (wasHidden) this.box.scrollTop = this.saved;
  }

  toEnd(smoothly = false) {
    this.stuck = true;
    const calmly = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const behavior = smoothly && !calmly ? "smooth" : "instant";
    this.box.scrollTo({ top: this.box.scrollHeight, behavior });
  }

  /**
   * Put something in above what is being read, without moving that.
   *
   * @param {Act} insert
   */
  keeping(insert) {
    const { scrollHeight, scrollTop } = this.box;
    insert();
    if (!this.stuck) this.box.scrollTop = scrollTop + this.box.scrollHeight - scrollHeight;
  }

  /** @param {number} count */
  arrived(count) {
    if (!this.stuck) this.showPill(this.unread + count);
  }

  /** @param {number} unread */
  showPill(unread) {
    this.unread = unread;
    this.pill.hidden = unread === 0;
    this.pill.replaceChildren(icon(ICONS.down), unread === 1 ? "1 new message" : `${unread} new messages`);
  }

  close() {
    this.sizes.disconnect();
  }
}
