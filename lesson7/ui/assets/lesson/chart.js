// A learning curve to walk along: drawn as SVG, in the colours of the theme.
//
// The plot is a slider for the keyboard and for screen readers: arrow keys go from point to
// point, and what is said is what the line under the plot shows. Lines differ by dash and
// mark, not by colour alone. The same numbers stand in a table below.

const PLOT = { height: 280, top: 14, right: 16, bottom: 40, left: 52 }; // px
const MARKED = 40; // points up to which each is marked
const SHAPES = ["circle", "ring", "square", "diamond"];
const SVG = document.createRange().createContextualFragment("<svg></svg>").firstChild.namespaceURI;
const AXES = { epochs: "epochs", photographs: "photographs shown", share: "share of the training" };

const signs = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const sayValue = (value, unit) => `${signs.format(value)}${unit && `\u202f${unit}`}`;

/** Round steps of 1, 2 or 5 that cut a range into about `n` parts. */
function roundStep(range, n) {
  const power = 10 ** Math.floor(Math.log10(range / n));
  return power * [1, 2, 5, 10].find((one) => one * power >= range / n);
}

function evenTicks(low, high, n) {
  const step = roundStep(high - low || Math.abs(high) || 1, n);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  return Array.from({ length: last - first + 1 }, (_, at) => +((first + at) * step).toPrecision(12));
}

/** 1, 2 and 5 of each power of ten, fewer where there are many powers. */
function logTicks(low, high) {
  const decades = Math.log10(high / low);
  const within = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 5];
  const every = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.log10(high) + 1; power += 1) {
    every.push(...within.map((one) => +(one * 10 ** power).toPrecision(3)));
  }
  const first = every.findLastIndex((one) => one <= low * 1.0001);
  const last = every.findIndex((one) => one >= high * 0.9999);
  return every.slice(first, Math.max(last, first + 1) + 1);
}

/** The lines of a curve on one axis: epochs beside photographs become shares of the training. */
function onOneAxis(lines) {
  const axes = new Set(lines.map((line) => line.axis));
  const axis = axes.size === 1 ? lines[0].axis : "share";
  const placed = lines.map((line) => {
    const end = line.points.at(-1)[0];
    return {
      ...line,
      points: line.points.map(([x, y]) => [axis === "share" ? (100 * x) / end : x, y]),
    };
  });
  return { axis, lines: placed };
}

function svg(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function mark(shape, x, y, style) {
  const size = { class: `lc-mark ${style}` };
  if (shape === "square") return svg("rect", { ...size, x: x - 3.5, y: y - 3.5, width: 7, height: 7 });
  if (shape === "diamond") return svg("path", { ...size, d: `M${x} ${y - 5}l5 5-5 5-5-5z` });
  return svg("circle", { ...size, cx: x, cy: y, r: 3.75 });
}

/**
 * Put a chart into `host`.
 *
 * `network` is `{name, curves: [{label, unit, log, lines: [{who, axis, points}]}]}`; `others`
 * are networks whose own line may be laid beside it.
 */
function createChart(host, network, others) {
  const id = host.dataset.weights;
  host.innerHTML = `
    <div class="lc-top">
      <div class="lc-quantities" role="radiogroup" aria-label="What is drawn"></div>
      <label class="lc-beside"><span>Compare with</span><select><option value="">no other</option></select></label>
    </div>
    <p class="lc-title" aria-hidden="true"></p>
    <div class="lc-plot" tabindex="0" role="slider" aria-orientation="horizontal"></div>
    <p class="lc-read" aria-hidden="true"></p>
    <ul class="lc-key"></ul>
    <details class="lc-numbers"><summary>The numbers</summary><div class="lc-scroll" tabindex="0" role="group"></div></details>`;
  const part = (name) => host.querySelector(name);
  const plot = part(".lc-plot");
  let at = 0; // of the cursor, among the places
  let drawn; // what the cursor needs to know

  part(".lc-scroll").setAttribute("aria-label", `The curve of ${network.name} in numbers`);
  network.curves.forEach((curve, index) => {
    const label = document.createElement("label");
    label.innerHTML = `<input type="radio" name="lc-${id}" value="${index}"><span></span>`;
    label.querySelector("span").textContent = curve.label;
    label.querySelector("input").checked = index === 0;
    part(".lc-quantities").append(label);
  });
  part(".lc-quantities").hidden = network.curves.length < 2;
  for (const [key, other] of Object.entries(others)) {
    const option = new Option(other.name, key);
    part("select").append(option);
  }

  const chosen = () => network.curves[+(host.querySelector("input:checked")?.value ?? 0)];

  /** The lines to draw, each with a name and a style: ours, the lesson's first and second, another. */
  function chosenLines() {
    const curve = chosen();
    let style = 0;
    const named = curve.lines.map((line) =>
      line.who
        ? { ...line, name: `The lesson, ${line.who}`, style: Math.min((style += 1), 2) }
        : { ...line, name: "Here", style: 0 },
    );
    const other = others[part("select").value];
    const same = other?.curves.find((one) => one.label === curve.label);
    const own = same?.lines.find((line) => !line.who);
    if (own) named.push({ ...own, name: `${other.name}, here`, style: 3 });
    return named;
  }

  function draw() {
    const width = Math.round(plot.clientWidth);
    if (width === 0) return;
    const curve = chosen();
    const { axis, lines } = onOneAxis(chosenLines());
    const xs = lines.flatMap((line) => line.points.map(([x]) => x));
    const ys = lines.flatMap((line) => line.points.map(([, y]) => y));
    const yTicks = curve.log
      ? logTicks(Math.min(...ys), Math.max(...ys))
      : evenTicks(Math.min(...ys), Math.max(...ys), 5);
    const left = axis === "epochs" ? Math.min(...xs) : 0;
    const right = Math.max(...xs, left + 1);
    const inner = { x: width - PLOT.left - PLOT.right, y: PLOT.height - PLOT.top - PLOT.bottom };
    const flat = curve.log ? Math.log : Number;
    const [low, high] = [flat(yTicks[0]), flat(yTicks.at(-1))];
    const toX = (x) => PLOT.left + (inner.x * (x - left)) / (right - left);
    const toY = (y) => PLOT.top + inner.y * (1 - (flat(y) - low) / (high - low));

    const picture = svg("svg", { width, height: PLOT.height, "aria-hidden": "true" });
    for (const tick of yTicks) {
      const y = toY(tick);
      picture.append(svg("line", { class: "lc-grid", x1: PLOT.left, x2: width - PLOT.right, y1: y, y2: y }));
      picture.append(svg("text", { class: "lc-tick", x: PLOT.left - 8, y: y + 4, "text-anchor": "end" }, signs.format(tick)));
    }
    const apart = Math.max(roundStep(right - left, inner.x / 70), axis === "epochs" ? 1 : 0);
    for (let x = Math.ceil(left / apart) * apart; x <= right * 1.0001; x += apart) {
      picture.append(svg("text", { class: "lc-tick", x: toX(x), y: PLOT.height - 20, "text-anchor": "middle" }, short.format(x)));
    }
    const ends = svg("text", { class: "lc-axis", x: width - PLOT.right, y: PLOT.height - 3, "text-anchor": "end" }, AXES[axis] + (axis === "share" ? ", %" : ""));
    picture.append(ends);
    for (const line of [...lines].reverse()) {
      const d = line.points.map(([x, y]) => `${toX(x).toFixed(1)} ${toY(y).toFixed(1)}`).join("L");
      picture.append(svg("path", { class: `lc-line lc-${line.style}`, d: `M${d}` }));
      if (line.points.length > MARKED) continue;
      for (const [x, y] of line.points) picture.append(mark(SHAPES[line.style], toX(x), toY(y), `lc-${line.style}`));
    }
    const cursor = svg("g", { class: "lc-cursor" });
    picture.append(cursor);
    plot.replaceChildren(picture);
    const places = [...new Set(xs)].sort((a, b) => a - b);
    drawn = { curve, axis, lines, places, toX, toY, cursor };
    part(".lc-title").textContent = `${curve.label}${curve.unit && `, ${curve.unit}`}${curve.log ? " (logarithmic)" : ""}`;
    plot.setAttribute("aria-label", `Learning curve of ${network.name}: ${curve.label}`);
    plot.setAttribute("aria-valuemin", 0);
    plot.setAttribute("aria-valuemax", places.length - 1);
    showKey(lines);
    moveTo(Math.min(at, places.length - 1));
    if (part("details").open) showTable();
  }

  const sayPlace = (x) =>
    drawn.axis === "epochs" ? `Epoch ${signs.format(x)}`
      : drawn.axis === "photographs" ? `${short.format(x)} photographs` : `${Math.round(x)} % of the training`;

  /** A line's value at a place: the nearest point's, if it is not farther than its neighbours. */
  function valueAt(line, x) {
    const { points } = line;
    if (drawn.axis === "epochs") return points.find((point) => point[0] === x)?.[1];
    if (x > points.at(-1)[0]) return undefined;
    return points.reduce((best, one) => (Math.abs(one[0] - x) < Math.abs(best[0] - x) ? one : best))[1];
  }

  function moveTo(place) {
    at = place;
    const x = drawn.places[at];
    const { curve, cursor, toX, toY } = drawn;
    const values = drawn.lines.map((line) => [line, valueAt(line, x)]).filter(([, y]) => y !== undefined);
    cursor.replaceChildren(
      svg("line", { x1: toX(x), x2: toX(x), y1: PLOT.top, y2: PLOT.height - PLOT.bottom }),
      ...values.map(([line, y]) => mark(SHAPES[line.style], toX(x), toY(y), `lc-${line.style} is-big`)),
    );
    const said = values.map(([line, y]) => [line.name, sayValue(y, curve.unit)]);
    plot.setAttribute("aria-valuenow", at);
    plot.setAttribute("aria-valuetext", `${sayPlace(x)}: ${said.map((one) => one.join(" ")).join("; ")}`);
    part(".lc-read").textContent = sayPlace(x);
    for (const item of host.querySelectorAll(".lc-key li")) {
      const found = said.find(([name]) => name === item.dataset.name);
      item.querySelector("b").textContent = found?.[1] ?? "–";
    }
  }

  function showKey(lines) {
    part(".lc-key").replaceChildren(
      ...lines.map((line) => {
        const item = document.createElement("li");
        item.dataset.name = line.name;
        const sample = svg("svg", { width: 34, height: 14, "aria-hidden": "true" });
        sample.append(svg("path", { class: `lc-line lc-${line.style}`, d: "M1 7H33" }), mark(SHAPES[line.style], 17, 7, `lc-${line.style}`));
        const name = document.createElement("span");
        name.textContent = line.name;
        item.append(sample, name, document.createElement("b"));
        return item;
      }),
    );
  }

  function showTable() {
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const name of [AXES[drawn.axis], ...drawn.lines.map((line) => line.name)]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      head.append(cell);
    }
    const body = table.createTBody();
    for (const x of drawn.places) {
      const row = body.insertRow();
      const first = document.createElement("th");
      first.scope = "row";
      first.textContent = drawn.axis === "share" ? `${Math.round(x)} %` : x.toLocaleString("en");
      row.append(first);
      for (const line of drawn.lines) {
        const y = line.points.find((point) => point[0] === x)?.[1];
        row.insertCell().textContent = y === undefined ? "" : sayValue(y, drawn.curve.unit);
      }
    }
    part(".lc-scroll").replaceChildren(table);
  }

  plot.addEventListener("keydown", (event) => {
    const last = drawn.places.length - 1;
    const page = Math.max(1, Math.round(last / 10));
    const to = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, PageUp: at + page, PageDown: at - page, Home: 0, End: last }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    moveTo(Math.min(Math.max(to, 0), last));
  });
  const follow = (event) => {
    const x = event.clientX - plot.getBoundingClientRect().left;
    const away = drawn.places.map((place) => Math.abs(drawn.toX(place) - x));
    moveTo(away.indexOf(Math.min(...away)));
  };
  plot.addEventListener("pointermove", follow);
  plot.addEventListener("pointerdown", follow);
  host.addEventListener("change", () => {
    at = Infinity;
    draw();
  });
  part("details").addEventListener("toggle", () => part("details").open && showTable());
  at = Infinity; // the end is what counts
  new ResizeObserver(() => {
    if (Math.round(plot.clientWidth) !== Number(plot.firstChild?.getAttribute("width"))) draw();
  }).observe(plot);
  draw();
}
