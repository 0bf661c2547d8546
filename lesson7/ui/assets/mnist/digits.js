// The Digits tab: sends what is on the pad, shows what comes back.
//
// While somebody draws, the latest drawing is sent at most every 120 ms and never while an
// answer is awaited, so a slow server sees fewer drawings and not a growing pile. The end of
// a stroke is sent at once. Gradio hands this script `element`, `trigger`, `props`, `watch`.

const THROTTLE = 120; // ms between two questions while drawing
const SLOW = 700; // ms after which the wait is put in words
const LOST = 30000; // ms after which an answer is no longer waited for
const LOST_BESIDE = 5000; // the same of a comparison and the inside, which are asked for once more

const find = (selector) => element.querySelector(selector);
const findAll = (selector) => [...element.querySelectorAll(selector)];
const digits = find(".digits");
const details = find(".inside");
const inside = createInside(details);
const bars = findAll(".bar");

// ---- what is shown

function percent(probability) {
  const value = 100 * probability;
  if (value < 0.05) return "0 %";
  return value >= 99.95 ? "> 99.9 %" : `${value.toFixed(1)} %`;
}

function say(state, { digit, sure, more, spoken }) {
  digits.dataset.state = state;
  find(".answer-digit").textContent = digit;
  find(".answer-sure").textContent = sure;
  find(".answer-else").textContent = more;
  if (spoken !== undefined) find(".answer-said").textContent = spoken;
}

function showBars(probabilities, winner) {
  bars.forEach((bar, digit) => {
    const text = percent(probabilities[digit]);
    bar.style.setProperty("--p", probabilities[digit].toFixed(4));
    bar.classList.toggle("wins", digit === winner);
    bar.setAttribute("aria-valuenow", (100 * probabilities[digit]).toFixed(1));
    bar.setAttribute("aria-valuetext", digit === winner ? `${text}, the answer` : text);
    bar.querySelector("span").textContent = text;
  });
}

function showNothing() {
  showBars(Array(10).fill(0), null);
  paintSeen(find(".seen-canvas"), new Uint8Array(784));
  find(".seen-canvas").setAttribute("aria-label", "What the network sees: nothing yet");
  inside.clear();
  showCompared(null);
  say("empty", {
    digit: "?",
    sure: "Waiting for a digit",
    more: "Draw one, or choose an example.",
    spoken: "",
  });
}

function showWords(words) {
  showNothing();
  say("none", { digit: "–", sure: words, more: "", spoken: words });
}

/** Show a reading; returns what the network saw, in bytes. */
function showReading(reading, settled) {
  const { probabilities, digit, message } = reading;
  const seen = bytesOf(reading.seen);
  paintSeen(find(".seen-canvas"), seen);
  find(".seen-canvas").setAttribute(
    "aria-label",
    "What the network sees: your digit, centred in 28 by 28 pixels",
  );
  showBars(probabilities, digit);
  const order = probabilities.map((_, i) => i).sort((a, b) => probabilities[b] - probabilities[a]);
  const [first, second] = order;
  if (digit === null) {
    say("none", {
      digit: "–",
      sure: message,
      more: `Nearest: ${first}, ${percent(probabilities[first])}.`,
      spoken: settled ? message : undefined,
    });
  } else {
    const doubt = probabilities[second] >= 0.01;
    say("answer", {
      digit: String(digit),
      sure: `${percent(probabilities[digit])} sure`,
      more: doubt
        ? `or a ${second}: ${percent(probabilities[second])}`
        : "No other digit comes near.",
      spoken: settled ? `${digit}, ${percent(probabilities[digit])} sure.` : undefined,
    });
  }
  return seen;
}

function notice(words) {
  find(".digits-notice").textContent = words;
  find(".digits-notice").hidden = !words;
}

const chosen = () => find(".networks input:checked").value;

function showCompared(compared) {
  for (const says of findAll(".network-says")) {
    const one = compared?.[says.closest("label").querySelector("input").value];
    says.textContent = one ? `reads ${one.digit}, ${percent(one.probability)}` : "";
    says.classList.toggle("differs", Boolean(one) && one.digit !== compared[chosen()]?.digit);
  }
}

// ---- asking: a reading when the drawing is `dirty`, then what is in `later`, for a drawing at
// rest; `awaited` is the question that is out, `what` it asks for, `answered` the last one that
// has its answer, `again` that it is asked again, `changed` and `cleared` what happened since

const asking = {
  id: 0,
  awaited: 0,
  answered: 0,
  what: "",
  awaitedSettled: false,
  dirty: false,
  settled: false,
  later: [],
  again: false,
  seen: null,
  changed: false,
  cleared: false,
  at: -THROTTLE,
};
const timers = {};

function ask(settled) {
  asking.dirty = asking.changed = true;
  asking.later = [];
  asking.settled ||= settled;
  const wait = asking.settled ? 0 : asking.at + THROTTLE - performance.now();
  clearTimeout(timers.throttle);
  if (wait > 0) timers.throttle = setTimeout(send, wait);
  else send();
}

function send() {
  if (asking.awaited || pad.isEmpty()) return;
  if (asking.dirty) {
    asking.again = false;
    post("reading", asking.settled);
    timers.slow = setTimeout(() => {
      find(".answer-else").textContent = "The network is waking up…";
    }, SLOW);
    asking.at = performance.now();
    asking.dirty = asking.settled = false;
  } else if (asking.later.length) {
    post(asking.later.shift(), true);
  }
}

function post(what, settled) {
  const id = (asking.awaited = ++asking.id);
  asking.what = what;
  asking.awaitedSettled = settled;
  asking.changed = asking.cleared = false;
  timers.lost = setTimeout(() => gaveUp(id), what === "reading" ? LOST : LOST_BESIDE);
  trigger("ask", { id, ask: what, image: pad.toUrl(), model: chosen() });
}

function arrived() {
  asking.awaited = 0;
  clearTimeout(timers.slow);
  clearTimeout(timers.lost);
}

function waits(words) {
  arrived();
  asking.awaited = asking.id; // still
  timers.lost = setTimeout(() => gaveUp(asking.id), LOST);
  if (asking.what === "reading" && !asking.cleared) find(".answer-else").textContent = words;
}

function gaveUp(id) {
  if (!id || asking.awaited !== id) return;
  arrived();
  const words = "No answer came back. The app may be busy: try again in a moment.";
  if (!asking.cleared) refused(words);
  send(); // what was drawn since then
}

/** Put in words why there is no answer; a reading that is there stays. */
function refused(words) {
  if (asking.what === "reading") return showWords(words);
  if (asking.changed) return;
  if (!asking.again) asking.later.unshift(asking.what);
  else if (asking.what === "inside") inside.say(words);
  asking.again = true;
}

function take(reply) {
  if (reply.compared || reply.inside) {
    if (asking.changed) return; // they are about an earlier drawing
    if (reply.compared) showCompared(reply.compared);
    else inside.show(reply.inside, asking.seen);
    return;
  }
  notice(reply.broken ?? reply.notice ?? "");
  if (reply.broken) return refused("No network to read this with.");
  if (reply.error) return refused(reply.error);
  if (new Set(reply.probabilities).size === 1) return showWords(reply.message); // nothing was read
  asking.seen = showReading(reply, asking.awaitedSettled);
  if (!asking.awaitedSettled) return;
  if (details.open) asking.later.push("inside");
  if (reply.digit === null) showCompared(null);
  else asking.later.push("comparison");
}

watch("value", () => {
  const reply = JSON.parse(props.value);
  if (reply.id !== asking.id) return; // to an earlier question, given up and asked anew
  if (reply.id === asking.answered) return; // said twice, or news of a place in line that is left
  if (reply.wait) return waits(reply.wait);
  asking.answered = reply.id;
  arrived();
  if (!asking.cleared) take(reply);
  if (asking.dirty) ask(false);
  else send();
});
element.addEventListener("digits-failed", () => gaveUp(asking.awaited));

// ---- the pad and its tools

let noteTimer = 0;
function note(text) {
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => (find(".pad-note").textContent = text), 50);
}

const pad = createPad(digits, {
  onNote: note,
  onChange({ settled, empty, canUndo }) {
    enable(find(".pad-undo"), canUndo);
    enable(find(".pad-clear"), !empty);
    if (empty) {
      asking.dirty = false;
      asking.later = [];
      asking.cleared = true;
      clearTimeout(timers.slow);
      showNothing();
    } else ask(settled);
  },
});

heedDisabled(digits);
find(".pad-undo").addEventListener("click", pad.undo);
find(".pad-clear").addEventListener("click", pad.clear);
const USUAL = chosen();
chooseFromAddress("digits-by", findAll(".networks input"));
for (const choice of findAll(".networks input")) {
  choice.addEventListener("change", () => {
    toAddress({ "digits-by": chosen() === USUAL ? "" : chosen() });
    if (!pad.isEmpty()) ask(true);
  });
}
details.addEventListener("toggle", () => details.open && !pad.isEmpty() && ask(true));

takePictures(digits, pad, showWords);

// ---- the theme may change under the canvases

new MutationObserver(() => {
  pad.paint();
  inside.paint();
}).observe(document.body, { attributeFilter: ["class"] });

showNothing();
digits.classList.add("is-ready");
