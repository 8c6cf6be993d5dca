/* Asks the service about the channels.
   What is refused or lost comes back as a code that the catalogue has words for. */
function createDoors({ base, token }) {
  return async function ask(path, body = {}) {
    try {
      const response = await fetch(`${base}/chat/links${path}`, {
        method: "POST", headers: { "Content-Type": "application/json" }, credentials: "omit",
        body: JSON.stringify({ token: await token(), ...body }),
      });
      const answer = await response.json().catch(() => ({}));
      if (response.ok) return { answer };
      return {
        code: answer.error?.code || "failed",
        status: response.status,
        wait: Number(response.headers.get("Retry-After")),
      };
    } catch {
      return { code: "offline", status: 0, wait: 0 };
    }
  };
}
