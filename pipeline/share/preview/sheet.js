/* Contact sheets: one for each target, filtered and sorted. */
const orders = {
  plan: (a, b) => a.place - b.place,
  name: (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.place - b.place),
  bytes: (a, b) => b.bytes - a.bytes || a.place - b.place,
  error: (a, b) => (b.afar ?? b.delta_e) - (a.afar ?? a.delta_e) || a.place - b.place,
  change: (a, b) => Number(b.change !== "") - Number(a.change !== "") || a.place - b.place,
};

/** Pictures are there while their cards are about to be seen. */
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const picture = entry.target.querySelector("img");
    const asset = assets.get(picture.dataset.asset);
    show(picture, entry.isIntersecting && asset ? asset.pictures.seen : "");
  }
}, { rootMargin: "1000px" });

function thumb(asset) {
  const picture = element("img");
  const [width, height] = asset.size;
  picture.width = width;
  picture.height = height;
  picture.decoding = "async";
  picture.alt = "";
  if (width > 200 || height > 144) picture.className = "shrunk";
  picture.style.aspectRatio = `${width} / ${height}`;
  picture.style.width = width > 200 || height > 144 ? "auto" : `${zoomFor(width, height) * width}px`;
  picture.style.height = "auto";
  picture.style.borderRadius = glassOf(asset);
  picture.dataset.asset = asset.id;
  return picture;
}

/** The largest whole zoom at which a small picture fits its card. */
function zoomFor(width, height) {
  return Math.max(1, Math.min(4, Math.floor(190 / width), Math.floor(144 / height)));
}

function badges(asset) {
  const row = element("span", "badges");
  if (asset.change) row.append(element("span", `badge ${asset.change}`, asset.change));
  for (const [, words] of asset.badges) row.append(element("span", "badge", words));
  return row;
}

function card(asset) {
  const button = element("button", "card-button");
  button.type = "button";
  button.dataset.id = asset.id;
  const frame = element("span", "thumb");
  frame.append(thumb(asset));
  const [width, height] = asset.size;
  button.append(frame, element("span", "name", asset.name));
  button.append(element("span", "line", `${width}x${height}, ${number(asset.used)} colors`));
  button.append(element("span", "line", `${number(asset.bytes)} bytes, delta E ${fixed(asset.afar ?? asset.delta_e)}`));
  button.append(badges(asset));
  button.addEventListener("click", () => openViewer(asset.id));
  const item = element("li");
  item.append(button);
  watcher.observe(item); // not the picture, of which nothing is known while its card is skipped
  return item;
}

function sheet(target, shown) {
  const section = element("section", "sheet");
  const head = element("div", "sheet-head");
  const title = element("h2", "", target.name);
  title.id = `sheet-${target.place}`;
  section.setAttribute("aria-labelledby", title.id);
  const there = shown.filter((asset) => asset.change !== "gone");
  const total = there.reduce((sum, asset) => sum + asset.bytes, 0);
  const budget = data.budget ? ` of ${number(data.budget)}` : "";
  head.append(title, element("span", "line", target.title));
  head.append(element("span", "line", `${pictures(shown.length)}, ${number(total)}${budget} bytes`));
  const list = element("ul", "cards");
  list.append(...shown.map(card));
  section.append(head, element("p", "quiet", modelOf(target)), list);
  return section;
}

/** The assets that the filter leaves, in the chosen order. */
function chosen() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const target = byId("target").value;
  const flagged = byId("flagged").checked;
  return [...assets.values()]
    .filter((asset) => !target || asset.target === target)
    .filter((asset) => !flagged || asset.badges.length > 0)
    .filter((asset) => words.every((word) => `${asset.name} ${asset.source}`.toLowerCase().includes(word)))
    .sort(orders[byId("sort").value]);
}

/** The order in which the viewer goes: that of the sheets. */
let order = [];

function showSheets() {
  const found = chosen();
  const groups = [...targets.values()]
    .map((target) => [target, found.filter((asset) => asset.target === target.name)])
    .filter(([, group]) => group.length > 0);
  order = groups.flatMap(([, group]) => group.map((asset) => asset.id));
  watcher.disconnect();
  byId("sheets").replaceChildren(...groups.map(([target, group]) => sheet(target, group)));
  byId("count").textContent = `${found.length} of ${pictures(assets.size)}`;
}

/** One asset has another picture or other figures. */
function refreshCard(asset) {
  const old = [...document.querySelectorAll(".card-button")].find((one) => one.dataset.id === asset.id);
  if (!old) return showSheets();
  const focused = document.activeElement === old;
  const made = card(asset);
  old.parentElement.replaceWith(made);
  if (focused) made.firstElementChild.focus();
}

function startSheets() {
  for (const target of targets.values()) {
    const option = element("option", "", target.name);
    option.value = target.name;
    byId("target").append(option);
  }
  for (const id of ["filter", "target", "sort", "flagged"]) byId(id).addEventListener("input", showSheets);
  byId("bar").addEventListener("submit", (event) => event.preventDefault());
  byId("title").textContent = data.title;
  document.title = `${data.title} - bitplane preview`;
  showSheets();
}
