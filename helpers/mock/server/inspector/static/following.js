// A reader's place in a page that is drawn anew. A transcript whose end is in sight stays there while
// messages arrive; who reads earlier ones is left where they are.

const NEAR = 60;

/** @param {HTMLElement} place */
export function keepTheEnd(place) {
  const first = firstIn(place);
  const before = place.querySelector(".transcript");
  const atEnd = !before || before.scrollHeight - before.scrollTop - before.clientHeight < NEAR;
  const fromEnd = before ? before.scrollHeight - before.scrollTop : 0;
  return () => {
    const after = place.querySelector(".transcript");
    if (!after) return;
    if (atEnd || after !== before) after.scrollTop = after.scrollHeight;
    else if (firstIn(place) !== first) after.scrollTop = after.scrollHeight - fromEnd;
  };
}

const FOCUSABLE = ":is(a[href], button, input, select, textarea):not([disabled])";

/**
 * Where what has the focus goes, the focus goes to what stands in the same part of the page.
 *
 * @param {HTMLElement} place the whole view
 */
export function keepTheFocus(place) {
  const before = document.activeElement;
  const part = before?.closest(".card, .details");
  return () => {
    if (!before || before.isConnected) return;
    /** @type {HTMLElement | null | undefined} */
    const next = part?.isConnected ? part.querySelector(FOCUSABLE) : null;
    (next ?? place).focus();
  };
}

/** @param {HTMLElement} place */
const firstIn = (place) => place.querySelector(".transcript .message")?.getAttribute("data-key");
