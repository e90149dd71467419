// The mock's own time, between two times the server tells it.

let told = { now: Date.now() / 1000, is_frozen: false };
let at = performance.now();

export function setClock(clock) {
  told = clock;
  at = performance.now();
}

export const isFrozen = () => told.is_frozen;

export const now = () => (told.is_frozen ? told.now : told.now + (performance.now() - at) / 1000);
