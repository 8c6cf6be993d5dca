// The desk's socket: every event carries a cursor, and a reconnect replays what came after the last one seen.
import { signal } from "./lib.js";
import { eventsUrl } from "./api.js";

export const connected = signal(false);
let socket = null, cursor = null, tries = 0, timer = null, deliver = () => {};
const BEAT = 25_000, PATIENCE = 10_000;
let heardAt = 0, beating = null;

/** `after` is the cursor of the session's start: what happened since then is replayed. */
export function startLive(onEvent, after) {
  deliver = onEvent;
  cursor = after;
  open();
  clearInterval(beating);
  beating = setInterval(beat, BEAT);
  addEventListener("online", wake);
  addEventListener("offline", later);
  document.addEventListener("visibilitychange", wake);
}

export function stopLive() {
  clearTimeout(timer);
  clearInterval(beating);
  removeEventListener("online", wake);
  removeEventListener("offline", later);
  document.removeEventListener("visibilitychange", wake);
  const last = socket;
  socket = null;
  cursor = null;
  last?.close();
  connected.value = false;
}

function open() {
  clearTimeout(timer);
  const last = socket;
  const mine = (socket = new WebSocket(eventsUrl()));
  mine.onopen = () => mine.send(JSON.stringify({ type: "hello", after: cursor }));
  mine.onmessage = ({ data }) => mine === socket && receive(JSON.parse(data));
  mine.onclose = () => mine === socket && later();
  last?.close();
}

/** Tells the other desks something that is true for a moment. */
export function whisper(word) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(word));
}

let typed = 0;
/** Tells the others that the agent types; often enough to be seen, seldom enough to cost nothing. */
export function typing(ref, isPrivate) {
  if (Date.now() - typed < 2000 || socket?.readyState !== WebSocket.OPEN) return;
  typed = Date.now();
  whisper({ type: "typing", ref, private: isPrivate });
}

function receive(event) {
  heardAt = Date.now();
  if (event.cursor !== undefined) cursor = event.cursor;
  if (event.type === "ready") {
    connected.value = true;
    tries = 0;
  }
  deliver(event);
}

function later() {
  connected.value = false;
  clearTimeout(timer);
  // Spread out, so that all desks do not knock at once after a restart.
  const pause = Math.min(15_000, 500 * 2 ** tries++) * (0.75 + Math.random() / 2);
  timer = setTimeout(open, pause);
}

function wake() {
  // A phone lets sockets die silently in the background: never trust one after sleep.
  if (document.hidden || !socket) return;
  if (!connected.value) tries = 0; // who is back need not wait as long as who was away
  if (socket.readyState === WebSocket.CLOSED) open();
  else beat();
}

/** A line that the network has cut looks open and is dead: who gets no answer takes a new one. */
function beat() {
  const mine = socket, asked = Date.now();
  if (mine?.readyState !== WebSocket.OPEN) return;
  mine.send(JSON.stringify({ type: "ping" }));
  setTimeout(() => mine === socket && heardAt < asked && later(), PATIENCE);
}
