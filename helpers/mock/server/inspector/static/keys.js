// Everything that can be done with the keyboard beyond Tab and Enter.

const NARROW = matchMedia("(max-width: 960px)"); // there, details lie over the list
const isWriting = (target) => target.matches("input, textarea, select");

const rows = () => [...document.querySelectorAll(".rows .row")];

export function useKeys({ views, current, opened, close }) {
  const anywhere = {
    "/": () => document.getElementById("filter")?.focus(),
    "?": () => document.getElementById("help").showModal(),
    c: () => document.querySelector("#curl button")?.click(),
    Escape: () => current().key && close(),
    ...Object.fromEntries(views.map((view, place) => [place + 1, () => { location.hash = `#/${view.name}`; }])),
  };

  function move(row, key) {
    const all = rows();
    const at = all.indexOf(row);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[key];
    const wanted = all[Math.max(0, Math.min(all.length - 1, next))];
    wanted?.focus();
    if (wanted && current().key && !NARROW.matches) location.replace(wanted.hash);
  }

  function open(row) {
    const enter = () => document.getElementById("details")?.focus();
    if (row.hash === opened()) return enter();
    addEventListener("hashchange", enter, { once: true }); // after the page is drawn by its own
    location.hash = row.hash;
  }

  function inRow(event, row) {
    if (event.key === "Enter") open(row);
    else if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) move(row, event.key);
    else return false;
    return true;
  }

  function inFilter(event) {
    if (event.key === "ArrowDown") rows()[0]?.focus();
    else if (event.key === "Escape" && event.target.value) {
      event.target.value = "";
      event.target.dispatchEvent(new Event("input"));
    } else if (event.key === "Escape") event.target.blur();
    else return false;
    return true;
  }

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const row = target.closest?.(".rows .row");
    if (row && inRow(event, row)) event.preventDefault();
    else if (isWriting(target)) inFilter(event) && event.preventDefault();
    else if (anywhere[event.key] && !event.repeat) {
      event.preventDefault();
      anywhere[event.key]();
    }
  });
}
