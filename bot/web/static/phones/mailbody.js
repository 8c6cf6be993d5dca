/* An HTML mail as a careful mail program shows it:
   parsed without being run, and copied word by word into known elements.
   No styles, pictures, forms or scripts come along; links lead only to pages and mails. */
import { element } from "./dom.js";

const words = (text) => new Set(text.split(" "));
const KNOWN = words(
  "p br b strong i em u s del ul ol li h1 h2 h3 h4 blockquote pre code table thead tbody tr th td hr div span a",
);
const DROPPED = words(
  "script style template iframe object embed svg math head title noscript form input button select textarea",
);
const HEADINGS = /^h[1-4]$/;
const DEEPEST = 40;

export function mailBody(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return element("div", { class: "text mail-body" }, ...copied(page.body, 0));
}

function copied(node, depth) {
  return depth > DEEPEST ? [node.textContent] : [...node.childNodes].flatMap((child) => copy(child, depth + 1));
}

function copy(node, depth) {
  if (node.nodeType === Node.TEXT_NODE) return [node.data];
  const name = node.localName;
  if (node.nodeType !== Node.ELEMENT_NODE || DROPPED.has(name)) return [];
  const inside = copied(node, depth);
  if (!KNOWN.has(name)) return inside;
  if (name === "a") return [link(node.getAttribute("href"), inside)];
  // The page has headings of its own.
  return [element(HEADINGS.test(name) ? "p" : name, HEADINGS.test(name) ? { class: "heading" } : {}, ...inside)];
}

function link(href, inside) {
  if (!/^(https?:|mailto:)/i.test(href || "")) return element("span", {}, ...inside);
  return element("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...inside);
}
