// A button that opens a short list of further things to do.
import { html, useEffect, useRef } from "./lib.js";

export function Menu({ label, groups, onOpen }) {
  const box = useRef(null);
  useEffect(() => {
    const shut = (event) => {
      if (!box.current?.open || (event.type === "click" && box.current.contains(event.target))) return;
      if (event.type === "keydown" && event.key !== "Escape") return;
      box.current.open = false;
      if (event.type === "keydown") box.current.querySelector("summary").focus();
    };
    addEventListener("click", shut);
    addEventListener("keydown", shut);
    return () => { removeEventListener("click", shut); removeEventListener("keydown", shut); };
  }, []);
  const run = (what) => {
    box.current.open = false;
    box.current.querySelector("summary").focus();
    what();
  };
  return html`
    <details class="menu" ref=${box} onToggle=${() => box.current?.open && onOpen()}>
      <summary>${label}</summary>
      <div class="card">
        ${groups.filter(({ items }) => items.length).map(({ name, items }) => html`
          <div key=${name} role="group" aria-label=${name}>
            <p class="muted">${name}</p>
            ${items.map(([title, what, where = ""]) => html`
              <button type="button" key=${title} class=${`item ${where}`} dir="auto" onClick=${() => run(what)}>
                ${title}
              </button>
            `)}
          </div>
        `)}
      </div>
    </details>
  `;
}
