// The pages beside the queue: one table, which top bar, palette and address follow.
import { html, useEffect, useRef } from "./lib.js";
import { agent, page, ref, show } from "./desk.js";
import { t } from "./i18n.js";
import { Account } from "./account.js";
import { Agents } from "./agents.js";
import { Aside } from "./aside.js";
import { Questions } from "./questions.js";
import { Tokens } from "./tokens.js";
import { Icon } from "./parts.js";

const PAGES = {
  questions: { view: Questions },
  account: { view: Account },
  tokens: { view: Tokens },
  agents: { view: Agents, admin: true },
  aside: { view: Aside, admin: true },
};

export const allowed = () => Object.keys(PAGES).filter((name) => !PAGES[name].admin || agent.value?.role === "admin");

export function goTo(name) {
  page.value = allowed().includes(name) ? name : null;
  const desk = ref.value ? `#${encodeURIComponent(ref.value)}` : location.pathname;
  history.replaceState(null, "", page.value ? `#/${name}` : desk);
}

/** A page or a ticket, as the address says. */
export function fromAddress() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  if (wanted.startsWith("/")) goTo(wanted.slice(1));
  else if (wanted && wanted !== ref.value) show(wanted);
}

export function Page() {
  const heading = useRef(null);
  useEffect(() => {
    heading.current?.focus();
    document.querySelector(".page [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [page.value]);
  if (!page.value) return null;
  return html`
    <main class="page">
      <nav aria-label=${t("page.label")}>
        <button class="quiet back" onClick=${() => goTo(null)}><${Icon} name="back" />${t("page.desk")}</button>
        ${allowed().map((name) => html`
          <button key=${name} aria-current=${name === page.value ? "page" : null} onClick=${() => goTo(name)}>
            ${t(`page.${name}`)}
          </button>
        `)}
      </nav>
      <div class="scroll" tabindex="0">
        <section key=${page.value}>
          <h2 ref=${heading} tabindex="-1">${t(`page.${page.value}`)}</h2>
          <${PAGES[page.value].view} />
        </section>
      </div>
    </main>
  `;
}
