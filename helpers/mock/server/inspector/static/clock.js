// The mock's own time, between two times the server tells it.

/** @typedef {{ now: number, is_frozen: boolean }} Clock */

/** @type {Clock} */
let told = { now: Date.now() / 1000, is_frozen: false };
let at = performance.now();

/** @param {Clock} clock */
export function setClock(clock) {
  told = clock;
  at = performance.now();
}

export const isFrozen = () => told.is_frozen;

export const now = () => (told.is_frozen ? told.now : told.now + (performance.now() - at) / 1000);
