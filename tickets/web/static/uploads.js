// Files at a reply before it goes out: each is on its way to the service, there, or refused with a reason.
import { computed, signal } from "./lib.js";
import { api } from "./api.js";
import { agent, detail, open, ref } from "./desk.js";
import { t } from "./i18n.js";
import { forget, recall, remember } from "./store.js";

/** What the service takes: files of a message, and bytes of a file. */
export const MOST = { files: 10, bytes: 20 * 1024 * 1024 };
/** For the file dialog only; what counts is what is in a file. */
export const ACCEPT = "image/*,audio/*,video/*,application/pdf,text/plain,.docx,.xlsx,.pptx";

/** By agent and ticket: [{key, name, size, media_type, state: loading|ready|failed, share, id, kind, problem}] */
const held = signal(new Map());
const running = new Map(); // key: what ends the upload
const source = new Map(); // key: the browser's file, to try again
let counter = 0;
const keyOf = (where) => `files.${agent.value?.id}.${where}`;

/** Those that are there already are known after a reload too. */
function kept(where) {
  try {
    return JSON.parse(recall(keyOf(where)) ?? "[]");
  } catch {
    return [];
  }
}

export const filesOf = (where) => held.value.get(keyOf(where)) ?? kept(where);
export const waiting = computed(() => filesOf(ref.value).some((file) => file.state === "loading"));

function keep(where, files) {
  const ready = files.filter((file) => file.state === "ready");
  remember(keyOf(where), ready.length ? JSON.stringify(ready) : null);
  held.value = new Map(held.value).set(keyOf(where), files);
}

const change = (where, key, to) =>
  keep(
    where,
    filesOf(where).map((file) => (file.key === key ? { ...file, ...to } : file)),
  );

export function addFiles(where, list) {
  const room = MOST.files - filesOf(where).length;
  const chosen = [...list].map((file) => [`${Date.now()}-${counter++}`, file]);
  for (const [key, file] of chosen.slice(0, room)) begin(where, key, file);
  for (const [key, file] of chosen.slice(room)) refuse(where, key, file, t("file.many", { n: MOST.files }));
}

const shown = (key, file) => ({
  key,
  name: file.name,
  size: file.size,
  media_type: file.type,
  kind: file.type.split("/")[0],
});
const refuse = (where, key, file, problem) =>
  keep(where, [...filesOf(where), { ...shown(key, file), state: "failed", problem }]);

function begin(where, key, file) {
  if (file.size > MOST.bytes) return refuse(where, key, file, t("problem.file_too_large"));
  keep(where, [...filesOf(where), { ...shown(key, file), state: "loading", share: 0 }]);
  source.set(key, file);
  return load(where, key);
}

async function load(where, key) {
  const upload = api.attach(where, source.get(key), (share) => change(where, key, { share }));
  running.set(key, upload.end);
  try {
    change(where, key, { ...(await upload.done), key, state: "ready" });
    source.delete(key);
  } catch (error) {
    if (error.code === "ended") return;
    // Only a lost connection is worth another try with the same file.
    change(where, key, {
      state: "failed",
      problem: error.code === "network" ? t("error.network") : detail(error),
      again: error.status === 0 || error.status >= 500,
    });
  } finally {
    running.delete(key);
  }
}

export function tryAgain(where, key) {
  change(where, key, { state: "loading", share: 0, problem: "", again: false });
  return load(where, key);
}

export function removeFile(where, key) {
  const gone = filesOf(where).find((file) => file.key === key);
  running.get(key)?.();
  source.delete(key);
  keep(where, filesOf(where).filter((file) => file.key !== key));
  // The service forgets it by itself too, in time.
  if (gone?.id) api.detach(where, gone.id).catch(() => {});
}

/** Those that go with the message now; refused ones go away with it. */
export function takeFiles(where) {
  const ready = filesOf(where).filter((file) => file.state === "ready");
  keep(where, []);
  return ready;
}

/** A message that the service would not take gives its files back, but for one that it does not know any more. */
export const giveFilesBack = (where, files = [], gone = "") =>
  keep(where, [...files.filter((file) => file.id !== gone), ...filesOf(where)]);

export function forgetFiles(id) {
  for (const end of running.values()) end();
  forget(`files.${id}.`);
  held.value = new Map();
}

/** Whether the way that a reply will go takes this file; what it does not take becomes a link in the text. */
export function goesAsLink(file) {
  const rules = open.value.route?.files;
  if (!rules || file.state !== "ready") return false;
  const fitting = Object.keys(rules)
    .filter((type) => file.media_type.startsWith(type))
    .sort((a, b) => b.length - a.length);
  return !fitting.length || file.size > rules[fitting[0]];
}
