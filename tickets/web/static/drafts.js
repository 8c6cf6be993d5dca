// What is being written, per agent, ticket and kind: agents may share a browser, but not their words.
// Typing goes on where storage is refused.
import { signal } from "./lib.js";
import { agent } from "./desk.js";
import { forget, recall, remember } from "./store.js";

const drafts = signal(new Map());
const keyOf = (ref, isPrivate) => `draft.${agent.value?.id}.${ref}.${isPrivate ? "note" : "reply"}`;

export function draftOf(ref, isPrivate) {
  const key = keyOf(ref, isPrivate);
  return drafts.value.get(key) ?? recall(key) ?? "";
}

export function keepDraft(ref, isPrivate, text) {
  remember(keyOf(ref, isPrivate), text);
  drafts.value = new Map(drafts.value).set(keyOf(ref, isPrivate), text);
}

export function forgetDrafts(id) {
  forget(`draft.${id}.`);
  drafts.value = new Map();
}
