// What a person would stumble over on the page as it stands now: a list of sentences, empty when all is well.
() => {
  const found = [];
  const words = (element) => (element.innerText || element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 60);
  const all = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());

  const read = (color) => {
    const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return { channels: [red, green, blue], alpha };
  };
  const over = (top, alpha, bottom) => top.map((channel, index) => channel * alpha + bottom[index] * (1 - alpha));
  const canvas = () => {
    const probe = document.createElement("div");
    probe.style.backgroundColor = "Canvas";
    document.body.append(probe);
    const { channels } = read(getComputedStyle(probe).backgroundColor);
    probe.remove();
    return channels;
  };
  const ground = canvas();
  const behind = (element) => {
    if (element === null) return ground;
    const { channels, alpha } = read(getComputedStyle(element).backgroundColor);
    return alpha === 1 ? channels : over(channels, alpha, behind(element.parentElement));
  };
  const opacity = (element) =>
    element === null ? 1 : Number(getComputedStyle(element).opacity) * opacity(element.parentElement);
  const luminance = (channels) => {
    const linear = channels.map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const shown = (element, color) => {
    const { channels, alpha } = read(color);
    return over(channels, alpha * opacity(element), behind(element));
  };
  const demand = (least, ratio, what) => {
    if (ratio < least) found.push(`${what}: contrast ${ratio.toFixed(2)}, at least ${least}`);
  };

  if (document.title.trim() === "") found.push("the page has no title");
  if (document.documentElement.lang !== "fr") found.push("the page does not say that it is French");
  if (all("h1").length !== 1) found.push(`${all("h1").length} main headings`);
  if (all("main").length !== 1) found.push(`${all("main").length} main parts`);
  if (all('[lang="en"]').length === 0) found.push("no English beside the French");

  for (const field of all("input:not([type=hidden]), select, textarea")) {
    if (![...field.labels].some((label) => words(label) !== "")) found.push(`the field ${field.name} has no label`);
    const { borderTopColor } = getComputedStyle(field);
    demand(3, contrast(shown(field.parentElement, borderTopColor), behind(field.parentElement)), `border of ${field.name}`);
  }
  for (const control of all("a, button")) if (words(control) === "") found.push(`a ${control.localName} without words`);
  for (const frame of all("iframe")) if (!frame.title) found.push("a frame without title");
  for (const control of all("button, input")) {
    const { width, height } = control.getBoundingClientRect();
    if (height < 24 || width < 24) found.push(`${words(control)}: ${width} x ${height} is too small for a finger`);
  }

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() === "" || !element.checkVisibility()) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const isLarge = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
    demand(isLarge ? 3 : 4.5, contrast(shown(element, color), behind(element)), `"${words(element)}"`);
  }

  const { scrollWidth } = document.documentElement;
  if (scrollWidth > window.innerWidth) found.push(`${scrollWidth} px wide on a screen of ${window.innerWidth}`);
  for (const box of all("main *")) {
    if (["auto", "scroll"].includes(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth) {
      found.push(`${box.localName}.${box.className} is cut off: ${box.scrollWidth} px in ${box.clientWidth}`);
    }
  }
  return found;
}
