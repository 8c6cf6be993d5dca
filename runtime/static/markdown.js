/* What bot and agents write, as elements: paragraphs, lists, tables, bold, italic, code and links.
   Shared by the chat widget (which joins it into its one script) and the desk.
   Text only ever enters as text, and an address only as http(s). */
const MARK_KINDS = [
  /\*\*[^*\n]+\*\*/, // bold
  /__[^_\n]+__/,
  /`[^`\n]+`/,
  /\[[^\]\n]+\]\((?:[^()\s]|\([^()\s]*\))+\)/, // a link with a name
  /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/,
  /\*[^*\s][^*\n]*\*/, // italic
  /\b[A-Z]{1,3}-\d+\b/, // the number of a ticket or an order
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
  if (/^[A-Z]/.test(part)) return whole(part);
  const named = /^\[([^\]]+)\]\((.+)\)$/.exec(part);
  return link(named ? named[1] : part, named ? named[2] : part);
}

/* A number with a hyphen stays on one line; it is read, copied and searched as it was written. */
function whole(number) {
  return Object.assign(make("span", number), { className: "whole" });
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
