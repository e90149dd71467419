// A transcript whose end is in sight stays there while messages arrive; who reads earlier ones is
// left where they are.

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

/** @param {HTMLElement} place */
const firstIn = (place) => place.querySelector(".transcript .message")?.getAttribute("data-key");
