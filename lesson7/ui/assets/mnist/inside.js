// What the network sees and what it makes of it, painted on canvases.
//
// Pictures come as base64 of bytes: grey values, or for evidence 128 + 127 times [-1, 1].
// This file comes between pad.js and digits.js.

const GAP = 4; // CSS pixels between feature maps
const SCORES = "0123456789×"; // the last layer: a number per digit, and one for none of them

/** The side of a feature map on the page, in CSS pixels: whole pixels, and no wall of maps. */
function tileSide({ size, channels }) {
  if (size === 28) return 56;
  return channels > 32 ? 28 : 44 - (44 % size);
}

const bytesOf = (base64) => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));

/** A colour of the theme as [red, green, blue]. */
function themeColour(node, name) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.fillStyle = getComputedStyle(node).getPropertyValue(name).trim();
  return [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16));
}

const mix = (from, to, amount) => from.map((value, i) => value + (to[i] - value) * amount);

/** Paint `side * side` colours, one pixel each. */
function paintPixels(canvas, side, colourAt) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) image.data.set([...colourAt(i), 255], 4 * i);
  context.putImageData(image, 0, 0);
}

function paintSeen(canvas, seen) {
  paintPixels(canvas, 28, (i) => [seen[i], seen[i], seen[i]]);
}

/** The ink in dim grey; over it the colour of what speaks for the answer, and against it. */
function paintEvidence(canvas, seen, evidence) {
  const colours = [themeColour(canvas, "--l7-against"), themeColour(canvas, "--l7-for")];
  paintPixels(canvas, 28, (i) => {
    const weight = (evidence[i] - 128) / 127;
    const grey = seen[i] * 0.35;
    const strength = Math.min(1, Math.abs(weight)) ** 0.7; // or the small ones would not be seen
    return mix([grey, grey, grey], colours[weight > 0 ? 1 : 0], strength);
  });
}

/** What of a map is more than the layer's usual value, in [0, 1]: paper is paper again. */
function aboveUsual(maps) {
  const usual = Uint8Array.from(maps).sort()[maps.length >> 1];
  return (value) => Math.max(0, value - usual) / Math.max(1, 255 - usual);
}

/** One layer: its feature maps side by side, each as large as every other layer's. */
function paintLayer(canvas, layer, maps) {
  const { size, channels } = layer;
  const scores = size === 1 && channels <= SCORES.length;
  const side = tileSide(layer);
  const width = canvas.parentElement.clientWidth;
  if (!width) return;
  const perRow = Math.min(channels, Math.max(1, Math.floor((width + GAP) / (side + GAP))));
  const rows = Math.ceil(channels / perRow);
  const rowHeight = side + (scores ? 20 : 0) + GAP;
  const sharp = window.devicePixelRatio || 1;
  canvas.style.width = `${perRow * (side + GAP) - GAP}px`;
  canvas.style.height = `${rows * rowHeight - GAP}px`;
  canvas.width = Math.round((perRow * (side + GAP) - GAP) * sharp);
  canvas.height = Math.round((rows * rowHeight - GAP) * sharp);

  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.scale(sharp, sharp);
  context.font = `600 13px ${getComputedStyle(canvas).getPropertyValue("--l7-mono")}`;
  context.textAlign = "center";
  context.fillStyle = getComputedStyle(canvas).color;
  const [low, high] = [themeColour(canvas, "--l7-sunken"), themeColour(canvas, "--l7-accent-strong")];
  const amount = scores ? (value) => value / 255 : aboveUsual(maps);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  for (let c = 0; c < channels; c++) {
    const [x, y] = [(c % perRow) * (side + GAP), Math.floor(c / perRow) * rowHeight];
    paintPixels(tile, size, (i) => mix(low, high, amount(maps[c * size * size + i])));
    context.drawImage(tile, x, y, side, side);
    if (scores) context.fillText(SCORES[c], x + side / 2, y + side + 15);
  }
}

/** The whole view: evidence on top, then one line per layer. */
function createInside(root) {
  const empty = root.querySelector(".inside-empty");
  const full = root.querySelector(".inside-full");
  const usual = empty.textContent;
  const list = root.querySelector(".layers");
  let latest = null;

  function paint() {
    if (!latest) return;
    const { inside, seen } = latest;
    paintEvidence(root.querySelector(".evidence-canvas"), seen, bytesOf(inside.evidence));
    inside.layers.forEach((layer, i) => {
      paintLayer(list.children[i].querySelector("canvas"), layer, bytesOf(layer.maps));
    });
  }

  function fillLines(layers) {
    list.replaceChildren(
      ...layers.map((layer) => {
        const line = document.createElement("li");
        const title = document.createElement("h3");
        const count = document.createElement("span");
        const says = document.createElement("p");
        const strip = document.createElement("div");
        const canvas = document.createElement("canvas");
        title.textContent = `${layer.size} × ${layer.size}`;
        count.textContent = ` ${layer.channels} maps`;
        count.className = "l7-quiet";
        title.append(count);
        says.textContent = layer.says;
        says.className = "l7-quiet";
        canvas.setAttribute("role", "img");
        canvas.setAttribute(
          "aria-label",
          `${layer.name}: ${layer.channels} pictures of ${layer.size} by ${layer.size} pixels`,
        );
        strip.append(canvas);
        line.append(title, says, strip);
        return line;
      }),
    );
  }

  function show(inside, seen) {
    const { digit } = inside;
    const shape = (one) => one && one.inside.layers.map((l) => [l.name, l.size, l.channels]).join();
    const before = shape(latest);
    latest = { inside, seen };
    full.hidden = false;
    empty.hidden = true;
    if (shape(latest) !== before) fillLines(inside.layers);
    root.querySelector(".evidence-text").textContent =
      `Each pixel is coloured by how much it moves the score of ${digit}. ` +
      "Paper counts too: a gap left open says as much as a stroke.";
    root.querySelector(".evidence-for span").textContent = `speaks for ${digit}`;
    root.querySelector(".evidence-against span").textContent = `speaks against ${digit}`;
    root
      .querySelector(".evidence-canvas")
      .setAttribute("aria-label", `The pixels that speak for ${digit}, and those against it`);
    paint();
  }

  /** Words in place of the view. */
  function say(words) {
    latest = null;
    empty.textContent = words;
    full.hidden = true;
    empty.hidden = false;
  }

  const clear = () => say(usual);

  new ResizeObserver(paint).observe(list);
  return { show, say, clear, paint };
}
