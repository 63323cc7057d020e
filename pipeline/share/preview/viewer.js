/* The viewer: one picture, its views, its size, and the slider to what it was made from. */
let current = null;

const view = () => document.querySelector("input[name=view]:checked").value;
const ppi = () => Number(byId("ppi").value);
const pixelsPerMm = () => ppi() / 25.4;

/** Width and height of a panel's pixel, the shorter side `zoom`: as `cell` in panel.py has it. */
function cellOf(pitch, zoom) {
  const sides = (pitch || [1, 1]).map((mm) => Math.max(Math.round(1000 * mm), 1));
  const least = Math.min(...sides);
  return sides.map((side) => Math.floor((2 * zoom * side + least) / (2 * least)));
}

/** Width and height on the screen in CSS pixels. */
function stageSize() {
  const [width, height] = current.size;
  const pitch = targets.get(current.target).pitch;
  if (byId("true-size").checked && pitch) {
    return [width * pitch[0] * pixelsPerMm(), height * pitch[1] * pixelsPerMm()];
  }
  const [across, down] = cellOf(pitch, Number(byId("zoom").value));
  return [width * across, height * down];
}

function showSize() {
  if (!current) return;
  const pitch = targets.get(current.target).pitch;
  const isTrue = byId("true-size").checked && Boolean(pitch);
  byId("true-size").disabled = !pitch;
  byId("true-size").parentElement.title = pitch ? "" : "how large its pixels are is not known of this panel";
  byId("zoom").disabled = isTrue;
  const [width, height] = stageSize();
  byId("stage").style.width = `${width}px`;
  byId("stage").style.height = `${height}px`;
  const shrinks = width < current.size[0];
  for (const id of ["shown", "before"]) byId(id).className = shrinks ? "shrunk" : "";
  const mm = pitch ? current.size.map((side, axis) => (side * pitch[axis]).toFixed(1)) : null;
  byId("zoom-value").textContent = isTrue ? `${mm[0]} x ${mm[1]} mm` : `${byId("zoom").value}x`;
  byId("card").style.width = `${85.6 * pixelsPerMm()}px`;
  byId("ppi-value").textContent = `${ppi()}`;
}

function showSlider() {
  const share = Number(byId("slider").value);
  // One pixel more on the other sides: a clip on an edge would blend its pixels.
  byId("before").style.clipPath = share === 100 ? "none" : `inset(-1px ${100 - share}% -1px -1px)`;
  byId("before").style.visibility = share === 0 ? "hidden" : "visible";
  byId("divider").style.left = `${share}%`;
  byId("divider").hidden = share === 0 || share === 100;
  byId("slider").setAttribute("aria-valuetext", `${Math.round(share)} percent ${data.before}`);
}

/** The picture that a view shows of an asset; a served page knows more of the panel. */
let pictureOf = (asset, kind) => asset.pictures[kind];

function showPictures() {
  if (!current) return;
  const [width, height] = current.size;
  show(byId("shown"), pictureOf(current, view()));
  byId("stage").style.borderRadius = view() === "seen" ? glassOf(current) : "";
  byId("shown").alt = `${current.name} on ${current.target}, ${width} by ${height} pixels`;
  const { before } = current.pictures;
  byId("before").hidden = !before;
  byId("slider").disabled = !before;
  show(byId("before"), before);
  byId("difference-help").hidden = view() !== "difference";
  byId("before").alt = `${current.name}, ${data.before}`;
}

/** What is gone has no indices, and only what changed has a difference. */
function showViews() {
  for (const kind of ["index", "difference"]) byId(`view-${kind}`).hidden = !current.pictures[kind];
  if (!current.pictures[view()]) document.querySelector("input[value=seen]").checked = true;
}

function showViewer() {
  byId("viewer-title").textContent = `${current.name} on ${current.target}`;
  byId("model").textContent = modelOf(targets.get(current.target));
  showViews();
  showPictures();
  showSize();
  showSlider();
  showFacts(current);
  const place = order.indexOf(current.id);
  byId("previous").disabled = place <= 0;
  byId("next").disabled = place < 0 || place === order.length - 1;
}

/** The largest whole zoom at which the picture fits what is free. */
function fittingZoom(asset) {
  const wide = window.innerWidth > 900 ? window.innerWidth - 480 : window.innerWidth - 60;
  const most = Math.min(wide / asset.size[0], (window.innerHeight * 0.62) / asset.size[1]);
  return Math.max(1, Math.min(8, Math.floor(most)));
}

function openViewer(id) {
  const asset = assets.get(id);
  if (!asset) return;
  if (!current || current.size.join() !== asset.size.join()) byId("zoom").value = String(fittingZoom(asset));
  current = asset;
  showViewer();
  if (!byId("viewer").open) byId("viewer").showModal();
  if (location.hash !== `#${encodeURIComponent(id)}`) history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  document.dispatchEvent(new Event("asset-opened"));
}

function step(by) {
  const place = order.indexOf(current.id) + by;
  if (order[place] !== undefined) openViewer(order[place]);
}

function closed() {
  const id = current && current.id;
  current = null;
  history.replaceState(null, "", "#");
  const last = [...document.querySelectorAll(".card-button")].find((one) => one.dataset.id === id);
  if (last) last.focus();
}

function keyed(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.matches("select, textarea, input[type=number]")) return;
  if (event.key === "n") step(1);
  if (event.key === "p") step(-1);
}

/** The divider follows a mouse or pen that is pressed on the picture; a finger scrolls. */
function startDragging() {
  const stage = byId("stage");
  const follow = (event) => {
    const { left, width } = stage.getBoundingClientRect();
    byId("slider").value = String((100 * (event.clientX - left)) / width);
    showSlider();
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch" || byId("slider").disabled) return;
    stage.setPointerCapture(event.pointerId);
    follow(event);
  });
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) follow(event);
  });
}

function openHash() {
  try {
    openViewer(decodeURIComponent(location.hash.slice(1)));
  } catch {
    /* no name of an asset */
  }
}

function startViewer() {
  byId("ppi").value = settings.get("ppi", "96");
  byId("slider-label").textContent = `${data.before} on the left`;
  byId("views").addEventListener("input", showPictures);
  for (const id of ["zoom", "true-size"]) byId(id).addEventListener("input", showSize);
  byId("ppi").addEventListener("input", () => {
    settings.set("ppi", byId("ppi").value);
    showSize();
  });
  byId("slider").addEventListener("input", showSlider);
  startDragging();
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  byId("close").addEventListener("click", () => byId("viewer").close());
  byId("viewer").addEventListener("close", closed);
  byId("viewer").addEventListener("keydown", keyed);
  window.addEventListener("hashchange", openHash);
  openHash();
}
