// The time machine: one slider for both recipes, a sheet of rooms for each, its curves beside it.

const CHART = { width: 320, height: 104, left: 6, right: 6, top: 8, bottom: 8 };
const RECIPE_NAMES = { wgan: "The lesson’s WGAN", modern: "Ours" };
const EVERY = 900; // ms from moment to moment when it plays

const short = (n) => {
  if (n >= 1e6) return `${+(n / 1e6).toFixed(1)} million`;
  return (n >= 1e4 ? 1000 * Math.round(n / 1000) : n).toLocaleString("en");
};

const rounded = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });

function duration(minutes) {
  if (minutes < 1) return "at once";
  if (minutes < 90) return `${Math.round(minutes)} minutes`;
  return `${(minutes / 60).toFixed(1)} hours`;
}

/**
 * A small chart of curves over photographs shown, the early ones spread out.
 * `curves`: {name: [[images, value], ...]}; `range`: the values at bottom and top.
 */
function createChart(curves, { end, range, says }) {
  const { width, height, left, right, top, bottom } = CHART;
  const x = (images) =>
    left + ((width - left - right) * Math.log1p(images / 2000)) / Math.log1p(end / 2000);
  const y = (value) =>
    height - bottom - ((height - top - bottom) * (value - range[0])) / (range[1] - range[0] || 1);
  const lines = Object.values(curves).map((points, index) => {
    const line = points.map(([images, value]) => `${x(images).toFixed(1)},${y(value).toFixed(1)}`);
    return `<polyline class="br-curve br-curve-${index}" points="${line.join(" ")}"/>`;
  });
  const box = document.createElement("div");
  box.innerHTML = `<svg viewBox="0 0 ${width} ${height}" role="img">
    <line class="br-now" y1="0" y2="${height}"/>${lines.join("")}</svg>`;
  const chart = box.firstChild;
  chart.setAttribute("aria-label", says);
  const now = chart.querySelector("line");
  const mark = (images) => ["x1", "x2"].forEach((key) => now.setAttribute(key, x(images)));
  return { chart, mark };
}

const values = (curves) => Object.values(curves).flatMap((points) => points.map(([, value]) => value));
const spread = (numbers) => [Math.min(...numbers), Math.max(...numbers)];

/** Heading, key and chart. */
function titled(title, names, chart) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = title;
  names.forEach((name, index) => {
    const key = document.createElement("span");
    key.className = `br-key br-key-${index}`;
    key.textContent = name;
    caption.append(key);
  });
  figure.append(caption, chart);
  return figure;
}

function createMachine(root, { calm }) {
  const find = (selector) => root.querySelector(selector);
  const slider = find(".br-moment");
  const button = find(".br-machine-play");
  let eras = []; // one per recipe: {moments, sheet, caption, marks}
  let timer = 0;

  const say = (words) => (find(".br-machine-says").textContent = words);

  function era(recipe, { moments, curves }, { end, distances, distance }) {
    const part = document.createElement("section");
    part.className = "br-era";
    part.innerHTML = `<h3></h3><img class="br-moments" width="256" height="256"><div class="br-charts">
      <p class="br-when"></p></div>`;
    part.querySelector("h3").textContent = RECIPE_NAMES[recipe];
    const { critic_loss: critic = [], generator_loss: generator = [] } = curves;
    const charts = [];
    const losses = { critic, generator };
    if (critic.length && generator.length) {
      const says = `Losses: the critic’s ends at ${critic.at(-1)[1]}, the generator’s at ${generator.at(-1)[1]}.`;
      const range = spread(values(losses));
      const one = createChart(losses, { end, range, says });
      part.querySelector(".br-charts").append(titled("Losses", ["critic", "generator"], one.chart));
      charts.push(one);
    }
    const falls = curves[distance] ?? [];
    if (falls.length) {
      const [first, last] = [falls[0][1], falls.at(-1)[1]].map(rounded);
      const says = `Distance from photographs: ${first} at first, ${last} at last.`;
      const one = createChart({ falls }, { end, range: [0, Math.max(...distances)], says });
      const figure = titled("Distance from photographs", [""], one.chart);
      part.querySelector(".br-charts").append(figure);
      const mark = (images) => {
        const [, now] = falls.findLast(([at]) => at <= images) ?? falls[0];
        figure.querySelector(".br-key").textContent = rounded(now);
        one.mark(images);
      };
      charts.push({ mark });
    }
    return { part, moments, charts };
  }

  function show(history) {
    const recipes = ["wgan", "modern"].filter((recipe) => history[recipe]);
    // whoever is the eyes of our critic may not measure
    const distance =
      history.modern?.eyes === "squeezenet" ? "distance_resnet18" : "distance_squeezenet";
    const all = recipes.map((recipe) => history[recipe]);
    const end = Math.max(...all.map((one) => one.moments.at(-1).images), 1);
    const distances = all.flatMap((one) => (one.curves[distance] ?? []).map(([, value]) => value));
    eras = recipes.map((recipe) => era(recipe, history[recipe], { end, distances, distance }));
    find(".br-eras").replaceChildren(...eras.map((one) => one.part));
    slider.max = Math.max(...eras.map((one) => one.moments.length)) - 1;
    slider.value = slider.max;
    find(".br-machine-full").hidden = false;
    say("It all begins with noise. Move through the photographs that were learnt from.");
    turn();
  }

  function turn() {
    const place = Number(slider.value);
    const spoken = eras.map(({ part, moments, charts }) => {
      const moment = moments[Math.min(place, moments.length - 1)];
      const when = `after ${short(moment.images)} photographs, ${duration(moment.minutes)}`;
      const image = part.querySelector("img");
      const name = part.querySelector("h3").textContent;
      image.src = moment.sheet;
      image.alt = `${name}: sixteen rooms ${when}`;
      part.querySelector(".br-when").textContent = when;
      for (const { mark } of charts) mark(moment.images);
      return `${name} ${when}`;
    });
    slider.setAttribute("aria-valuetext", spoken.join("; "));
  }

  function play(plays) {
    clearInterval(timer);
    timer = 0;
    button.classList.toggle("is-playing", plays);
    button.setAttribute("aria-label", plays ? "Pause" : "Play the training");
    if (!plays) return;
    if (slider.value === slider.max) slider.value = 0;
    turn();
    timer = setInterval(() => {
      if (slider.value === slider.max || !root.open) return play(false);
      slider.value = Number(slider.value) + 1;
      turn();
    }, calm ? 2 * EVERY : EVERY);
  }

  slider.addEventListener("input", () => {
    play(false);
    turn();
  });
  button.addEventListener("click", () => play(!timer));
  return { show, say, isEmpty: () => eras.length === 0 };
}
