// The Restoration tab: has a photograph restored, shows it beside what it was, hands it out.
//
// A picture is uploaded once; recipe, scale and strength are asked for by its path. Strength
// is shown at once by fading, and the picture to download follows. Gradio hands this script
// `element`, `trigger`, `props`, `upload`, `watch`.

const SLOW = 1500; // ms after which the wait for the first word is explained

const find = (selector) => element.querySelector(selector);
const findAll = (selector) => [...element.querySelectorAll(selector)];
const tab = find(".restoration");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const viewer = createViewer(find(".rs-view"), { calm });
const desk = createDesk(trigger, waits);
const strength = find("#rs-strength");

let picture = null; // as source.js gives it, and `path`: a promise of where it was uploaded to
let result = null; // {url, size, strength} of what can be downloaded
let layer = null; // {key, strength} of what the viewer shows
let asked = null; // what is under way: {picture, recipe, scale, strength}
let slow = 0;

// What stands for a picture that the browser cannot show, until the server does: a clear pixel.
const NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

// Where the keys go on, by state, when what they were on is gone.
const NEXT = { empty: ".rs-upload", working: ".rs-cancel", stopped: ".rs-again", done: ".rs-handle" };

const recipe = () => find(".rs-recipes input:checked")?.value;
const scale = () => Number(find(".rs-scale input:checked").value);
const recipeName = (one) =>
  find(`.rs-recipes input[value="${one}"]`).closest("label").querySelector("strong").textContent;

// ---- what is shown

function toast(words) {
  find(".rs-toast").hidden = !words;
  find(".rs-toast p").textContent = words;
}

/** Offer the recipe that finds colours, where there are none. */
function hint(colourless) {
  const colour = find('.rs-recipes input[value="colour"]');
  find(".rs-hint").hidden = !colourless || colour.checked || colour.disabled;
}

function notice(words) {
  find(".rs-notice").textContent = words;
  find(".rs-notice").hidden = !words;
}

function state(name) {
  const held = document.activeElement;
  tab.dataset.state = name;
  find(".rs-work").hidden = name !== "working";
  find(".rs-view").hidden = name === "empty";
  find(".rs-again").hidden = name !== "stopped";
  if (tab.contains(held) && !held.offsetParent) find(NEXT[name]).focus({ preventScroll: true });
}

function showProgress(done, words) {
  const percent = Math.round(100 * done);
  find(".rs-bar").style.setProperty("--done", done);
  find(".rs-bar").setAttribute("aria-valuenow", percent);
  find(".rs-doing").textContent = words;
}

function waits(kind, words) {
  if (kind !== "ask") return toast(words);
  clearTimeout(slow);
  if (words) find(".rs-doing").textContent = words; // the bar stays where the last tile left it
}

function showDownload() {
  find(".rs-download").disabled = !result;
  const size = result?.size.map((side) => side.toLocaleString("en")).join(" × ");
  find(".rs-size").textContent = result ? `${size} pixels, PNG` : "Full size, PNG";
}

/** Of the picture in the viewer, as much as the slider says. */
function fade() {
  const wanted = Number(strength.value);
  const text = `${Math.round(100 * wanted)} %`;
  find(".rs-strength-value").textContent = text;
  strength.setAttribute("aria-valuetext", text);
  if (layer) viewer.fade(layer.strength > 0 ? Math.min(1, wanted / layer.strength) : 1);
}

// ---- asking

async function restore() {
  if (!picture) return;
  const one = picture;
  const wanted = { recipe: recipe(), scale: scale(), strength: Number(strength.value) };
  const about = { ...wanted, picture: one };
  asked = about;
  toast("");
  hint(false);
  result = null;
  showDownload();
  if (!wanted.recipe) return fail("The networks’ weights are not here, so nothing can be restored.");
  showProgress(0, "Restoring…");
  state("working");
  clearTimeout(slow);
  slow = setTimeout(() => (find(".rs-doing").textContent = "The network is waking up…"), SLOW);
  let path;
  try {
    path = await (one.path ??= send(one));
  } catch {
    one.path = null; // so that it is sent again
    return asked === about && fail("The picture could not be uploaded. Please try again.");
  }
  if (asked !== about) return; // something else is wanted by now
  const question = { ...wanted, path, name: one.name, show: !one.url || one.unsure };
  desk.ask("ask", question, (reply) => received(reply, about), () =>
    fail("No answer came back. The app may be busy: try again in a moment."),
  );
}

/** No answer to what is under way is wanted any more. */
function giveUp() {
  asked = null;
  desk.cancel();
  clearTimeout(slow);
}

function fail(words) {
  clearTimeout(slow);
  toast(words);
  state(picture?.url ? "stopped" : "empty");
  find(".rs-said").textContent = "";
}

function received(reply, about) {
  if (asked !== about) return; // something else is wanted by now
  clearTimeout(slow);
  if (reply.broken) {
    notice(reply.broken);
    const card = find(`.rs-recipes input[value="${about.recipe}"]`).closest("label");
    card.querySelector("span").textContent = "could not be loaded";
    return fail(`${recipeName(about.recipe)} could not be loaded. Please choose another recipe.`);
  }
  if (reply.gone && !about.picture.again) {
    Object.assign(about.picture, { path: null, again: true });
    return restore();
  }
  if (reply.gone) return fail("The picture got lost on its way. Please choose it again.");
  if (reply.error) return fail(reply.error);
  if (reply.notice) notice(reply.notice);
  if (!reply.done) return showProgress(reply.fraction, reply.words);
  showResult(reply, about);
}

/** A large result is decoded slowly, and meanwhile something else may be wanted. */
async function showResult(reply, about) {
  const { picture: one } = about;
  const [width, height] = reply.size;
  one.again = false;
  if (reply.before) {
    if (one.url) URL.revokeObjectURL(one.url);
    Object.assign(one, { url: reply.before.url, unsure: false });
    viewer.showBefore(one.url, width, height);
  }
  const mine = { key: [one.url, about.recipe, about.scale].join(" "), strength: about.strength };
  if (layer?.key !== mine.key || layer.strength <= mine.strength) {
    const fresh = layer?.key.split(" ")[0] !== one.url;
    layer = mine;
    try {
      await viewer.showAfter(reply.result.url, width, height, fresh);
    } catch {
      if (layer === mine) layer = null;
      return asked === about && fail("The result could not be loaded. Please try again.");
    }
  }
  fade();
  if (asked !== about) return;
  result = { url: reply.result.url, size: reply.size, strength: about.strength };
  state("done");
  hint(reply.colourless);
  showDownload();
  find(".rs-said").textContent =
    `Restored by ${recipeName(about.recipe)}: ${width} by ${height} pixels. ` +
    "The line between before and after can be moved with the arrow keys.";
  side.refresh();
}

// ---- a new picture

async function send({ blob, name }) {
  const extension = blob.type.split("/")[1] ?? "bin";
  const sent = await upload(new File([blob], `${name}.${extension}`, { type: blob.type }));
  return sent.path;
}

function onPicture(one) {
  giveUp();
  if (picture?.url) URL.revokeObjectURL(picture.url);
  picture = one;
  layer = null;
  for (const example of findAll(".rs-examples button")) {
    example.setAttribute("aria-pressed", String(example.dataset.name === one.example));
  }
  const small = Math.min(one.width, one.height) < 200 && one.width > 0;
  const wanted = linked.scale || (one.scale ?? (small ? 2 : 1));
  linked.scale = 0; // it was meant for the first picture
  find(`.rs-scale input[value="${wanted}"]`).checked = true;
  share();
  notice("");
  viewer.showBefore(one.url ?? NOTHING, (one.width || 4) * wanted, (one.height || 3) * wanted);
  side.clear();
  restore();
  if (one.note) toast(one.note);
}

/** What is chosen takes its place at once, so that nothing moves when it has been read. */
function onStart() {
  giveUp();
  toast("");
  hint(false);
  showProgress(0, "Restoring…");
  state("working");
}

function onRefused(words) {
  fail(words);
  if (result) state("done"); // of the picture before, which is still there
}

const source = createSource(tab, {
  onStart, onPicture, onRefused, onWords: toast, isOpen: () => element.offsetParent !== null });
const side = createSide(find(".rs-side"), { desk, current: () =>
  picture && result && { picture, scale: scale(), strength: Number(strength.value), size: result.size },
  choose: (one) => find(`.rs-recipes input[value="${one}"]`).click(),
  chosen: recipe, recipeName });
const lab = createLab(find(".rs-lab"), { desk, recipe, recipeName });
const inside = createInside(find(".rs-inside"), { desk, lab });

// ---- the address: recipe, scale and strength, but never a picture

const usual = recipe();
chooseFromAddress("restoration-by", findAll(".rs-recipes input"));
chooseFromAddress("restoration-scale", findAll(".rs-scale input"));
const linked = { scale: fromAddress("restoration-scale") ? scale() : 0 };
const given = Number(fromAddress("restoration-strength") || 1);
if (given >= 0 && given <= 1) strength.value = given;

function share() {
  toAddress({
    "restoration-by": recipe() === usual ? "" : recipe(),
    "restoration-scale": scale() === 1 ? "" : String(scale()),
    "restoration-strength": strength.value === "1" ? "" : strength.value,
  });
}

for (const choice of findAll(".rs-recipes input")) {
  choice.addEventListener("change", () => {
    share();
    restore();
    side.mark();
    lab.refresh();
    inside.refresh();
  });
}
for (const choice of [...findAll(".rs-scale input"), strength]) {
  choice.addEventListener("change", () => {
    linked.scale = 0;
    share();
    restore();
  });
}
strength.addEventListener("input", fade);
find(".rs-again").addEventListener("click", restore);
find(".rs-toast button").addEventListener("click", () => {
  toast("");
  find(NEXT[tab.dataset.state]).focus({ preventScroll: true });
});
find(".rs-try").addEventListener("click", () => {
  const colour = find('.rs-recipes input[value="colour"]');
  colour.click();
  colour.focus();
});
find(".rs-cancel").addEventListener("click", () => {
  source.forget();
  giveUp();
  state(result ? "done" : picture?.url ? "stopped" : "empty"); // done: another was being read
  find(".rs-said").textContent = "Cancelled.";
});
find(".rs-download").addEventListener("click", async () => {
  const { url } = result;
  const found = await fetch(url, { method: "HEAD" }).catch(() => null);
  if (result?.url !== url) return;
  if (!found?.ok) return restore(); // the server has cleared it away meanwhile
  const link = document.createElement("a");
  link.href = url;
  link.download = ""; // under the name that the server gave it
  link.click();
});

watch("value", () => desk.receive(props.value));
element.addEventListener("restoration-failed", desk.failed);
heedDisabled(tab);
state("empty");
showDownload();
fade();
tab.classList.add("is-ready");
