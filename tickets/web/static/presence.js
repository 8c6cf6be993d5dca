// Who else has the open ticket before them, so that two agents do not answer at once.
import { computed, effect, signal } from "./lib.js";
import { connected, whisper } from "./live.js";

const EVERY = 15_000, GONE = 40_000;
const seen = signal(new Map()); // agent's id: {name, at}
let where = null, timer = null;

export const others = computed(() => [...seen.value.values()].map((one) => one.name));

const tell = () => where && !document.hidden && whisper({ type: "looking", ref: where });
const tellGone = () => whisper({ type: "looking", ref: "" });

function beat() {
  const now = Date.now();
  const left = [...seen.value].filter(([, one]) => now - one.at < GONE);
  if (left.length < seen.value.size) seen.value = new Map(left);
  tell();
}

export function lookAt(ref) {
  where = ref;
  seen.value = new Map();
  clearInterval(timer);
  if (!ref) return tellGone();
  tell();
  timer = setInterval(beat, EVERY);
}

export function looks({ ref, agent }, me) {
  if (agent.id === me) return;
  const known = seen.value.has(agent.id);
  const next = new Map(seen.value);
  if (ref === where) next.set(agent.id, { name: agent.name, at: Date.now() });
  else if (!next.delete(agent.id)) return;
  seen.value = next;
  // A newcomer learns at once who is here already.
  if (ref === where && !known) setTimeout(tell, 300);
}

effect(() => { if (connected.value) tell(); });
