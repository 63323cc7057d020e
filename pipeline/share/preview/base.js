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

/** Pictures that were taken out of the page, whose text would take twice the room. */
const takenOut = new Map();

function takeOut(name, text) {
  const words = atob(text.textContent);
  const bytes = new Uint8Array(words.length);
  for (let i = 0; i < words.length; i += 1) bytes[i] = words.charCodeAt(i);
  takenOut.set(name, URL.createObjectURL(new Blob([bytes], { type: "image/png" })));
  text.remove();
}

/** Take out all pictures, while there is nothing else to do. */
function startTakingOut() {
  const waiting = [...document.querySelectorAll("script[id^=p-]")];
  const idle = window.requestIdleCallback || ((then) => setTimeout(then, 20));
  const next = (rest) => {
    do {
      const text = waiting.pop();
      if (!text) return;
      if (text.isConnected) takeOut(text.id.slice(2), text);
    } while (rest && rest.timeRemaining() > 5);
    idle(next);
  };
  idle(next);
}

/** Where the picture of that kind lies: a file beside the page, or bytes that were within it. */
function pictureOf(asset, kind) {
  const name = asset.pictures[kind];
  if (!name) return "";
  const text = byId(`p-${name}`);
  if (text) takeOut(name, text);
  return takenOut.get(name) || `pictures/${name}.png`;
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
