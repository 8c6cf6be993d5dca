/* "Where should answers reach me?": one of the channels that belong to the conversation. */
function createWish({ texts, ask }) {
  const select = element("select", { id: "wish", onchange: () => pick() });
  const told = element("p", { class: "quiet", role: "status" });
  const view = element("div", { class: "wish", hidden: true },
    element("label", { for: "wish" }, texts.say("wish")), select, told);
  let current = "";

  function draw({ channels, preferred }) {
    current = preferred;
    const options = ["", ...channels].map((channel) =>
      element("option", { value: channel, selected: channel === preferred },
        channel ? channelName(channel, texts) : texts.say("wish_last")));
    select.replaceChildren(...options);
    select.value = preferred;
    view.hidden = channels.length < 2;
  }

  async function load() {
    told.textContent = "";
    const { answer } = await ask("/ways");
    if (answer) draw(answer);
  }

  async function pick() {
    const found = await ask("/prefer", { channel: select.value });
    if (found.answer) draw(found.answer);
    else select.value = current;
    const name = current ? channelName(current, texts) : "";
    const done = current ? texts.say("wish_noted", { channel: name }) : texts.say("wish_noted_last");
    told.textContent = found.answer
      ? done
      : texts.say(found.code === "opted_out" ? "wish_opted_out" : "trouble_failed");
  }

  return { view, load };
}
