// The sixteen rooms, and what they are drawn from: recipe, seed, truncation, steps along
// directions. The address of the page says the same, so that it can be handed on.

const N_ROOMS = 16;
const LARGEST_SEED = 999999; // of those that chance chooses; any whole number may be typed
const FIRST_SEED = 7; // whose rooms the time machine shows, too

const isSeed = (text) => /^\d{1,15}$/.test(text);
const signed = (value, digits = 1) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;

/** What the rooms are drawn from; `onChange` is called when a visitor changes it. */
function createSettings(root, { onChange }) {
  const find = (selector) => root.querySelector(selector);
  const seed = find("#br-seed");
  const truncation = find("#br-truncation");
  const list = find(".br-directions");
  let known = ""; // the directions that have sliders now
  let moves = {};
  let given = false; // whether the moves are the address's, and may name what is no direction
  let fitting = FIRST_SEED; // the seed, or the last one that was one
  let unmet = false; // whether the address asks for a network that is not here

  const recipe = () => find(".br-recipes input:checked").value;
  const written = () => Object.fromEntries(Object.entries(moves).filter(([, steps]) => steps));

  function values() {
    return {
      recipe: recipe(),
      room: { seed: fitting, truncation: Number(truncation.value), moves: written() },
    };
  }

  function showTruncation() {
    find("output[for=br-truncation]").textContent = Number(truncation.value).toFixed(2);
  }

  function showMoves() {
    for (const input of list.querySelectorAll("input")) {
      const steps = moves[input.name] ?? 0;
      input.value = steps;
      input.closest(".br-knob").querySelector("output").textContent = steps ? signed(steps) : "0";
      input.setAttribute("aria-valuetext", `${steps} steps`);
    }
    enable(find(".br-reset"), Object.keys(written()).length > 0);
  }

  /** One slider per direction of the network that draws, with what was measured of it. */
  function showDirections(directions) {
    const names = directions.map((one) => one.name);
    if (given) moves = Object.fromEntries(Object.entries(moves).filter(([name]) => names.includes(name)));
    given = false;
    if (JSON.stringify([recipe(), names]) === known) return;
    known = JSON.stringify([recipe(), names]);
    list.replaceChildren(
      ...directions.map((one) => {
        const knob = document.createElement("div");
        knob.className = "br-knob";
        const id = `br-move-${one.name}`;
        knob.innerHTML = `<label for="${id}"></label><output for="${id}"></output>
          <input id="${id}" name="${one.name}" type="range" min="-3" max="3" step="0.25">
          <p class="br-ends" aria-hidden="true"><span></span><span></span></p>
          <p class="l7-quiet"></p>`;
        knob.querySelector("label").textContent = one.label;
        [...knob.querySelectorAll(".br-ends span")].forEach((end, i) => (end.textContent = one.ends[i]));
        knob.querySelector(".l7-quiet").textContent =
          `a step adds ${one.effect.toFixed(3)}, ${(one.effect / one.spread).toFixed(1)} of the usual ` +
          `spread; it rises in ${Math.round(100 * one.agreement)} of 100 rooms; R²\u00a0${one.r2.toFixed(2)}`;
        return knob;
      }),
    );
    find(".br-steer").hidden = find(".br-measured").hidden = directions.length === 0;
    showMoves();
  }

  /** Returns the address that says what the settings say. */
  function share() {
    const { recipe, room } = values();
    const steps = Object.entries(room.moves).map(([name, value]) => `${name}:${value}`);
    return toAddress({
      tab: "bedrooms",
      "bedrooms-seed": String(room.seed),
      "bedrooms-by": recipe === "modern" ? "" : recipe,
      recipe: "",
      "bedrooms-truncation": room.truncation === 1 ? "" : String(room.truncation),
      "bedrooms-moves": steps.join(","),
    });
  }

  function takeUp() {
    if (isSeed(fromAddress("bedrooms-seed"))) seed.value = fitting = Number(fromAddress("bedrooms-seed"));
    const share = Number(fromAddress("bedrooms-truncation") || 1);
    if (share >= 0 && share <= 1) truncation.value = share;
    // as /draw calls it, for who writes an address by hand
    const by = fromAddress("tab") === "bedrooms" && fromAddress("recipe") ? "recipe" : "bedrooms-by";
    chooseFromAddress(by, root.querySelectorAll(".br-recipes input"));
    unmet = fromAddress(by) !== "" && fromAddress(by) !== recipe();
    for (const part of unmet ? [] : fromAddress("bedrooms-moves").split(",")) {
      const [name, steps] = part.split(":");
      if (Number(steps) && Math.abs(steps) <= 3) moves[name] = Number(steps);
    }
    given = Object.keys(moves).length > 0;
    showTruncation();
  }

  /** Say what is wrong; what is wrong with the seed stays until it is right. */
  function complain(words) {
    if (words || seed.getAttribute("aria-invalid") !== "true") find("#br-error").textContent = words;
  }

  function changed() {
    const fits = isSeed(seed.value.trim());
    seed.setAttribute("aria-invalid", String(!fits));
    complain(fits ? "" : "The seed must be a whole number of up to 15 digits.");
    if (!fits) return;
    fitting = Number(seed.value);
    unmet = false;
    onChange();
  }

  truncation.addEventListener("input", () => {
    showTruncation();
    changed();
  });
  list.addEventListener("input", (event) => {
    moves[event.target.name] = Number(event.target.value);
    showMoves();
    changed();
  });
  find(".br-reset").addEventListener("click", () => {
    moves = {};
    given = false;
    showMoves();
    changed();
  });
  for (const choice of root.querySelectorAll(".br-recipes input")) {
    choice.addEventListener("change", () => {
      moves = {}; // the other network's directions are others
      given = false;
      showMoves();
      changed();
    });
  }
  find(".br-ask").addEventListener("submit", (event) => {
    event.preventDefault();
    changed();
  });
  seed.addEventListener("change", changed);
  find(".br-go").addEventListener("click", () => {
    seed.value = Math.floor(Math.random() * (LARGEST_SEED + 1));
    changed();
  });
  seed.value = FIRST_SEED;
  takeUp();
  return { values, share, showDirections, complain, isUnmet: () => unmet, isGiven: () => given };
}

/** The grid of sixteen; `onKeep(index)` is called when one is clicked. */
function createRooms(root, { onKeep }) {
  const list = root.querySelector(".br-rooms");
  const bar = root.querySelector(".br-progress");
  const tiles = Array.from({ length: N_ROOMS }, (_, index) => {
    const item = document.createElement("li");
    item.innerHTML = `<button type="button" class="br-room" aria-pressed="false" disabled><img alt="" hidden>
      <svg viewBox="0 0 24 24" stroke="currentColor" stroke-width="2" stroke-linejoin="round" aria-hidden="true"><path d="M6 3.5h12v17l-6-4.5-6 4.5z"/></svg></button>`;
    const tile = item.firstChild;
    tile.setAttribute("aria-label", `Room ${index + 1}, not drawn yet`);
    tile.addEventListener("click", () => onKeep(index));
    list.append(item);
    return tile;
  });

  function progress(done) {
    bar.setAttribute("aria-valuenow", done);
    bar.style.setProperty("--done", done / N_ROOMS);
    root.querySelector(".br-download").disabled = done < N_ROOMS;
  }

  function show(urls) {
    tiles.forEach((tile, index) => (tile.disabled = index >= urls.length));
    urls.forEach((url, index) => {
      const image = tiles[index].querySelector("img");
      image.hidden = false;
      image.src = url;
      tiles[index].setAttribute("aria-label", `Keep room ${index + 1}`);
    });
    progress(urls.length);
  }

  function mark(isKept) {
    tiles.forEach((tile, index) => tile.setAttribute("aria-pressed", String(isKept(index))));
  }

  const urlOf = (index) => tiles[index].querySelector("img").src;

  /** All sixteen as one PNG, each enlarged to 256 pixels. */
  async function download(name) {
    const [side, gap] = [256, 8];
    const sheet = document.createElement("canvas");
    sheet.width = sheet.height = 4 * (side + gap) - gap;
    const pen = sheet.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, sheet.width, sheet.height);
    pen.imageSmoothingQuality = "high";
    for (const [index, tile] of tiles.entries()) {
      const image = tile.querySelector("img");
      await image.decode();
      const [x, y] = [(index % 4) * (side + gap), Math.floor(index / 4) * (side + gap)];
      pen.drawImage(image, x, y, side, side);
    }
    save(sheet.toDataURL("image/png"), name);
  }

  return { show, progress, mark, urlOf, download };
}

/** Hand a file to the visitor. */
function save(url, name) {
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
}
