// What is being written, per ticket and kind; typing goes on where storage is refused.
import { signal } from "./lib.js";
import { recall, remember } from "./store.js";

const drafts = signal(new Map());
const keyOf = (ref, isPrivate) => `draft.${ref}.${isPrivate ? "note" : "reply"}`;

export function draftOf(ref, isPrivate) {
  const key = keyOf(ref, isPrivate);
  return drafts.value.get(key) ?? recall(key) ?? "";
}

export function keepDraft(ref, isPrivate, text) {
  remember(keyOf(ref, isPrivate), text);
  drafts.value = new Map(drafts.value).set(keyOf(ref, isPrivate), text);
}
