/* Figures and palette of one picture. */

/** What became of a figure since the last time: less is better. */
function since(now, then, digits) {
  if (then === null || then === undefined || now === null || now === then) return "";
  const by = now - then;
  const words = `${by > 0 ? "+" : "-"}${digits ? Math.abs(by).toFixed(digits) : number(Math.abs(by))}`;
  return element("span", by > 0 ? "worse" : "better", ` ${words}`);
}

function row(name, ...content) {
  const line = element("tr");
  const head = element("th", "", name);
  head.scope = "row";
  line.append(head, element("td", "", ...content));
  return line;
}

/** How large the pixels become in fewer bytes. */
function share(asset, bytes) {
  const part = Math.round((100 * bytes) / Math.max(asset.pixel_bytes, 1));
  return `${number(bytes)} bytes, ${part} % of ${number(asset.pixel_bytes)}`;
}

/** How the pixels lie in flash; of plain ones, what compressing them would give. */
function compression(asset, last) {
  const [codec, bytes] = asset.stored;
  if (codec !== "none") return [row("compression", `${codec}, ${share(asset, bytes)}`)];
  const deflated = share(asset, asset.deflated);
  return [row("compression", "none"), row("deflated", deflated, since(asset.deflated, last.deflated, 0))];
}

function figures(asset) {
  const last = asset.last || {};
  const [width, height] = asset.size;
  const table = element("table");
  const body = element("tbody");
  table.append(element("caption", "", data.compared), body);
  body.append(
    row("size", `${width}x${height} pixels`),
    row("in flash", `${number(asset.bytes)} bytes`, since(asset.bytes, last.bytes, 0)),
    ...compression(asset, last),
    row("delta E by pixel", fixed(asset.delta_e), since(asset.delta_e, last.delta_e, 2)),
    row("delta E from afar", fixed(asset.afar), since(asset.afar, last.afar, 2)),
    row("colors", `${number(asset.used)} used of ${number(asset.entries)}`),
    row("layout", asset.layout),
    row("source", asset.source),
    ...asset.options.map(([name, words]) => row(name, words)),
    ...asset.files.map((name) => row("file", name)),
    ...asset.notes.map(([name, words]) => row(name, words)),
  );
  return table;
}

function swatch(color) {
  const cell = element("td");
  const square = element("span", "swatch");
  square.style.backgroundColor = color;
  square.setAttribute("aria-hidden", "true");
  cell.append(square, color);
  return cell;
}

function entry(asset, [index, nominal, seen, code, count, plain, name]) {
  const line = element("tr", count ? "" : "unused");
  const head = element("th", "", asset.transparent === index ? `${index} transparent` : `${index} ${name}`);
  head.scope = "row";
  const square = element("span", "swatch");
  square.style.backgroundColor = plain;
  square.setAttribute("aria-hidden", "true");
  head.prepend(square);
  const word = element("td", "number", `0x${code.toString(16)}`);
  line.append(head, swatch(nominal), swatch(seen), word, element("td", "number", number(count)));
  return line;
}

function palette(asset) {
  const table = byId("palette");
  const head = element("thead");
  const line = element("tr");
  for (const [words, kind] of [["index", ""], ["nominal", ""], ["seen", ""], ["code", "number"], ["pixels", "number"]]) {
    const cell = element("th", kind, words);
    cell.scope = "col";
    line.append(cell);
  }
  head.append(line);
  const body = element("tbody");
  body.append(...asset.palette.map((one) => entry(asset, one)));
  const listed = asset.palette.length;
  const words = listed < asset.entries ? `the ${number(listed)} that most pixels have, of ${number(asset.entries)}` : "";
  table.replaceChildren(...(words ? [element("caption", "", words)] : []), head, body);
}

function showFacts(asset) {
  const shown = badges(asset);
  byId("figures").replaceChildren(...(shown.childElementCount ? [shown] : []), figures(asset));
  palette(asset);
}
