// Side by side: one crop of the picture, as it was and restored by every recipe.

function createSide(root, { desk, current, choose, chosen, recipeName }) {
  const find = (selector) => root.querySelector(selector);
  const [map, frame, crop, tiles] = [".rs-map img", ".rs-map-frame", ".rs-crop", ".rs-tiles"].map(find);
  const centre = { x: 0.5, y: 0.5 };
  const SIDE = Number(root.dataset.crop); // pixels of the result
  let done = ""; // what the tiles show
  let wanted = ""; // what they are to show: a reply may be about something else by now

  /** The crop's sides as shares of the picture. */
  const shares = ([width, height]) => [Math.min(1, SIDE / width), Math.min(1, SIDE / height)];

  function place() {
    const now = current();
    if (!now) return;
    const [wide, high] = shares(now.size);
    centre.x = Math.min(1 - wide / 2, Math.max(wide / 2, centre.x));
    centre.y = Math.min(1 - high / 2, Math.max(high / 2, centre.y));
    crop.style.left = `${100 * (centre.x - wide / 2)}%`;
    crop.style.top = `${100 * (centre.y - high / 2)}%`;
    crop.style.width = `${100 * wide}%`;
    crop.style.height = `${100 * high}%`;
    const percent = (share) => `${Math.round(100 * share)} percent`;
    crop.setAttribute("aria-label", `Crop at ${percent(centre.x)} across, ${percent(centre.y)} down`);
  }

  function words(text) {
    find(".rs-side-empty").textContent = text;
    find(".rs-side-empty").hidden = !text;
  }

  async function refresh() {
    const now = current();
    if (!root.open || !now) return;
    find(".rs-side-full").hidden = false;
    words("");
    if (map.getAttribute("src") !== now.picture.url) map.src = now.picture.url;
    place();
    const [about, centred] = [now.picture, [centre.x, centre.y]];
    const question = {
      path: await now.picture.path,
      scale: now.scale,
      strength: now.strength,
      centre: centred,
    };
    if (current()?.picture !== about) return;
    const key = (wanted = JSON.stringify(question));
    tiles.setAttribute("aria-busy", String(key !== done));
    if (key === done) return;
    const lost = "No answer came back. Please move the square to try again.";
    const onReply = (reply) => key === wanted && show(reply, key);
    desk.ask("crops", question, onReply, () => key === wanted && show({ error: lost }));
  }

  function show(reply, question) {
    tiles.setAttribute("aria-busy", "false");
    const complaint = reply.error ?? reply.broken ?? (reply.gone && "Please choose the photograph again.");
    if (complaint) return words(complaint);
    done = question;
    tiles.replaceChildren(...Object.entries(reply.crops).map(tile));
    mark();
  }

  function tile([name, url]) {
    const isInput = name === "input";
    const node = document.createElement(isInput ? "div" : "button");
    if (!isInput) node.type = "button";
    node.className = "rs-tile";
    node.dataset.recipe = name;
    const image = document.createElement("img");
    image.src = url;
    image.alt = isInput ? "The crop, damaged" : "";
    const label = document.createElement("span");
    label.textContent = isInput ? "damaged" : recipeName(name);
    node.append(image, label);
    if (!isInput) node.addEventListener("click", () => choose(name));
    return node;
  }

  function mark() {
    for (const node of tiles.querySelectorAll("button")) {
      node.setAttribute("aria-pressed", String(node.dataset.recipe === chosen()));
    }
  }

  function moveTo(x, y) {
    centre.x = x;
    centre.y = y;
    place();
  }

  const at = (event) => {
    const box = frame.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  let dragging = false;
  frame.addEventListener("pointerdown", (event) => {
    dragging = true;
    frame.setPointerCapture(event.pointerId);
    moveTo(...at(event));
  });
  frame.addEventListener("pointermove", (event) => dragging && moveTo(...at(event)));
  for (const kind of ["pointerup", "pointercancel"]) {
    frame.addEventListener(kind, () => {
      if (dragging) refresh();
      dragging = false;
    });
  }
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  crop.addEventListener("keydown", (event) => {
    if (!(event.key in MOVES)) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.01 : 0.05;
    moveTo(centre.x + step * MOVES[event.key][0], centre.y + step * MOVES[event.key][1]);
    refresh();
  });
  root.addEventListener("toggle", refresh);

  return {
    refresh,
    mark,
    clear() {
      done = wanted = "";
      tiles.setAttribute("aria-busy", "false");
      centre.x = centre.y = 0.5;
      tiles.replaceChildren();
      find(".rs-side-full").hidden = true;
      words("Choose a photograph first.");
    },
  };
}
