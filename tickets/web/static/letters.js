// Keys of one letter: quick for hands, a snare for who speaks to the computer; so they can be switched off.
import { signal } from "./lib.js";
import { recall, remember } from "./store.js";

export const letters = signal(recall("letters") !== "off");

export function wantLetters(on) {
  letters.value = on;
  remember("letters", on ? null : "off");
}
