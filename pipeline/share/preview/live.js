/* What only a served page can do: follow the files, and try other options. */
let trial = null;
let asking = false;
let askAgain = false;
let resting = 0;
/** Whether the controls were moved since they were set back. */
let touched = false;
/** How often they were set back: an answer to a question from before comes too late. */
let round = 0;

/** The server says what is shown now. */
function heard(message) {
  const { changed, order: names, targets: told, ...rest } = message;
  Object.assign(data, rest);
  for (const target of told) targets.set(target.name, target);
  const before = [...assets.keys()].join("\n");
  for (const asset of changed) assets.set(asset.id, asset);
  for (const id of [...assets.keys()]) if (!names.includes(id)) assets.delete(id);
  const now = names.map((id) => [id, assets.get(id)]);
  assets.clear();
  for (const [id, asset] of now) assets.set(id, asset);
  showProblems(data.problems);
  if (names.join("\n") !== before) showSheets();
  else changed.forEach(refreshCard);
  byId("count").textContent = `${chosen().length} of ${pictures(assets.size)}`;
  if (!current) return;
  if (!assets.has(current.id)) byId("viewer-title").textContent = `${current.name} on ${current.target}, as it was`;
  else if (changed.some((asset) => asset.id === current.id)) arrived(current.id);
}

/** The picture in the viewer was built anew; what is tried is tried on the new one. */
function arrived(id) {
  const now = assets.get(id);
  const same = now.key === (trial ? current.last : current).key;
  if (trial) {
    current = { ...current, ...builtAs(now) };
    showFacts(current);
  } else {
    current = now;
    showViewer();
  }
  if (touched && !same) ask();
}

/** What a picture that is tried takes from the one that is built. */
function builtAs(built) {
  return { place: built.place, last: built };
}

function field(words, control) {
  const label = element("label", "", `${words} `);
  label.append(control);
  return label;
}

function choice(id, names, usual) {
  const select = element("select");
  select.id = id;
  const first = element("option", "", usual);
  first.value = "";
  select.append(first, ...names.map((name) => {
    const option = element("option", "", name);
    option.value = name;
    return option;
  }));
  return select;
}

function slider(id, low, high) {
  const input = element("input");
  Object.assign(input, { id, type: "range", min: low, max: high, step: 1, value: high });
  return input;
}

function colorCount(asset) {
  const input = element("input");
  const most = Math.min(256, data.controls.most[asset.target]);
  Object.assign(input, { id: "try-colors", type: "number", min: 1, max: most, placeholder: "as it is" });
  input.disabled = data.controls.inks.includes(asset.target);
  return input;
}

function showControls() {
  trial = null;
  touched = false;
  round += 1;
  askAgain = false;
  if (!data.controls) return;
  const set = element("fieldset");
  set.append(element("legend", "", "Try"));
  const reset = element("button", "", "As built");
  reset.type = "button";
  reset.id = "try-reset";
  reset.addEventListener("click", leaveTrial);
  const copy = element("button", "", "Copy as YAML");
  copy.type = "button";
  copy.id = "try-copy";
  copy.disabled = true;
  copy.addEventListener("click", copyLines);
  const lines = element("textarea");
  Object.assign(lines, { id: "try-lines", readOnly: true, rows: 6, hidden: true });
  lines.setAttribute("aria-label", "Lines for build.yaml, under assets");
  const rows = [element("div", "row"), element("div", "row"), element("div", "row")];
  const strength = slider("try-strength", 0, 100);
  const share = element("output", "", "as it is");
  share.id = "try-share";
  rows[0].append(field("dither", choice("try-dither", data.controls.dithers, "as it is")));
  rows[0].append(field("fit", choice("try-fit", data.controls.fits, "as it is")));
  rows[1].append(field("strength", strength), share, field("colors", colorCount(current)));
  rows[2].append(reset, copy);
  const fault = element("p", "fault");
  fault.id = "try-fault";
  fault.setAttribute("role", "status");
  set.append(...rows, fault, lines);
  set.addEventListener("input", changed);
  byId("controls").replaceChildren(set);
}

/** What the controls say; null leaves an option as it is. */
function asked() {
  const colors = byId("try-colors").value;
  return {
    id: current.id,
    dither: byId("try-dither").value || null,
    fit: byId("try-fit").value || null,
    colors: colors === "" ? null : Number(colors),
    strength: byId("try-strength").dataset.touched ? Number(byId("try-strength").value) : null,
  };
}

function changed(event) {
  if (event.target.id === "try-strength") event.target.dataset.touched = "1";
  byId("try-share").textContent = byId("try-strength").dataset.touched ? `${byId("try-strength").value} %` : "as it is";
  touched = true;
  ask();
}

/** One question at a time: what changes meanwhile is asked when the answer is there. */
async function ask() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  try {
    do {
      askAgain = false;
      await askOnce();
    } while (askAgain);
  } finally {
    asking = false;
  }
}

async function post(where, what) {
  const headers = { "Content-Type": "application/json", "X-Bitplane-Token": data.token };
  const reply = await fetch(where, { method: "POST", headers, body: JSON.stringify(what) });
  return reply.json();
}

async function askOnce() {
  if (!current) return;
  const asks = round;
  let answer;
  try {
    answer = await post("try", asked());
  } catch {
    answer = { problems: [{ message: "the preview is not running any more" }] };
  }
  if (!current || round !== asks) return;
  showAnswer(answer);
  clearTimeout(resting);
  if (answer.asset) resting = setTimeout(measure, 300, answer);
}

/** The errors take longer than the picture: they are asked for when the hand rests. */
async function measure(answer) {
  if (asking || trial !== answer) return;
  const errors = await post("errors", {}).catch(() => ({}));
  if (asking || trial !== answer || !current) return;
  Object.assign(current, errors);
  showFacts(current);
}

function faultsIn(answer) {
  return answer.problems.map((one) => `${one.message}${one.hint ? ` (${one.hint})` : ""}`).join("; ");
}

function showAnswer(answer) {
  byId("try-fault").textContent = faultsIn(answer);
  if (!answer.asset) return;
  trial = answer;
  const built = assets.get(current.id);
  current = { ...answer.asset, ...builtAs(built) };
  byId("try-copy").disabled = false;
  byId("try-lines").value = answer.lines;
  byId("try-lines").hidden = false;
  showPictures();
  showSize();
  showFacts(current);
}

async function copyLines() {
  byId("try-lines").select();
  try {
    await navigator.clipboard.writeText(trial.lines);
    byId("try-fault").textContent = "copied: it takes the place of the asset in build.yaml";
  } catch {
    byId("try-fault").textContent = "press Ctrl+C: the lines are selected";
  }
}

function leaveTrial() {
  const id = current.id;
  trial = null;
  current = assets.get(id);
  showControls();
  showViewer();
  byId("try-dither").focus();
}

function startLive() {
  startLook();
  document.addEventListener("asset-opened", showControls);
  const stream = new EventSource("events");
  stream.addEventListener("message", (event) => heard(JSON.parse(event.data)));
  stream.addEventListener("error", () => {
    byId("count").textContent = "The preview is not running; what is shown may be old.";
  });
}
