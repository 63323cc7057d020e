"use strict";
/* What all parts of the page share. Text reaches the page through textContent only. */
const data = JSON.parse(document.getElementById("data").textContent);
document.getElementById("data").remove();
const assets = new Map(data.assets.map((asset) => [asset.id, asset]));
const targets = new Map(data.targets.map((target) => [target.name, target]));

const byId = (id) => document.getElementById(id);

/** An element with a class and content: a text, or other elements. */
function element(tag, className = "", ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

const number = (value) => value.toLocaleString("en-US");
const pictures = (count) => `${number(count)} ${count === 1 ? "picture" : "pictures"}`;
const fixed = (value) => (value === null || value === undefined ? "-" : value.toFixed(2));

/** Addresses of the pictures that came within the page; as text they would take more room. */
const addresses = new Map();

const SIXES = new Uint8Array(128);
[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].forEach((digit, value) => {
  SIXES[digit.charCodeAt(0)] = value;
});
/** Room for the bytes of one picture: an array for each would lie around until it is collected. */
let scratch = new Uint8Array(1 << 20);

/** The bytes that an element's text says in base64; the text is let go piece by piece. */
function bytesIn(text) {
  const pieces = [...text.childNodes];
  const most = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (most > scratch.length) scratch = new Uint8Array(most);
  let [word, bits, count] = [0, 0, 0];
  for (const piece of pieces) {
    const words = piece.data;
    for (let i = 0; i < words.length && words[i] !== "="; i += 1) {
      word = (word << 6) | SIXES[words.charCodeAt(i)];
      bits += 6;
      if (bits < 8) continue;
      bits -= 8;
      scratch[count++] = word >> bits;
    }
    piece.data = "";
  }
  return scratch.subarray(0, count);
}

function takeOut(text) {
  const name = text.id.slice(2);
  addresses.set(name, URL.createObjectURL(new Blob([bytesIn(text)], { type: "image/png" })));
  text.remove();
  for (const picture of document.querySelectorAll(`[data-picture="${name}"]`)) show(picture, name);
}

/** Take each picture out of the page as soon as all of it is there: when something follows it. */
function startTakingOut() {
  const found = document.getElementsByClassName("shelf");
  const take = (left) => {
    while (found.length > left) takeOut(found[0]);
  };
  const watch = new MutationObserver(() => take(1));
  watch.observe(document.body, { childList: true });
  document.addEventListener("DOMContentLoaded", () => {
    watch.disconnect();
    take(0);
    for (const picture of document.querySelectorAll("[data-picture]")) show(picture, picture.dataset.picture);
  });
}

/** Show a picture: a file beside the page, or bytes within it, which may still be on their way. */
function show(image, name = "") {
  image.dataset.picture = name;
  const waits = document.readyState === "loading" && !addresses.has(name);
  const address = addresses.get(name) || `pictures/${name}.png`;
  if (waits || !name) image.removeAttribute("src");
  else if (image.getAttribute("src") !== address) image.src = address; // else it is there already
}

const modelOf = ({ model }) => `${model.charAt(0).toUpperCase()}${model.slice(1)}.`;

/** The corners of a picture that fills its panel's glass, as CSS has them. */
function glassOf(asset) {
  const { size, shape, corner } = targets.get(asset.target);
  if (!size || size.join() !== asset.size.join()) return "";
  if (shape === "round") return "50%";
  return size.map((side) => `${(100 * corner) / side}%`).join(" / ");
}

/** Settings that the browser may keep; a page from a file may not have a place for them. */
const settings = {
  get(name, otherwise) {
    try {
      return localStorage.getItem(`bitplane-${name}`) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`bitplane-${name}`, value);
    } catch {
      /* it holds for this visit only */
    }
  },
};

const darkAtFirst = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const theme = settings.get("theme", "") || document.documentElement.dataset.theme;
  return theme ? theme === "dark" : darkAtFirst.matches;
}

function showTheme() {
  const button = byId("theme");
  button.setAttribute("aria-pressed", String(isDark()));
}

function startTheme() {
  const kept = settings.get("theme", "");
  if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
  byId("theme").addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    settings.set("theme", next);
    showTheme();
  });
  darkAtFirst.addEventListener("change", showTheme);
  showTheme();
}

/** What is wrong: place, words, the line it is in, and what to do. */
function problemBox(problem) {
  const box = element("div", `problem ${problem.severity === "warning" ? "warning" : "error"}`);
  const where = problem.place ? `${problem.place}: ` : "";
  box.append(element("p", "", `${where}${problem.severity}: ${problem.message}`));
  if (problem.snippet) box.append(element("pre", "", problem.snippet));
  if (problem.hint) box.append(element("p", "", `hint: ${problem.hint}`));
  return box;
}

/** Above the sheets, and in the viewer, which covers them. */
function showProblems(problems) {
  for (const id of ["problems", "viewer-problems"]) {
    byId(id).hidden = problems.length === 0;
    byId(id).replaceChildren(...problems.map(problemBox));
  }
}
