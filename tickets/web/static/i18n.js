import { signal } from "./lib.js";
import { recall, remember } from "./store.js";

export const language = signal("en");
const texts = signal({});

export async function useLanguage(code) {
  const answer = await fetch(new URL(`./texts/${code}.json`, import.meta.url));
  texts.value = await answer.json();
  language.value = code;
  document.documentElement.lang = code;
}

export const firstLanguage = () => recall("language") ?? (navigator.language.startsWith("de") ? "de" : "en");

export function switchLanguage() {
  const next = language.value === "de" ? "en" : "de";
  remember("language", next);
  return useLanguage(next);
}

export const known = (key) => key in texts.value;

/* Letters that run from right to left, and signs that turn what follows. */
const TURNING = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff]/;

/** A name that runs from right to left must not carry off the words and marks beside it. */
export const isolated = (value) => (TURNING.test(value) ? `\u2068${value}\u2069` : value);

export const t = (key, values = {}) =>
  (texts.value[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => isolated(values[name] ?? whole));

export const named = (group, value) => (known(`${group}.${value}`) ? t(`${group}.${value}`) : value);

export const plural = (key, n, more = {}) =>
  t(`${key}.${new Intl.PluralRules(language.value).select(n)}`, { n, ...more });
