/* What came with a message: pictures in place, other files as links with name and size, places as a link to a map. */
const PICTURE_TRIES_MS = [1000, 2000, 4000, 8000];

function attachments({ attachments: found = [] }, texts, base) {
  return found.map((file) => {
    if (file.kind === "location") return place(file, texts);
    if (file.gone) return goneFile(file, texts);
    const href = safeAddress(file.url, base);
    if (!href) return null;
    return file.kind === "image" ? picture(file, href, texts) : fileLink(file, href, texts);
  });
}

/* A picture may arrive at the server a moment after its message; one that never comes becomes a link. */
function picture(file, href, texts) {
  const name = file.name || texts.say("picture");
  const image = element("img", { src: href, alt: name, onerror: again });
  const link = element("a", { class: "picture", href, target: "_blank", rel: "noopener" }, image);
  let tries = 0;
  function again() {
    const wait = PICTURE_TRIES_MS[tries++];
    if (wait) setTimeout(() => image.setAttribute("src", `${href}&try=${tries}`), wait);
    else link.replaceWith(fileLink(file, href, texts));
  }
  return link;
}

/* What it was stays to be read, without an address that leads nowhere. */
function goneFile(file, texts) {
  const name = file.name || texts.say(file.kind === "image" ? "picture" : "file");
  return element("span", { class: "file expired" }, icon("file"),
    element("span", {}, name, element("small", { dir: "auto" }, texts.say("file_expired"))));
}

function fileLink(file, href, texts) {
  const size = texts.size(file.size);
  return element("a", { class: "file", href, target: "_blank", rel: "noopener" },
    icon("file"), element("span", {}, file.name || texts.say(file.kind === "image" ? "picture" : "file")),
    size ? element("small", { dir: "auto" }, size) : null);
}

function place({ latitude, longitude }, texts) {
  const at = `${latitude.toFixed(5)}/${longitude.toFixed(5)}`;
  const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${at}`;
  return element("a", { class: "file", href, target: "_blank", rel: "noopener noreferrer" },
    icon("place"), element("span", {}, texts.say("place")));
}
