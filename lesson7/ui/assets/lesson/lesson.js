// The Lesson tab: rows open and show their learning curves, buttons lead to the tabs.
// Gradio hands this script `element` and `props`.

const networks = JSON.parse(props.value || "{}");

/** The tab's own button; null where this tab runs alone. */
const tabButton = (name) =>
  document.querySelector(
    `#tabs [role="tab"][data-tab-id="${name.toLowerCase().replaceAll(" ", "-")}"]`,
  );

/** The other networks of the same tab that have a curve of their own. */
function besides(weights) {
  const { tab } = networks[weights];
  const others = Object.entries(networks).filter(([key, one]) => {
    const own = one.curves.some((curve) => curve.lines.some((line) => !line.who));
    return key !== weights && one.tab === tab && own;
  });
  return Object.fromEntries(others);
}

function toggle(row) {
  const button = row.querySelector(".ls-open");
  const more = element.querySelector(`#${button.getAttribute("aria-controls")}`);
  const open = more.hidden;
  more.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  row.classList.toggle("is-open", open);
  const all = element.querySelectorAll(".ls-rung.is-open");
  toAddress({ "lesson-open": [...all].map((one) => one.dataset.weights).join(",") });
  const chart = more.querySelector(".lc");
  if (!open || chart.firstChild) return;
  const { weights } = row.dataset;
  if (networks[weights].curves.length > 0) createChart(chart, networks[weights], besides(weights));
  else chart.innerHTML = '<p class="l7-quiet">Its training left no record of how it went.</p>';
}

for (const row of element.querySelectorAll(".ls-rung")) {
  row.addEventListener("click", (event) => {
    if (event.target.closest(".ls-go")) return;
    const marks = String(getSelection()) !== ""; // words in the row, to be copied
    if (!marks || event.target.closest(".ls-open")) toggle(row);
  });
}

for (const button of element.querySelectorAll(".ls-go")) {
  const { tab } = button.dataset;
  button.hidden = !tabButton(tab);
  button.addEventListener("click", () => {
    tabButton(tab).click();
    tabButton(tab).focus({ preventScroll: true });
    scrollTo({ top: 0 });
  });
}

// A link may name the rows that are open.
const wanted = fromAddress("lesson-open").split(",");
const named = [...element.querySelectorAll(".ls-rung")].filter((row) =>
  wanted.includes(row.dataset.weights),
);
named.forEach(toggle);
if (element.offsetParent) named[0]?.scrollIntoView({ block: "center" });
element.querySelector(".lesson").classList.add("is-ready");
