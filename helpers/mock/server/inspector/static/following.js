// A transcript whose end is in sight stays there while messages arrive; who reads earlier ones is
// left where they are.

const NEAR = 60;

export function keepTheEnd(place) {
  const before = place.querySelector(".transcript");
  const atEnd = !before || before.scrollHeight - before.scrollTop - before.clientHeight < NEAR;
  const fromEnd = before && before.scrollHeight - before.scrollTop;
  const first = before?.querySelector(".message")?.dataset.key;
  return () => {
    const after = place.querySelector(".transcript");
    if (!after) return;
    if (atEnd || after !== before) after.scrollTop = after.scrollHeight;
    else if (after.querySelector(".message")?.dataset.key !== first) after.scrollTop = after.scrollHeight - fromEnd;
  };
}
