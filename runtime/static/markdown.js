/* What bot and agents write, as elements: paragraphs, lists, tables, bold, italic, code and links.
   Shared by the chat widget (which joins it into its one script) and the desk.
   Text only ever enters as text, and an address only as http(s). */
/* Not a line's end, which stays one. */
const GAP = "[ \\u00a0\\u202f]?";
const FIGURE = String.raw`\d{1,9}(?:[.,:]\d{1,3}){0,3}`;
const CURRENCY = String.raw`[€$£]|\b(?:EUR|USD|GBP|CHF)`;
/* 20, 2–3, 60 × 40 × 35 */
const FIGURES = String.raw`${FIGURE}(?:${GAP}[–×x-]${GAP}(?:(?:${CURRENCY})${GAP})?${FIGURE}){0,3}`;
const UNITS = [
  "[€$£%‰]|EUR|USD|GBP|CHF|[Ee]uros?|[Cc]ents?|ct",
  "°[CF]?|Grad|degrees",
  "[kcm]?m[²³]?|[km]?g|[km]?[WVA]|kWh|m?[lL]|[kMG]B|k?Hz",
  "Uhr|[ap]m|Min\\.|min|Std\\.|h|s",
  "Sekunden?|Minuten?|Stunden?|(?:Werk|Arbeits|Kalender)?[Tt]age?n?|Wochen?|Monate?n?|Jahre?n?",
  "seconds?|minutes?|hours?|(?:(?:working|business|calendar) )?days?|weeks?|months?|years?",
].join("|");
/* What stays on one line: the number of a ticket or an order, an amount, a number with its unit. */
const UNBROKEN = [
  String.raw`\b[A-Z]{1,3}-\d+\b`,
  String.raw`${FIGURES}${GAP}(?:${UNITS})(?!\w)`,
  String.raw`(?:${CURRENCY})${GAP}${FIGURES}`,
].join("|");
const MARK_KINDS = [
  /\*\*[^*\n]+\*\*/, // bold
  /__[^_\n]+__/,
  /`[^`\n]+`/,
  /\[[^\]\n]+\]\((?:[^()\s]|\([^()\s]*\))+\)/, // a link with a name
  /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/,
  /\*[^*\s][^*\n]*\*/, // italic
  new RegExp(UNBROKEN),
];
const MARKS = new RegExp(`(${MARK_KINDS.map(({ source }) => source).join("|")})`);
const BULLET = /^\s*[-*•]\s+/;
const NUMBER = /^\s*\d+[.)]\s+/;
const ROW = /^\s*\|.*\|\s*$/;
const RULER = /^[\s|:-]+$/;

function renderMarkdown(text) {
  const out = document.createDocumentFragment();
  for (const block of blocks(String(text).split("\n"))) out.append(drawBlock(block));
  return out;
}

/* Neighbouring lines of one kind are one block; an empty line ends it. */
function blocks(lines) {
  const found = [];
  for (const line of lines) {
    const kind = kindOf(line);
    const last = found.at(-1);
    if (last?.kind === kind && kind !== "heading") last.lines.push(line);
    else found.push({ kind, lines: [line] });
  }
  return found.filter((block) => block.kind !== "empty");
}

function kindOf(line) {
  if (!line.trim()) return "empty";
  if (/^#{1,6}\s/.test(line)) return "heading";
  if (BULLET.test(line)) return "ul";
  if (NUMBER.test(line)) return "ol";
  return ROW.test(line) ? "table" : "p";
}

function drawBlock({ kind, lines }) {
  if (kind === "table") return drawTable(lines);
  if (kind === "heading") return make("p", make("strong", ...inline(lines[0].replace(/^#+\s+/, ""))));
  if (kind === "p")
    return make("p", ...lines.flatMap((line, at) => (at ? [make("br"), ...inline(line)] : inline(line))));
  const items = lines.map((line) => make("li", ...inline(line.replace(kind === "ul" ? BULLET : NUMBER, ""))));
  const list = make(kind, ...items);
  if (kind === "ol") list.start = parseInt(lines[0].trim(), 10);
  return list;
}

function drawTable(lines) {
  const rows = lines.filter((line) => !RULER.test(line)).map((line) => line.trim().slice(1, -1).split("|"));
  const headed = lines.length > 1 && RULER.test(lines[1]);
  const drawn = rows.map((cells, at) =>
    make("tr", ...cells.map((cell) => make(headed && !at ? "th" : "td", ...inline(cell.trim())))),
  );
  return make("table", ...drawn);
}

function inline(text) {
  return text.split(MARKS).map((part, at) => (at % 2 ? drawMark(part) : part));
}

function drawMark(part) {
  if (part.startsWith("**") || part.startsWith("__")) return make("strong", ...inline(part.slice(2, -2)));
  if (part.startsWith("`")) return make("code", part.slice(1, -1));
  if (part.startsWith("*")) return make("em", ...inline(part.slice(1, -1)));
  if (/^[A-Z\d€$£]/.test(part)) return whole(part);
  const named = /^\[([^\]]+)\]\((.+)\)$/.exec(part);
  return link(named ? named[1] : part, named ? named[2] : part);
}

/* On one line; it is read, copied and searched as it was written. */
function whole(text) {
  return Object.assign(make("span", text), { className: "whole" });
}

/* Only whole addresses: a path would lead into the page that shows the chat. */
function link(title, address) {
  if (!/^https?:\/\//i.test(address)) return title;
  return Object.assign(make("a", title), { href: address, target: "_blank", rel: "noopener noreferrer nofollow" });
}

function make(tag, ...children) {
  const node = document.createElement(tag);
  node.append(...children);
  return node;
}

export { renderMarkdown };
