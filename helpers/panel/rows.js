// The transcript: rows in the order of their index, grouped by author, with a line for each day.

const BURST_MS = 80;

class Rows {
  constructor(log, askForMedia) {
    this.log = log;
    this.askForMedia = askForMedia;
    this.rows = [];
    this.bySid = new Map();
    this.seenRow = null;
    this.arrivedAt = 0;
    this.inView = new IntersectionObserver((entries) => this.cameIntoView(entries));
  }

  clear() {
    this.rows = [];
    this.bySid.clear();
    this.log.replaceChildren();
  }

  put(record, live = false) {
    const known = this.bySid.get(record.sid);
    const row = { record, key: [record.index, 0], time: Date.parse(record.timestamp) };
    row.element = this.build(row);
    this.bySid.set(record.sid, row);
    if (known) this.swap(known, row);
    else this.place(row);
    if (live) this.animate(row.element);
  }

  // One message slides in; a burst of them just appears.
  animate(element) {
    const now = performance.now();
    element.classList.toggle("fcl-enter", now - this.arrivedAt > BURST_MS);
    this.arrivedAt = now;
  }

  notice(record) {
    const row = { notice: record, key: [record.after, record.number], time: Date.parse(record.timestamp) };
    if (this.rows.some((other) => other.notice?.number === record.number)) return;
    const text = h("div", { class: "fcl-notice" }, record.text, " · ", timeElement(row.time));
    row.element = h("div", { class: "fcl-row" }, this.day(row), text);
    this.place(row);
  }

  remove(sid) {
    const at = this.rows.indexOf(this.bySid.get(sid));
    if (at < 0) return;
    this.bySid.delete(sid);
    this.rows.splice(at, 1)[0].element.remove();
    this.decorate(at - 1, at);
  }

  swap(known, row) {
    const at = this.rows.indexOf(known);
    this.rows[at] = row;
    known.element.replaceWith(row.element);
    this.decorate(at);
  }

  place(row) {
    let at = this.rows.length;
    while (at > 0 && isAfter(this.rows[at - 1].key, row.key)) at -= 1;
    this.log.insertBefore(row.element, this.rows[at]?.element ?? null);
    this.rows.splice(at, 0, row);
    this.decorate(at - 1, at, at + 1);
  }

  // How a row looks depends on its neighbours only, so only those are looked at again.
  decorate(...places) {
    for (const at of places) {
      const [before, row, after] = [this.rows[at - 1], this.rows[at], this.rows[at + 1]];
      if (!row) continue;
      const newDay = !before || midnight(before.time) !== midnight(row.time);
      row.dayLine.hidden = !newDay;
      row.element.classList.toggle("fcl-first", !sameGroup(before, row));
      row.element.classList.toggle("fcl-last", !sameGroup(row, after));
    }
  }

  markSeen(index) {
    const isSeen = ({ record }) => index !== null && record?.own && record.index <= index;
    const seen = this.rows.findLast(isSeen);
    if (seen === this.seenRow) return;
    this.seenRow?.element.classList.remove("fcl-seen");
    seen?.element.classList.add("fcl-seen");
    this.seenRow = seen;
  }

  day(row) {
    row.dayLine = h("div", { class: "fcl-day", hidden: true }, h("span", {}, dayName(row.time)));
    return row.dayLine;
  }

  build(row) {
    const { sid, own, edited, author, name } = row.record;
    const line = h("div", { class: "fcl-line" }, this.author(row.record), this.bubble(row), this.meta(row));
    if (!own) line.append(avatar({ identity: author, name }));
    const kind = `fcl-row fcl-message ${own ? "fcl-own" : "fcl-theirs"} ${edited ? "fcl-edited" : ""}`;
    return h("div", { class: kind, "data-sid": sid }, this.day(row), line);
  }

  // One's own name needs no space on the screen, but whoever listens must hear who wrote.
  author({ own, name, role }) {
    if (own) return h("div", { class: "fcl-author fcl-spoken" }, "You");
    const chip = role === "agent" ? [h("span", { class: "fcl-chip" }, "Agent")] : [];
    return h("div", { class: "fcl-author" }, name, ...chip);
  }

  meta({ record, time }) {
    const parts = [timeElement(time)];
    if (record.edited) parts.push(" · Edited");
    if (record.own) parts.push(h("span", { class: "fcl-read" }, " · Seen"));
    return h("div", { class: "fcl-meta" }, ...parts);
  }

  bubble(row) {
    const { record } = row;
    const bubble = h("div", { class: "fcl-bubble", title: formats.full.format(row.time) });
    if (record.body) bubble.append(h("div", { class: "fcl-body" }, ...linked(record.body)));
    if (record.media) bubble.append(this.file(row));
    return bubble;
  }

  // A file's URL is temporary, so it is asked for when the file comes into view.
  file(row) {
    const { media, sid } = row.record;
    const name = media.filename || media.content_type;
    const about = h("span", {}, `${media.content_type}, ${sizeName(media.size)}`);
    const label = h("span", { class: "fcl-label" }, h("strong", {}, name), about);
    row.file = h("a", { class: "fcl-file", "data-sid": sid }, icon("file"), label);
    this.inView.observe(row.file);
    return row.file;
  }

  cameIntoView(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.inView.unobserve(target);
      this.askForMedia(target.dataset.sid);
    }
  }

  mediaArrived(sid, url) {
    const row = this.bySid.get(sid);
    if (!row?.file) return;
    const href = safeUrl(url);
    for (const [name, value] of Object.entries(href ? away(href) : {})) row.file.setAttribute(name, value);
    const { content_type: kind, filename } = row.record.media;
    const src = kind.startsWith("image/") && safeUrl(url, ["http:", "https:", "data:"]);
    if (src) this.showImage(row.file, src, filename ?? "Image");
  }

  showImage(file, src, alt) {
    const show = () => file.classList.add("fcl-image");
    const image = h("img", { alt, load: show, error: () => image.remove() });
    file.prepend(image);
    image.src = src;
  }

  close() {
    this.inView.disconnect();
  }
}

function isAfter(left, right) {
  return left[0] - right[0] > 0 || (left[0] === right[0] && left[1] > right[1]);
}

function sameGroup(before, after) {
  const author = before?.record?.author;
  if (author === undefined || author !== after?.record?.author) return false;
  return after.time - before.time < GROUP_MS && midnight(before.time) === midnight(after.time);
}
