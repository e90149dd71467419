// Where the reader is: at the end, which is then kept in sight, or reading back, which is respected.

const NEAR_PX = 40;

class Scroll {
  constructor(box, content, { atTop, atEnd }) {
    Object.assign(this, { box, content, atTop, atEnd, stuck: true, saved: 0, hidden: false, unread: 0 });
    const look = { type: "button", class: "fcl-pill", hidden: true };
    this.pill = h("button", { ...look, click: () => this.toEnd(true) });
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
    this.stuck = near || (this.stuck && scrollTop >= this.saved);
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
    if (this.stuck) this.toEnd();
    else if (wasHidden) this.box.scrollTop = this.saved;
  }

  toEnd(smoothly = false) {
    this.stuck = true;
    const calmly = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const behavior = smoothly && !calmly ? "smooth" : "instant";
    this.box.scrollTo({ top: this.box.scrollHeight, behavior });
  }

  // Puts something in above what is being read, without moving that.
  keeping(insert) {
    const { scrollHeight, scrollTop } = this.box;
    insert();
    if (!this.stuck) this.box.scrollTop = scrollTop + this.box.scrollHeight - scrollHeight;
  }

  arrived(count) {
    if (!this.stuck) this.showPill(this.unread + count);
  }

  showPill(unread) {
    this.unread = unread;
    this.pill.hidden = unread === 0;
    this.pill.replaceChildren(icon("down"), unread === 1 ? "1 new message" : `${unread} new messages`);
  }

  close() {
    this.sizes.disconnect();
  }
}
