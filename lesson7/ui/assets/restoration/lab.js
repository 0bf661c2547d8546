// Make it bad yourself: a good photograph, damaged by switches and sliders, restored, judged.

const SHORTER = 256; // pixels: the shorter side of what is damaged here
const LARGEST = 155000; // pixels in all

/** A picture at the size that is worked with here, as a data: URL. */
async function atLabSize(file) {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  const scale = Math.min(1, SHORTER / Math.min(width, height), Math.sqrt(LARGEST / (width * height)));
  const copy = document.createElement("canvas");
  copy.width = Math.max(1, Math.round(width * scale));
  copy.height = Math.max(1, Math.round(height * scale));
  const pen = copy.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, copy.width, copy.height);
  return copy.toDataURL("image/png");
}

function createLab(root, { desk, recipe, recipeName }) {
  const find = (selector) => root.querySelector(selector);
  const goods = [...root.querySelectorAll(".rs-goods button[data-name]")];
  const members = [...root.querySelectorAll(".rs-member")];
  const onChange = [];
  let truth = "";
  let seed = 1;
  let latest = 0; // choice: an older file that is read slowly is not wanted any more
  let lesson = true;

  function complain(words) {
    find(".rs-lab-error").textContent = words;
    find(".rs-lab-error").hidden = !words;
  }

  /** {name: strength} of what is switched on; null for the lesson's damage. */
  function strengths() {
    if (lesson) return null;
    const on = members.filter((one) => one.querySelector("[type=checkbox]").checked);
    return Object.fromEntries(
      on.map((one) => [one.dataset.name, Number(one.querySelector("[type=range]").value)]),
    );
  }

  const question = () => ({ image: truth, strengths: strengths(), seed, recipe: recipe() });

  function dress() {
    for (const one of members) {
      const [box, range] = [one.querySelector("[type=checkbox]"), one.querySelector("[type=range]")];
      one.classList.toggle("is-on", box.checked && !lesson);
      range.setAttribute("aria-valuetext", `${Math.round(100 * range.value)} percent`);
    }
    find(".rs-members").classList.toggle("is-aside", lesson);
    find(".rs-lesson").setAttribute("aria-pressed", String(lesson));
  }

  function refresh() {
    dress();
    if (!root.open || !truth) return;
    if (!recipe()) return complain("The networks’ weights are not here, so nothing can be restored.");
    desk.ask("spoil", question(), show, () => complain("No answer came back. Please try again."));
  }

  const decibels = (value) => (value === null ? "no error" : `${value.toFixed(1)} dB`);

  function score(figure, { psnr, ssim }) {
    find(`${figure} .rs-score b`).textContent = decibels(psnr);
    find(`${figure} .rs-score span`).textContent = `SSIM ${ssim.toFixed(3)}`;
  }

  function show(reply) {
    complain(reply.error ?? reply.broken ?? "");
    if (!reply.bad) return;
    find(".rs-bad img").src = reply.bad;
    find(".rs-good img").src = reply.good;
    score(".rs-bad", reply.before);
    score(".rs-good", reply.after);
    find(".rs-by").textContent = `by ${recipeName(reply.recipe)}`;
    const [from, to] = [reply.before.psnr, reply.after.psnr];
    const verdict = find(".rs-verdict");
    verdict.classList.toggle("is-worse", to !== null && (from === null || to < from));
    if (from === null) verdict.textContent = "Nothing is damaged: the best that a network can do is nothing.";
    else if (to === null) verdict.textContent = "Restored without any error.";
    else {
      const gain = to - from;
      verdict.textContent = `${gain >= 0 ? "+" : "−"}${Math.abs(gain).toFixed(1)} dB: `
        + (gain >= 0 ? "the restored picture is closer to the truth." : "the damaged picture was closer to the truth.");
    }
    const grey = Boolean(strengths()?.grey);
    if (grey && reply.recipe !== "colour") verdict.textContent += " Only Colour brings colours back.";
    if (!grey && reply.recipe === "colour") verdict.textContent += " Colour answers lost colours and no other damage.";
    for (const call of onChange) call();
  }

  function choose(url, button) {
    latest += 1;
    truth = url;
    find(".rs-truth > img").src = url;
    for (const one of goods) one.setAttribute("aria-pressed", String(one === button));
    refresh();
  }

  for (const one of goods) {
    one.addEventListener("click", () => choose(one.querySelector("img").src, one));
  }
  find(".rs-own").addEventListener("click", () => find(".rs-own-file").click());
  find(".rs-own-file").addEventListener("change", async () => {
    const [file] = find(".rs-own-file").files;
    find(".rs-own-file").value = "";
    if (!file) return;
    const mine = ++latest;
    try {
      const url = await atLabSize(file);
      if (mine === latest) choose(url, null);
    } catch {
      if (mine === latest) complain("This is not a picture that can be read here. Please choose a JPEG or a PNG.");
    }
  });
  for (const one of members) {
    const [box, range] = [one.querySelector("[type=checkbox]"), one.querySelector("[type=range]")];
    box.addEventListener("change", () => {
      lesson = false;
      refresh();
    });
    range.addEventListener("input", () => {
      lesson = false;
      box.checked = true;
      refresh();
    });
  }
  find(".rs-dice").addEventListener("click", () => {
    seed += 1;
    refresh();
  });
  find(".rs-lesson").addEventListener("click", () => {
    lesson = !lesson;
    refresh();
  });
  find(".rs-none").addEventListener("click", () => {
    lesson = false;
    for (const one of members) one.querySelector("[type=checkbox]").checked = false;
    refresh();
  });
  root.addEventListener("toggle", refresh);

  choose(goods[0].querySelector("img").src, goods[0]);
  return { refresh, question, onChange: (call) => onChange.push(call) };
}
