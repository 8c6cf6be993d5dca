"""Which way each line of a text runs on the screen, told by where its first and its last sign stand."""

MIXED = "Das ist alles.\nכן, זה נכון (100%).\nDanke!"
RUNS = """text => {
  const signs = [], nodes = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  for (let node = nodes.nextNode(); node; node = nodes.nextNode())
    for (let at = 0; at < node.length; at++) signs.push([node, at]);
  const left = (sign) => {
    const range = document.createRange();
    range.setStart(...signs[sign]);
    range.setEnd(signs[sign][0], signs[sign][1] + 1);
    return range.getBoundingClientRect().left;
  };
  let start = 0;
  return text.textContent.split("\\n").map((line) => {
    const runs = left(start) < left(start + line.length - 1) ? "right" : "left";
    start += line.length + 1;
    return runs;
  });
}"""
EXPECTED = ["right", "left", "right"]
