// The mock's: in a new account nothing takes a customer's messages yet, and a button makes what does.
// Yours is made once, when Flex is set up, so your page needs none of this.

const button = /** @type {HTMLElement} */ (document.getElementById("set-up"));

/**
 * @param {{ label: string, action: string }} what
 * @param {() => void} retry once it is made
 * @param {(problem: string) => void} complain
 */
export function offerSetUp({ label, action }, retry, complain) {
  button.textContent = label;
  button.hidden = false;
  button.onclick = async () => {
    const headers = { "Content-Type": "application/json" };
    const reply = await fetch(`../_mock/actions/${action}`, { method: "POST", headers, body: "{}" });
    if (reply.ok) retry();
    else complain((await reply.json()).error);
  };
}
