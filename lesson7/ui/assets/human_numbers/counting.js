// The Human numbers tab: asks the server to go on with a text, and lets the words stream in.
//
// One question is under way at a time; its answer comes in several replies. Gradio hands this
// script `element`, `trigger`, `props`, `watch`.

const SLOW = 900; // ms after which the wait is put in words
const LOST = 30000; // ms without a reply after which none comes any more
const REFUSED = 2000; // the same after some question failed: which one, Gradio does not say
const LONGEST = 2000; // characters of a text that an address brings
const FULL = 20000; // characters that the server reads

const find = (selector) => element.querySelector(selector);
const findAll = (selector) => [...element.querySelectorAll(selector)];
const counting = find(".counting");
const field = find("#hn-text");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const asking = { id: 0, awaited: 0, base: 0, seed: 1, got: 0, queue: [], done: true, timers: [] };
let vocabulary = [];
let beginning = ""; // the text that the words on the paper go on from

// ---- what is shown

const paper = createPaper(find(".hn-text"), {
  onLook: (index) => index >= 0 && next.show(paper.words, index, vocabulary),
});
const next = createNext(counting, { onPick: pick });
const heat = createHeat(find(".hn-inside"));
const ladder = createLadder(counting, { onAsk: (question) => trigger("compare", question) });

/** Whether nothing after this word can be right: it is wrong, or comes after 9,999. */
const isLast = (one) => one.right === false || (one.right === null && !one.given && !one.yours);

/** How many numbers are right, and which word is the first wrong one. */
function judge(settled) {
  const { words } = paper;
  const wrong = words.find((one) => one.right === false);
  const numbers = words.reduce((most, one) => Math.max(most, one.numbers ?? 0), 0);
  const added = words.filter((one) => !one.given).length;
  find(".hn-count").textContent = numbers.toLocaleString("en");
  counting.dataset.state = wrong ? "wrong" : added ? "right" : "empty";
  let sentence = `${plural(numbers, "number", "numbers")} right`;
  let more = settled ? "No mistake so far." : "";
  if (wrong) {
    sentence += ", then a mistake";
    more = wrong.expected
      ? `“${wrong.word}” stands where “${wrong.expected}” is right.`
      : `With “${wrong.word}” there, it is no number.`;
  } else if (!added) {
    sentence = "Nothing counted yet";
    more = "Press “Count on”, and the network does.";
  } else if (settled && words.at(-1).right === null && !words.at(-1).yours) more = "Here its numbers end.";
  find(".hn-sentence").textContent = sentence;
  find(".hn-more").textContent = more;
  if (settled) find(".hn-said").textContent = added ? `${sentence}. ${more}` : "";
}

function buttons() {
  const busy = asking.awaited > 0 || asking.queue.length > 0;
  const added = paper.words.some((one) => !one.given);
  enable(find(".hn-stop"), busy);
  enable(find(".hn-back"), !busy && added);
  enable(find(".hn-step"), !busy);
  enable(find(".hn-more-words"), !busy);
  counting.classList.toggle("is-busy", busy);
}

function complain(words) {
  find(".hn-error").textContent = words;
  field.setAttribute("aria-invalid", String(words !== ""));
}

// ---- asking

const chosen = () => find(".hn-networks input:checked").value;

function ask(text, n, { fresh }) {
  stop();
  complain("");
  asking.id += 1;
  Object.assign(asking, { awaited: asking.id, fresh, got: 0, queue: [], done: false, n });
  asking.over = !fresh && paper.words.some(isLast);
  asking.base = fresh ? 0 : Math.max(0, ...paper.words.map((one) => one.numbers ?? 0));
  if (fresh) beginning = text;
  asking.timers = [
    setTimeout(() => (find(".hn-more").textContent = "The network is waking up…"), SLOW),
    setTimeout(() => gaveUp(asking.id), LOST),
  ];
  trigger("ask", {
    id: asking.id,
    text,
    n,
    model: chosen(),
    temperature: next.temperature(),
    top_k: next.topK(),
    seed: asking.seed++,
  });
  buttons();
}

function settle() {
  asking.timers.forEach(clearTimeout);
  asking.awaited = 0;
  asking.done = true;
  judge(true);
  buttons();
  heat.show(paper.words);
  if (find(".hn-ladder").open) climb();
}

const climb = () => ladder.ask(beginning || field.value);

/** Stop what is under way; what is on the paper stays. */
function stop() {
  if (asking.awaited && !asking.done) trigger("halt", { id: asking.id });
  if (asking.awaited || asking.queue.length) {
    asking.queue = [];
    settle();
  }
}

function gaveUp(id) {
  if (asking.awaited !== id) return;
  complain("No answer came back. The app may be busy: try again in a moment.");
  settle();
}

function received(reply) {
  if (reply.id !== asking.awaited) return; // of a question that was stopped
  if (asking.done) return; // said twice, or news of a place in line that is left
  asking.timers.forEach(clearTimeout);
  if (!reply.done) asking.timers = [setTimeout(() => gaveUp(reply.id), LOST)];
  if (reply.wait) {
    find(".hn-more").textContent = reply.wait;
    return;
  }
  if (reply.notice) showNotice(reply.notice);
  if (reply.broken) showNotice(reply.broken);
  if (reply.broken || reply.error) {
    complain(reply.error ?? "");
    settle();
    return;
  }
  vocabulary = reply.vocabulary;
  if (asking.fresh) {
    asking.fresh = false;
    paper.begin(reply.given, vocabulary);
    next.clear();
  }
  if (reply.from !== asking.got) {
    // a reply was overtaken by the next one: ask again for what is missing
    const missing = asking.n - asking.got;
    flush(Infinity);
    asking.awaited = 0;
    ask(textOf(paper.words), missing, { fresh: false });
    return;
  }
  asking.got += reply.words.length;
  asking.done = reply.done;
  for (const one of reply.words) {
    const numbers = asking.base + one.numbers;
    const judged = asking.over ? { right: null, numbers: 0 } : { numbers };
    const likely = probabilitiesOf(one.likely);
    asking.queue.push({ ...one, ...judged, likely, inside: bytesOf(one.inside) });
  }
  if (calm.matches) flush(Infinity);
  else if (!asking.drawing) draw();
}

/** Put some of the words that have come onto the paper. */
function flush(most) {
  const some = asking.queue.splice(0, most);
  for (const one of some) paper.add(one);
  judge(false);
  if (some.length && paper.looked < 0) next.show(paper.words, paper.words.length - 1, vocabulary);
  if (asking.done && asking.awaited && asking.queue.length === 0) settle();
}

/** A few words per frame, so that they stream in at a pace that can be followed. */
function draw() {
  asking.drawing = asking.queue.length > 0;
  if (!asking.drawing) {
    if (asking.done && asking.awaited) settle(); // the last reply brought no words
    return;
  }
  flush(Math.ceil(asking.queue.length / 24));
  requestAnimationFrame(draw);
}

function showNotice(words) {
  find(".hn-broken").textContent = words;
  find(".hn-broken").hidden = false;
}

// ---- what a visitor does

watch("value", () => {
  const reply = JSON.parse(props.value);
  if (reply.id < 0) ladder.show(reply);
  else received(reply);
});
element.addEventListener("counting-failed", () => {
  const { awaited } = asking;
  if (awaited && !asking.done) asking.timers.push(setTimeout(() => gaveUp(awaited), REFUSED));
});
heedDisabled(counting);
element.addEventListener("hn-ladder-failed", ladder.lost);

const length = () => Number(find(".hn-length select").value);

function begin() {
  asking.seed = 1;
  share(field.value);
  ask(field.value, length(), { fresh: true });
}

/** Go on from the end of the paper, or begin if there is nothing on it. */
function goOn(n) {
  if (paper.words.length === 0) ask(field.value, n, { fresh: true });
  else if (textOf(paper.words).length > FULL)
    complain("The paper is full: type a number to begin with, and count on from there.");
  else ask(textOf(paper.words), n, { fresh: false });
}

/** Take another word at a place, and go on from there; `one` stands or stood there. */
function pick(index, word, { likely, inside }) {
  stop();
  const before = paper.words[index - 1]?.numbers ?? 0;
  paper.cut(index);
  paper.add({ word, likely, inside, yours: true, right: null, numbers: before });
  ask(textOf(paper.words), length(), { fresh: false });
}

find(".hn-ask").addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  begin();
});
for (const example of findAll(".hn-examples button")) {
  example.addEventListener("click", () => {
    field.value = example.textContent;
    begin();
  });
}
for (const choice of findAll(".hn-networks input")) {
  choice.addEventListener("change", () => {
    share();
    if (paper.words.length) ask(beginning, length(), { fresh: true });
  });
}
find(".hn-step").addEventListener("click", () => goOn(1));
find(".hn-more-words").addEventListener("click", () => goOn(length()));
find(".hn-stop").addEventListener("click", stop);
find(".hn-back").addEventListener("click", () => {
  paper.cut(paper.words.length - 1);
  next.show(paper.words, paper.words.length - 1, vocabulary);
  judge(true);
  buttons();
  heat.show(paper.words);
});

// ---- the address: what is counted on from, and how; a link that has a text counts at once

const usual = chosen();

/** Write the settings, and the text where one is counted on from, into the address. */
function share(text = fromAddress("numbers-text")) {
  const [temperature, topK] = [find("#hn-temperature"), find("#hn-top-k")];
  toAddress({
    "numbers-text": text.length > LONGEST ? "" : text,
    "numbers-by": chosen() === usual ? "" : chosen(),
    "numbers-temperature": temperature.value === "0" ? "" : temperature.value,
    "numbers-top-k": topK.value === topK.max ? "" : topK.value,
  });
}

function takeUp() {
  chooseFromAddress("numbers-by", findAll(".hn-networks input"));
  for (const knob of ["temperature", "top-k"]) {
    const given = fromAddress(`numbers-${knob}`);
    const input = find(`#hn-${knob}`);
    if (given && Number(given) >= Number(input.min) && Number(given) <= Number(input.max)) {
      input.value = given;
      input.dispatchEvent(new Event("input"));
    }
  }
  const text = fromAddress("numbers-text").slice(0, LONGEST);
  if (!text) return;
  field.value = text;
  const eyes = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    eyes.disconnect();
    begin();
  });
  eyes.observe(counting);
}

for (const knob of findAll(".hn-knobs input")) knob.addEventListener("change", () => share());
takeUp();

find(".hn-ladder").addEventListener("toggle", () => find(".hn-ladder").open && climb());

new MutationObserver(heat.paint).observe(document.body, { attributeFilter: ["class"] });
buttons();
counting.classList.add("is-ready");
