// What the critic says of the sixteen rooms, and how the generator builds one of them.

const GAP = 4; // CSS pixels between feature maps

const bytesOf = (base64) => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));

/** A colour of the theme as [red, green, blue]. */
function themeColour(node, name) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.fillStyle = getComputedStyle(node).getPropertyValue(name).trim();
  return [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16));
}

/** Feature maps of `size` side by side, from the colour of nothing to the accent. */
function paintMaps(canvas, maps, size) {
  const width = canvas.parentElement.clientWidth;
  if (!width) return;
  const side = size < 32 ? 48 : size < 128 ? 64 : 96;
  const n = maps.length / (size * size);
  const perRow = Math.max(1, Math.min(n, Math.floor((width + GAP) / (side + GAP))));
  const sharp = window.devicePixelRatio || 1;
  const [wide, high] = [perRow, Math.ceil(n / perRow)].map((many) => many * (side + GAP) - GAP);
  Object.assign(canvas, { width: Math.round(wide * sharp), height: Math.round(high * sharp) });
  Object.assign(canvas.style, { width: `${wide}px`, height: `${high}px` });
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  pen.imageSmoothingEnabled = false;
  const low = themeColour(canvas, "--l7-sunken");
  const strong = themeColour(canvas, "--l7-accent-strong");
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const own = tile.getContext("2d");
  const pixels = own.createImageData(size, size);
  for (let map = 0; map < n; map++) {
    for (let i = 0; i < size * size; i++) {
      const share = maps[map * size * size + i] / 255;
      const colour = low.map((value, c) => value + (strong[c] - value) * share);
      pixels.data.set([...colour, 255], 4 * i);
    }
    own.putImageData(pixels, 0, 0);
    pen.drawImage(tile, (map % perRow) * (side + GAP), Math.floor(map / perRow) * (side + GAP), side, side);
  }
}

/** `onChoose(index)` is called with the room whose building is to be shown. */
function createInside(root, { urlOf, onChoose }) {
  const find = (selector) => root.querySelector(selector);
  const list = find(".br-stages");
  let stages = [];

  function figure(title, index, score) {
    const node = document.createElement("figure");
    node.innerHTML = `<img alt="" width="176" height="176"><figcaption><strong></strong><span></span></figcaption>`;
    node.querySelector("img").src = urlOf(index);
    node.querySelector("strong").textContent = title;
    node.querySelector("span").textContent = `room ${index + 1}: ${signed(score)}`;
    return node;
  }

  function rank(index, score) {
    const item = document.createElement("li");
    item.innerHTML = `<button type="button"><img alt="" width="64" height="64"><span></span></button>`;
    const button = item.firstChild;
    button.dataset.index = index;
    button.querySelector("img").src = urlOf(index);
    button.querySelector("span").textContent = signed(score);
    button.setAttribute("aria-label", `Room ${index + 1}, score ${signed(score)}: show how it is built`);
    button.addEventListener("click", () => onChoose(index));
    return item;
  }

  /** Scores came: the best and the worst, all of them in order. Returns the best one's index. */
  function showScores({ scores, drawn, said_by }) {
    const order = scores.map((_, index) => index).sort((a, b) => scores[b] - scores[a]);
    const [best, worst] = [order[0], order.at(-1)];
    find(".br-verdict").replaceChildren(
      figure("Best score", best, scores[best]),
      figure("Worst score", worst, scores[worst]),
    );
    find(".br-unit").textContent =
      `0 is what this critic gives to photographs that it never saw, on average, and 1 is their ` +
      `standard deviation. Drawn rooms get ${signed(drawn[0])}, give or take ${drawn[1].toFixed(1)}. ` +
      `It knows what it learnt to tell apart, not what is beautiful.`;
    find(".br-ranks").replaceChildren(...order.map((index) => rank(index, scores[index])));
    find(".br-inside-says").textContent = `Scored by ${said_by}.`;
    find(".br-inside-full").hidden = false;
    return best;
  }

  function stageLine({ size, channels, says, seen }) {
    const line = document.createElement("li");
    line.innerHTML = `<div><h4></h4><p class="l7-quiet"></p></div><img width="128" height="128"><div class="br-maps"><canvas role="img"></canvas></div>`;
    line.querySelector("h4").textContent = `${size} × ${size}, ${channels} maps`;
    line.querySelector("p").textContent = says;
    const image = line.querySelector("img");
    image.src = seen;
    image.alt = `All ${channels} maps in one picture of ${size} by ${size} pixels`;
    line.querySelector("canvas").setAttribute("aria-label", `Some of the ${channels} maps, one by one`);
    return line;
  }

  function showStages(reply, index) {
    stages = reply.stages.map((stage) => ({ ...stage, maps: bytesOf(stage.maps) }));
    const last = document.createElement("li");
    last.innerHTML = `<div><h4>The room</h4><p class="l7-quiet">Three channels: red, green and blue.</p></div><img width="128" height="128" alt="">`;
    last.querySelector("img").src = reply.room;
    list.replaceChildren(...stages.map(stageLine), last);
    find(".br-built-says").textContent =
      `Room ${index + 1}, from sixteen places to its full size. Each line shows all maps in one ` +
      `picture, where what varies together gets the same colour, and some of them one by one.`;
    for (const button of root.querySelectorAll(".br-ranks button")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.index) === index));
    }
    paint();
  }

  function paint() {
    stages.forEach(({ maps, size }, index) => {
      paintMaps(list.children[index].querySelector("canvas"), maps, size);
    });
  }

  new ResizeObserver(paint).observe(list);
  const say = (words) => (find(".br-inside-says").textContent = words);
  return { showScores, showStages, say, paint };
}
