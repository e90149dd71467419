// The mock's: a new account has no Flex Flow for custom chats, and a button makes one. Yours is made
// once, when Flex is set up, so your page needs none of this.

const button = /** @type {HTMLElement} */ (document.getElementById("flow"));

/** @param {() => void} retry once there is a Flex Flow @param {(problem: string) => void} complain */
export function offerFlow(retry, complain) {
  button.hidden = false;
  button.onclick = async () => {
    const headers = { "Content-Type": "application/json" };
    const reply = await fetch("../_mock/actions/flow", { method: "POST", headers, body: "{}" });
    if (reply.ok) retry();
    else complain((await reply.json()).error);
  };
}
