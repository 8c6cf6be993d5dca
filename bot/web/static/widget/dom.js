/* The few lines that stand in for a framework. Text only ever enters as text. */
const SVG = "http://www.w3.org/2000/svg";

function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

const ICONS = {
  chat: "M4 5h16v11H9l-5 4z",
  close: "M6 6l12 12M18 6L6 18",
  send: "M4 12h15M13 6l6 6-6 6",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c1-5 4-6 8-6s7 1 8 6",
  down: "M6 9l6 6 6-6",
  back: "M20 12H5M11 6l-6 6 6 6",
  outside: "M9 5H5v14h14v-4M13 4h7v7M20 4l-9 9",
  devices: "M3 5h13v9H3zM6 19h6M17 9h5v11h-5z",
  clip: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 4.8 4.8l-8.4 8.4a1.8 1.8 0 0 1-2.5-2.5L14 7.5",
  file: "M6 3h8l4 4v14H6zM14 3v5h4",
  place: "M12 21c5-6 7-8 7-11a7 7 0 1 0-14 0c0 3 2 5 7 11zM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  article: "M6 3h9l4 4v14H6zM9 11h7M9 15h7",
};

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/* Addresses in a text become links; only http(s), so that no message can carry a script.
   Numbers and amounts stay on one line, as in what is drawn with marks. */
const LINKED = new RegExp(`(https?://[^\\s<>"]+[^\\s<>".,;:!?)]|${UNBROKEN})`);

function linked(text) {
  return text.split(LINKED).map((part, index) => {
    if (index % 2 === 0) return part;
    return part.startsWith("http") ? link(part, part) : whole(part);
  });
}

function safeAddress(url, base) {
  try {
    const address = new URL(url, base);
    return /^https?:$/.test(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}
