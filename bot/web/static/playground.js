/* The theme is set before the first paint; the rest waits for the page. Without scripts the pages stay readable. */
const root = document.documentElement;
const stored = () => {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
};

function show(theme) {
  if (!theme) return;
  root.dataset.theme = theme;
  document.querySelector("faden-chat")?.setAttribute("data-theme", theme);
}

function switchTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
  show(theme);
  try {
    localStorage.setItem("theme", theme);
  } catch {
    /* The choice then lasts as long as the page. */
  }
}

show(stored());
addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", switchTheme);
  for (const suggestion of document.querySelectorAll("[data-say]")) {
    suggestion.addEventListener("click", () => window.Faden?.say(suggestion.dataset.say));
  }
  for (const suggestion of document.querySelectorAll("[data-elsewhere]")) {
    suggestion.addEventListener("click", () => window.Faden?.goOnElsewhere());
  }
});
addEventListener("load", () => show(stored()));
