// Every path and header of the service is known here and nowhere else.
let csrf = "";
let filesKeptDays = 0;

export class ApiError extends Error {
  constructor(status, code, detail, more = {}) {
    super(detail);
    Object.assign(this, { status, code, detail, more });
  }
}

async function call(method, path, body) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
      credentials: "same-origin",
    });
  } catch {
    throw new ApiError(0, "network", "");
  }
  return read(answer);
}

async function read(answer) {
  const body = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw problem(answer.status, body, answer.statusText);
  return body;
}

const problem = (status, body, otherwise) =>
  new ApiError(status, body?.code ?? String(status), body?.detail ?? otherwise, body ?? {});

/** {done, end}: the file's upload, and what ends it. `fetch` tells nothing of how far it has come. */
function upload(path, file, onShare) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => onShare(loaded / Math.max(1, total));
    request.onload = () => {
      let body = null;
      try { body = JSON.parse(request.responseText); } catch { /* told by the status */ }
      if (request.status < 300) resolve(body);
      else reject(problem(request.status, body, request.statusText));
    };
    request.onerror = () => reject(new ApiError(0, "network", ""));
    request.onabort = () => reject(new ApiError(0, "ended", ""));
  });
  request.open("POST", `/api/v1${path}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  if (csrf) request.setRequestHeader("X-CSRF-Token", csrf);
  request.send(file);
  return { done, end: () => request.abort() };
}

const begin = (session) => {
  csrf = session.csrf;
  filesKeptDays = session.files_kept_days;
  return session;
};

const ticket = (ref) => `/tickets/${encodeURIComponent(ref)}`;
const draftAt = (id) => `/questions/drafts/${encodeURIComponent(id)}`;
const agentAt = (id) => `/agents/${encodeURIComponent(id)}`;

/** Leads to the file itself for a short time, so it can stand in a page that is open all day. */
export const fileUrl = (ref, id) => `/api/v1${ticket(ref)}/files/${encodeURIComponent(id)}`;

/** Whether the files of a message of then are still kept. */
export const isKept = (at) => !filesKeptDays || Date.now() - new Date(at) < filesKeptDays * 24 * 3600 * 1000;

export const api = {
  session: async () => begin(await call("GET", "/session")),
  logIn: async (email, password) => begin(await call("POST", "/session", { email, password })),
  logOut: () => call("DELETE", "/session"),
  tickets: (query) => call("GET", `/tickets?${new URLSearchParams(query)}`),
  ticket: (ref) => call("GET", ticket(ref)),
  act: (ref, action, body = {}) => call("POST", `${ticket(ref)}/${action}`, body),
  send: (ref, message) => call("POST", `${ticket(ref)}/messages`, message),
  attach: (ref, file, onShare) =>
    upload(`${ticket(ref)}/files?${new URLSearchParams({ name: file.name })}`, file, onShare),
  detach: (ref, id) => call("DELETE", `${ticket(ref)}/files/${encodeURIComponent(id)}`),
  retry: (ref, name) => call("POST", `${ticket(ref)}/messages/${encodeURIComponent(name)}/retry`, {}),
  correctAnger: (ref, cursor, label) => call("POST", `${ticket(ref)}/anger`, { cursor, label }),
  changePassword: (old, fresh) => call("POST", "/session/password", { old, new: fresh }),
  agents: () => call("GET", "/agents"),
  createAgent: (one) => call("POST", "/agents", one),
  changeAgent: (id, changes) => call("PATCH", agentAt(id), changes),
  resetPassword: (id) => call("POST", `${agentAt(id)}/password`, {}),
  tokens: () => call("GET", "/tokens"),
  createToken: (name) => call("POST", "/tokens", { name }),
  revokeToken: (id) => call("DELETE", `/tokens/${encodeURIComponent(id)}`),
  poison: () => call("GET", "/poison"),
  retryPoison: (id) => call("POST", `/poison/${id}/retry`, {}),
  preferChannel: (customer, channel) =>
    call("POST", `/customers/${encodeURIComponent(customer)}/preference`, { channel }),
  undoMerge: (id, merge) =>
    call("POST", `/customers/${encodeURIComponent(id)}/merges/${encodeURIComponent(merge)}/undo`, {}),
  questions: (query) => call("GET", `/questions/report?${new URLSearchParams(query)}`),
  drafts: () => call("GET", "/questions/drafts"),
  draft: (id) => call("GET", draftAt(id)),
  makeDraft: (one) => call("POST", "/questions/drafts", one),
  changeDraft: (id, changes) => call("PATCH", draftAt(id), changes),
  publishDraft: (id) => call("POST", `${draftAt(id)}/publish`, {}),
  discardDraft: (id) => call("DELETE", draftAt(id)),
  customer: (id) => call("GET", `/customers/${encodeURIComponent(id)}`),
};

export const eventsUrl = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/events`;
