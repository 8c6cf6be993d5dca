import { html } from "./lib.js";
import { correctAnger, open, pane, preferChannel, refusals, show, undoMerge } from "./desk.js";
import { Evidence } from "./evidence.js";
import { known, named, plural, t } from "./i18n.js";
import { percent } from "./format.js";
import { Icon, Skeleton, Sure, Time } from "./parts.js";

const Part = ({ title, children }) => html`<section class="part"><h2>${title}</h2>${children}</section>`;

/** The scores of the customer's messages: those of the handoff, and what was scored since. */
function points({ messages, packet }) {
  const scored = new Map(packet.anger.trend);
  for (const message of messages)
    if (message.author === "customer" && message.cursor && message.anger !== null)
      scored.set(message.cursor, message.anger);
  const place = (cursor) => cursor.split("-").map(Number);
  const sorted = [...scored].sort(([a], [b]) => place(a)[0] - place(b)[0] || place(a)[1] - place(b)[1]);
  return sorted.map(([, score]) => score);
}

function Curve() {
  const scores = points(open.value);
  const last = scores.at(-1) ?? open.value.packet.anger.score;
  const drawn = scores.length > 1 ? scores : [last, last];
  const at = (score, n) => [(n / (drawn.length - 1)) * 196 + 2, 46 - score * 42];
  const label = plural("packet.curve", scores.length, { now: percent(last) });
  return html`
    <figure>
      <svg class="curve" viewBox="0 0 200 48" preserveAspectRatio="none" role="img" aria-label=${label}>
        <line x1="0" y1="16.6" x2="200" y2="16.6" />
        <polyline points=${drawn.map((score, n) => at(score, n).join(",")).join(" ")} />
        <path d=${`M${at(last, drawn.length - 1).join(" ")}h.01`} />
      </svg>
      <figcaption>${label}</figcaption>
    </figure>
  `;
}

/** Why the last angry message was taken for one; before any came here, what the handoff said. */
function latest({ messages, packet }) {
  const found = [...messages].reverse().find((message) => message.anger_evidence?.length);
  return found?.anger_evidence ?? packet.anger.evidence;
}

const Texts = ({ items }) => html`<ul>${items.map((item) => html`<li key=${item} dir="auto">${item}</li>`)}</ul>`;

const PROOFS = {
  "signed by the host site": "site",
  "signed identity": "site",
  "link code": "code",
  "confirmed e-mail": "email",
};
function proof(how) {
  const channel = /^signed by (\w+)$/.exec(how)?.[1];
  if (PROOFS[how]) return t(`proof.${PROOFS[how]}`);
  return channel ? t("proof.channel", { channel: named("channel", channel) }) : how;
}

/** A browser that nobody logged in with has a long number for an address, which tells an agent nothing. */
const address = (one) =>
  one.identity.startsWith("web:visitor-") ? t("packet.visitor") : one.identity.slice(one.identity.indexOf(":") + 1);

/** What the mail service found out about who wrote last from an address:
 *  no proof of it, but a warning where it failed. */
function SenderCheck({ found }) {
  const verdict = /^dmarc (pass|fail|none)$/.exec(found ?? "")?.[1];
  if (!verdict) return null;
  return html`
    <details class=${`sender ${verdict}`}>
      <summary><${Icon} name=${verdict === "pass" ? "check" : "alert"} />${t(`sender.${verdict}`)}</summary>
      <p class="muted">${t(`sender.${verdict}.why`)}</p>
    </details>
  `;
}

const Identities = ({ items }) => html`
  <ul>
    ${items.map((one) => html`
      <li key=${one.identity} class="identity">
        <span class="badge">${named("channel", one.channel)}</span>
        <span class="id" dir="auto" title=${one.identity}>${address(one)}</span>
        <small class=${one.verified ? "proven" : ""}>
          ${one.verified
            ? html`<${Icon} name="check" />${proof(one.verified_how) || t("packet.verified")}`
            : t("packet.unverified")}
        </small>
        <${SenderCheck} found=${one.sender_check} />
      </li>
    `)}
  </ul>
`;

/** Where people's answers go by the customer's wish, among the channels that are surely theirs. */
function Wish({ identities }) {
  const proven = identities.filter((one) => one.verified || one.channel === "web").map((one) => one.channel);
  const wished = open.value.route?.preferred ?? "";
  const channels = [...new Set([...proven, ...(wished ? [wished] : [])])];
  if (channels.length < 2) return null;
  return html`
    <label class="wish">
      <span>${t("packet.wish")}</span>
      <select value=${wished} onChange=${(event) => preferChannel(event.target.value)}>
        ${["", ...channels].map((channel) => html`
          <option key=${channel} value=${channel} selected=${channel === wished}>
            ${channel ? named("channel", channel) : t("packet.wish.last")}
          </option>
        `)}
      </select>
    </label>
  `;
}

/** `{channel: {messages, at}}`, or plain yes and no by name. */
function Consent({ name, given }) {
  const yes = typeof given === "object" && given !== null ? given.messages : given;
  const title = known(`consent.${name}`) ? t(`consent.${name}`) : named("channel", name);
  return html`
    <li>
      <span>${title}</span>: <b>${t(yes ? "consent.yes" : "consent.no")}</b>
      ${given?.at && html` <small><${Time} at=${given.at} /></small>`}
    </li>
  `;
}

const Consents = ({ items }) => html`
  <ul>
    ${Object.entries(items).map(([name, given]) => html`<${Consent} key=${name} name=${name} given=${given} />`)}
  </ul>
`;

const Articles = ({ items }) => html`
  <ul>
    ${items.map((one) => html`
      <li key=${one.slug}>
        <a href=${one.url} target="_blank" rel="noopener">${one.title}</a>
        ${one.rejected && html` <small>${t("packet.rejected")}</small>`}
      </li>
    `)}
  </ul>
`;

const LABELS = ["calm", "complaint", "frustrated", "angry"];
const labelOf = (message) =>
  message.anger_label ?? LABELS[[0.15, 0.4, 0.7].filter((edge) => message.anger >= edge).length];

/** The customer's last messages that were scored. */
const lastScored = () =>
  open.value.messages
    .filter((one) => one.author === "customer" && one.cursor && one.anger !== null && !one.deleted_at)
    .slice(-3);

/** With what each was taken for; the agent may know better, and the next training learns it. */
const Scores = () => html`
  <ul class="scores">
    ${lastScored().map((message) => html`
      <li key=${message.id}>
        <span class="words" id=${`said-${message.id}`} dir="auto" title=${message.text.slice(0, 400)}>
          ${message.text.slice(0, 80)}
        </span>
        <select
          aria-label=${t("anger.correct")}
          aria-describedby=${`said-${message.id}`}
          value=${labelOf(message)}
          onChange=${(event) => correctAnger(message, event.target.value)}
        >
          ${LABELS.map((label) => html`
            <option key=${label} value=${label} selected=${label === labelOf(message)}>${t(`anger.${label}`)}</option>
          `)}
        </select>
      </li>
    `)}
  </ul>
`;

/** Who came along, by what an agent knows them by; older merges tell only the customer's number. */
function Brought({ merge }) {
  if (!merge.brought.length) return html`<span class="id">${merge.merged_id}</span>`;
  return merge.brought.map((identity) => html`
    <span class="badge">${named("channel", identity.split(":")[0])}</span>
    <span class="id" dir="auto">${address({ identity })}</span>
  `);
}

const Merges = ({ items }) => html`
  <ul>
    ${items.map((one) => html`
      <li key=${one.id} class="identity">
        <${Brought} merge=${one} />
        <small>${proof(one.proof)} · <${Time} at=${one.at} /></small>
        ${refusals.value[one.id] && html`
          <p class="problem" role="alert">${t(`refused.${refusals.value[one.id]}`)}</p>
        `}
        ${one.undone_at
          ? html`<small>${t("packet.undone")}</small>`
          : html`<${Sure} label=${t("merge.undo")} run=${() => undoMerge(one)} />`}
      </li>
    `)}
  </ul>
`;

const Past = ({ items }) => html`
  <ul>
    ${items.map((one) => html`
      <li key=${one.ref}>
        <button class="link" onClick=${() => show(one.ref)}>${one.ref}</button>${" "}
        <small>
          ${t(`status.${one.status}`)} · <${Time} at=${one.created_at} />
        </small>
        <p class="short" dir="auto">${one.wanted}</p>
      </li>
    `)}
  </ul>
`;

const shown = (value) => {
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return typeof value === "object" && value !== null
    ? String(value.title ?? value.name ?? JSON.stringify(value))
    : String(value);
};
const factName = (name) => (known(`fact.${name}`) ? t(`fact.${name}`) : name.replaceAll("_", " "));

const Facts = ({ slots }) => html`
  <dl>
    ${Object.entries(slots).map(([name, value]) => html`
      <dt key=${name}>${factName(name)}</dt>
      <dd dir="auto">${shown(value)}</dd>
    `)}
  </dl>
`;

function Inside() {
  const { state, packet, past, merges } = open.value;
  if (state === "loading") return html`<${Skeleton} lines=${8} />`;
  if (state !== "full" || !packet) return null;
  const { consents, identities } = packet.customer;
  const own = packet.evidence.filter((item) => !packet.anger.evidence.includes(item));
  // An article that was shown is linked below, so its line is not said twice.
  const told = packet.tried.filter((line) => !packet.articles.some((one) => line.includes(one.title)));
  return html`
    <${Part} title=${t("packet.wanted")}><p class="wanted" dir="auto">${packet.wanted}</p><//>
    <${Part} title=${t("packet.evidence")}><p>${named("reason", packet.reason)}</p><${Evidence} items=${own} /><//>
    <${Part} title=${t("packet.tried")}>
      ${told.length > 0 && html`<${Texts} items=${told} />`}
      ${packet.articles.length > 0 && html`<${Articles} items=${packet.articles} />`}
      ${packet.tried.length + packet.articles.length === 0 && html`<p class="muted">${t("packet.tried.none")}</p>`}
    <//>
    <${Part} title=${t("anger")}><${Curve} /><${Evidence} items=${latest(open.value)} /><${Scores} /><//>
    ${Object.keys(packet.slots).length > 0 && html`
      <${Part} title=${t("packet.facts")}><${Facts} slots=${packet.slots} /><//>
    `}
    ${identities.length > 0 && html`
      <${Part} title=${t("packet.identities")}>
        <${Identities} items=${identities} />
        <${Wish} identities=${identities} />
      <//>
    `}
    ${Object.keys(consents).length > 0 && html`
      <${Part} title=${t("packet.consents")}><${Consents} items=${consents} /><//>
    `}
    ${merges.length > 0 && html`<${Part} title=${t("packet.merges")}><${Merges} items=${merges} /><//>`}
    <${Part} title=${t("packet.past")}>
      ${past.length ? html`<${Past} items=${past} />` : html`<p class="muted">${t("packet.past.none")}</p>`}
    <//>
  `;
}

export const PacketPane = () => html`
  <aside class="pane packet" tabindex="-1" aria-label=${t("packet.label")}>
    <button class="quiet narrow" onClick=${() => (pane.value = "thread")}><${Icon} name="back" />${t("back")}</button>
    <div class="scroll" tabindex="0"><${Inside} /></div>
  </aside>
`;
