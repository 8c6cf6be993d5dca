import { recall, remember } from "./store.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

export function applyTheme() {
  const chosen = recall("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}

export function switchTheme() {
  const system = dark.matches ? "dark" : "light";
  const next = (recall("theme") ?? system) === "dark" ? "light" : "dark";
  // Back on the system's own theme the desk follows the system again.
  remember("theme", next === system ? null : next);
  applyTheme();
}
