/* Keeps one socket alive as long as it is wanted, and says hello with the last cursor, so that nothing is missed. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30000;
const SILENCE_MS = 20000;
const BEAT_MS = 25000;
const PATIENCE_MS = 10000;

function createConnection({ base, store, language, identity, cursor, onCustomer, onFrame, onState }) {
  let socket = null;
  let timer = 0;
  let attempts = 0;
  let ready = false;
  let starting = false;
  let heardAt = 0;
  /* Until then the service takes no new chat from here, however often it is asked. */
  let notBefore = 0;

  /* Whoever asks while a session is being opened gets that one: two would be two customers. */
  let opening = null;
  function session() {
    opening ??= openSession().finally(() => (opening = null));
    return opening;
  }

  async function openSession() {
    const known = store.read("session");
    if (known && known.identity === identity && new Date(known.expires_at) > new Date()) return known;
    if (Date.now() < notBefore) throw new Error("session refused before");
    const response = await fetch(`${base}/chat/sessions`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      credentials: "omit",
      /* The session of before brings along what was said in it before the customer signed in. */
      body: JSON.stringify(identity ? { language, identity, token: known?.token } : { language }),
    });
    const wait = Number(response.headers.get("Retry-After"));
    if (response.status === 429) notBefore = Date.now() + 1000 * (wait || LONGEST_WAIT_MS / 1000);
    if (!response.ok) throw new Error(`session refused: ${response.status}`);
    const made = { ...(await response.json()), identity };
    store.write("session", made);
    return made;
  }

  async function start() {
    clearTimeout(timer);
    if (socket || starting) return;
    starting = true;
    onState("connecting");
    try {
      const { token, customer_id } = await session();
      onCustomer(customer_id);
      listen(new WebSocket(`${base.replace(/^http/, "ws")}/chat/ws`), token);
    } catch {
      retry();
    } finally {
      starting = false;
    }
  }

  function listen(opened, token) {
    socket = opened;
    const mine = () => socket === opened;
    opened.onopen = () => opened.send(JSON.stringify({ type: "hello", token, after: cursor() }));
    opened.onmessage = (event) => mine() && receive(event.data);
    opened.onclose = () => mine() && lost();
  }

  function receive(data) {
    heardAt = Date.now();
    const frame = JSON.parse(data);
    if (frame.type === "ready") {
      ready = true;
      attempts = 0;
      onState("ready");
    } else if (frame.type === "error" && !ready && /token|session|auth|expired/i.test(frame.code)) {
      store.remove("session");
    }
    onFrame(frame);
  }

  function lost() {
    socket = null;
    ready = false;
    retry();
  }

  function retry() {
    const refused = Math.max(0, notBefore - Date.now());
    onState(refused ? "busy" : "offline");
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempts++);
    clearTimeout(timer);
    timer = setTimeout(start, refused + wait * (0.5 + Math.random() / 2));
  }

  /* A socket that slept or changed networks looks open and is dead: a new one costs little and is certain. */
  function renew() {
    const old = socket;
    socket = null;
    ready = false;
    attempts = 0;
    old?.close();
    start();
  }

  function wake() {
    const silent = Date.now() - heardAt > SILENCE_MS;
    if (document.visibilityState === "visible" && wanted && (!ready || silent)) renew();
  }

  /* A line that the network has cut says nothing by itself: whoever gets no answer takes a new one. */
  function beat() {
    const mine = socket;
    const asked = Date.now();
    if (!ready || mine.readyState !== WebSocket.OPEN) return;
    mine.send(JSON.stringify({ type: "ping" }));
    setTimeout(() => mine === socket && heardAt < asked && renew(), PATIENCE_MS);
  }

  /* The browser knows first that there is no network: what is written now waits in sight, not in a dead line. */
  function cut() {
    const old = socket;
    lost();
    old?.close();
  }

  let wanted = false;
  setInterval(beat, BEAT_MS);
  addEventListener("offline", () => wanted && cut());
  addEventListener("online", () => wanted && renew());
  addEventListener("pageshow", (event) => event.persisted && wake());
  document.addEventListener("visibilitychange", wake);

  return {
    start() {
      wanted = true;
      return start();
    },
    renew,
    token: async () => (await session()).token,
    ready: () => ready,
    send(frame) {
      if (!ready || socket.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(frame));
      return true;
    },
  };
}
