// Every path and header of the service is known here and nowhere else.
let csrf = "";

export class ApiError extends Error {
  constructor(status, code, detail) {
    super(detail);
    Object.assign(this, { status, code, detail });
  }
}

async function call(method, path, body) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body), credentials: "same-origin" });
  } catch {
    throw new ApiError(0, "network", "");
  }
  return read(answer);
}

async function read(answer) {
  const body = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, body?.code ?? String(answer.status), body?.detail ?? answer.statusText);
  return body;
}

const begin = (session) => {
  csrf = session.csrf;
  return session.agent;
};

const ticket = (ref) => `/tickets/${encodeURIComponent(ref)}`;

export const api = {
  session: async () => begin(await call("GET", "/session")),
  logIn: async (email, password) => begin(await call("POST", "/session", { email, password })),
  logOut: () => call("DELETE", "/session"),
  tickets: (query) => call("GET", `/tickets?${new URLSearchParams(query)}`),
  ticket: (ref) => call("GET", ticket(ref)),
  act: (ref, action) => call("POST", `${ticket(ref)}/${action}`, {}),
  send: (ref, message) => call("POST", `${ticket(ref)}/messages`, message),
  customer: (id) => call("GET", `/customers/${encodeURIComponent(id)}`),
};

export const eventsUrl = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/events`;
