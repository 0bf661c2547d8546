// The rooms that were kept: shown small, remembered in this browser, chosen for a walk.

const SHELF = "lesson7-bedrooms";
const MOST_KEPT = 12;
const MOST_STOPS = 6;

/** One text for one room, whatever the order of its moves. */
function keyOf({ recipe, seed, index, truncation, moves }) {
  const steps = Object.entries(moves).sort().map(([name, value]) => `${name}:${value}`);
  return [recipe, seed, index, truncation, ...steps].join("/");
}

/** `onChange` is called when a room comes or goes, or is chosen or not for a walk. */
function createShelf(root, { onChange }) {
  const find = (selector) => root.querySelector(selector);
  const list = find(".br-shelf");
  let kept = remembered(); // {recipe, seed, index, truncation, moves, url, walks}

  function remembered() {
    try {
      const found = JSON.parse(localStorage.getItem(SHELF) ?? "[]");
      return found.filter((one) => one.url.startsWith("data:image/") && keyOf(one)).slice(0, MOST_KEPT);
    } catch {
      return []; // storage is closed to this page, or holds something else
    }
  }

  function remember() {
    try {
      localStorage.setItem(SHELF, JSON.stringify(kept));
    } catch {
      // as above: the shelf then lasts as long as the page
    }
  }

  const stops = () => kept.filter((one) => one.walks);

  /** Why there is no walk yet; empty if there can be one. */
  function obstacle() {
    const chosen = stops();
    if (kept.length < 2) return "Keep two rooms or more, and walk between them.";
    if (chosen.length < 2) return "Choose two rooms or more for the walk.";
    if (chosen.length > MOST_STOPS) return `A walk has at most ${MOST_STOPS} rooms: leave some out.`;
    if (new Set(chosen.map((one) => one.recipe)).size > 1) {
      return "Ours and the lesson’s do not share a space to walk in: leave the rooms of one out.";
    }
    return "";
  }

  function title(one, index) {
    const by = one.recipe === "wgan" ? ", the lesson’s" : "";
    return `Kept room ${index + 1}: number ${one.index + 1} of seed ${one.seed}${by}`;
  }

  function show() {
    const held = [...list.children].findIndex((item) => item.contains(document.activeElement));
    list.replaceChildren(
      ...kept.map((one, index) => {
        const item = document.createElement("li");
        item.innerHTML = `<label><input type="checkbox"><img alt="" width="96" height="96"></label>
          <button type="button"><svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18"/></svg></button>`;
        const box = item.querySelector("input");
        const name = title(one, index);
        item.title = name;
        item.querySelector("img").src = one.url;
        box.checked = one.walks;
        box.setAttribute("aria-label", `${name}: part of the walk`);
        box.addEventListener("change", () => {
          one.walks = box.checked;
          settle();
        });
        item.querySelector("button").setAttribute("aria-label", `${name}: remove`);
        item.querySelector("button").addEventListener("click", () => toggle(one));
        return item;
      }),
    );
    find(".br-kept-says").textContent = kept.length
      ? "In the order of the walk; untick a room to leave it out."
      : "Click a room above, and it stays here.";
    settle();
    if (held >= 0) focusOn(held);
  }

  /** Whoever removed a room by keyboard goes on from the one that took its place. */
  function focusOn(place) {
    const left = list.querySelectorAll("button");
    (left[Math.min(place, left.length - 1)] ?? find(".br-kept-says")).focus();
  }

  function settle() {
    remember();
    const words = obstacle();
    find(".br-walk").disabled = words !== "";
    find(".br-walk-says").textContent = words;
    find(".br-empty").hidden = kept.length === 0;
    onChange();
  }

  const has = (room) => kept.some((one) => keyOf(one) === keyOf(room));

  /** Keep a room, or let it go; returns whether it is kept now. */
  function toggle(room) {
    const gone = has(room);
    if (gone) kept = kept.filter((one) => keyOf(one) !== keyOf(room));
    else if (kept.length < MOST_KEPT) kept.push({ walks: true, ...room });
    else return null;
    show();
    return !gone;
  }

  find(".br-empty").addEventListener("click", () => {
    kept = [];
    show();
    focusOn(0); // this button is gone
  });
  return { show, toggle, has, stops };
}
