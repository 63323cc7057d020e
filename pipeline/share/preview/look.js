/* How the panel is looked at: the server draws what the model says of other views than the plain one. */
const DISTANCES = [[0, "none"], [250, "25 cm"], [500, "50 cm"], [1000, "1 m"], [2000, "2 m"], [4000, "4 m"]];

/** Pixels of a picture of the panel, and of one that is blurred: more take too long. */
const [MOST_DRAWN, MOST_BLURRED] = [2_000_000, 500_000];

/** The last answer: the asset, the question with the picture that it is about, and the picture. */
let looked = { id: "", question: "", picture: "" };
let asksToLook = "";

/** What the controls say, or null for the plain view. */
function wantedLook() {
  const light = byId("look-light").value || "day";
  const away = Number(byId("look-away").value);
  const gap = byId("look-gap").checked && !byId("look-gap").disabled;
  if (light === "day" && !away && !gap) return null;
  return { light, away, gap, scale: away || gap ? scaleOfLook(away ? MOST_BLURRED : MOST_DRAWN) : 1 };
}

/** The largest part of the zoom that leaves a picture small enough: so each pixel stays whole. */
function scaleOfLook(most) {
  const zoom = Number(byId("zoom").value);
  const [width, height] = current.size;
  const fits = (scale) => zoom % scale === 0 && width * height * scale * scale <= most;
  return Array.from({ length: zoom }, (_, i) => zoom - i).find(fits) || 1;
}

/** While a look is drawn, the last one of the same picture stays. */
pictureOf = (asset, kind) => {
  const plain = asset.pictures[kind];
  const how = kind === "seen" ? wantedLook() : null;
  if (!how) return plain;
  const question = JSON.stringify({ id: asset.id, seen: plain, ...how });
  if (looked.question === question) return looked.picture;
  askToLook(asset.id, question, plain);
  return looked.id === asset.id ? looked.picture : plain;
};

async function askToLook(id, question, plain) {
  if (asksToLook === question) return;
  asksToLook = question;
  const gone = { problems: [{ message: "the preview is not running any more" }] };
  const answer = await post("look", JSON.parse(question)).catch(() => gone);
  if (asksToLook !== question) return;
  asksToLook = "";
  byId("look-fault").textContent = faultsIn(answer);
  if (!answer.picture && !answer.problems.length) return; // of a picture that is not shown any more
  looked = { id, question, picture: answer.picture || plain };
  showPictures();
}

/** What the shown panel has: a light matters to what reflects it. */
function showLookControls() {
  const target = targets.get(current.target);
  const light = byId("look-light");
  const chosen = light.value;
  light.replaceChildren(...target.lights.map((name) => {
    const option = element("option", "", name);
    option.value = name;
    return option;
  }));
  light.value = target.lights.includes(chosen) ? chosen : "day";
  light.disabled = target.lights.length === 1;
  byId("look-gap").disabled = !target.gap;
  byId("look-gap").parentElement.title = target.gap ? "" : "how wide they are is not known of this panel";
  showPictures();
}

function startLook() {
  const set = element("fieldset");
  const light = element("select");
  const gap = element("input");
  const away = element("select");
  Object.assign(gap, { id: "look-gap", type: "checkbox" });
  light.id = "look-light";
  away.id = "look-away";
  away.append(...DISTANCES.map(([mm, words]) => {
    const option = element("option", "", words);
    option.value = mm;
    return option;
  }));
  const lines = element("label", "check", gap, " lines between pixels");
  const fault = element("span", "fault");
  fault.id = "look-fault";
  fault.setAttribute("role", "status");
  set.append(element("legend", "", "Look"), field("light", light), field("distance", away), lines, fault);
  set.addEventListener("input", showPictures);
  byId("zoom").addEventListener("change", showPictures);
  document.addEventListener("asset-opened", showLookControls);
  document.querySelector(".tools").append(set);
}
