// Where the reader is: at the end, which is then kept in sight, or reading back, which is respected.

import { h, icon } from "./dom.js";
import { ICONS } from "./parts.js";

/** @typedef {() => void} Act */

const NEAR_PX = 40;
const FAR_SCREENS = 2;

export class Scroll {
  stuck = true;
  hidden = false;
  unread = 0;
  saved = 0;
  extent = 0;
  /** Whether later messages exist that are not in the page. */
  more = false;
  far = false;

  /**
   * @param {HTMLElement} box
   * @param {HTMLElement} content
   * @param {{ atTop: Act, atEnd: Act, atBottom: Act, toLatest: Act, toAnswer: Act }} acts
   */
  constructor(box, content, { atTop, atEnd, atBottom, toLatest, toAnswer }) {
    this.box = box;
    this.atTop = atTop;
    this.atEnd = atEnd;
    this.atBottom = atBottom;
    const look = { type: "button", class: "fcl-pill", hidden: true };
    const follow = () => {
      if (this.more) toLatest();
      else this.toEnd(true);
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
    const left = scrollHeight - scrollTop - clientHeight;
    const near = left < NEAR_PX && !this.more;
    // Only a move upwards is the reader's: the end also gets away when messages arrive in a burst.
    // And where the content shrinks, the browser itself moves up.
    const byReader = scrollTop < this.saved && scrollHeight - clientHeight === this.extent;
    this.stuck = near || (this.stuck && !byReader);
    this.saved = scrollTop;
    this.far = left > FAR_SCREENS * clientHeight || this.more;
    this.showPill(near ? 0 : this.unread);
    if (near) this.atEnd();
    if (this.more && left < NEAR_PX) this.atBottom();
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

  /** @param {Element} element to be read, away from the end */
  toElement(element) {
    this.stuck = false;
    element.scrollIntoView({ block: "center", inline: "nearest" });
    this.saved = this.box.scrollTop;
  }

  /** @param {number} count */
  arrived(count) {
    if (!this.stuck) this.showPill(this.unread + count);
  }

  /** @param {number} unread */
  showPill(unread) {
    if (this.stuck) this.far = false;
    this.unread = unread;
    this.pill.hidden = unread === 0 && !this.far;
    const news = unread === 1 ? "1 new message" : `${unread} new messages`;
    const text = unread ? news : "Latest messages";
    if (this.pill.textContent !== text) this.pill.replaceChildren(icon(ICONS.down), text);
  }

  close() {
    this.sizes.disconnect();
  }
}
