// The Bedrooms tab: asks the server, one question at a time, and hands the answers on.
//
// Of each kind of question the latest one waits, so a slider that is dragged asks no more
// often than rooms can be drawn. Gradio hands this script `element`, `trigger`, `props`, `watch`.

const SLOW = 900; // ms after which the wait is put in words
const LOST = 40000; // ms without a reply after which none comes any more

const find = (selector) => element.querySelector(selector);
const bedrooms = find(".bedrooms");
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

// ---- asking

const line = { id: 0, awaited: null, waiting: new Map(), timers: [] };

/** Ask; `onReply(reply)` gets each reply, `onFailed(words)` is called if there is none. */
function ask(what, question, onReply, onFailed) {
  line.waiting.set(what, { what, question, onReply, onFailed });
  next();
}

function next() {
  if (line.awaited || line.waiting.size === 0) return;
  const [[what, one]] = line.waiting;
  line.waiting.delete(what);
  line.awaited = { ...one, id: ++line.id };
  const slow = () => say("The network is waking up…");
  line.timers = ["rooms", "directions"].includes(what) ? [setTimeout(slow, SLOW)] : [];
  expect();
  trigger("ask", { id: line.id, ask: what, ...one.question });
}

function expect() {
  const { id } = line.awaited;
  line.timers.push(setTimeout(() => gaveUp(id), LOST));
}

function settle() {
  line.timers.forEach(clearTimeout);
  const done = line.awaited;
  line.awaited = null;
  return done;
}

function gaveUp(id) {
  if (!id || line.awaited?.id !== id) return;
  settle().onFailed("No answer came back. The app may be busy: try again in a moment.");
  next();
}

watch("value", () => {
  const reply = JSON.parse(props.value);
  if (reply.id !== line.awaited?.id) return; // to a question that was given up
  line.timers.forEach(clearTimeout);
  if (reply.wait) {
    expect();
    line.awaited.waited = true;
    return say(reply.wait);
  }
  const { onReply, onFailed, waited } = line.awaited;
  if (waited) say(""); // it is no more in the queue
  line.awaited.waited = false;
  if (reply.more) expect();
  else settle();
  if (reply.broken) notice(reply.broken);
  if (reply.broken || reply.error) onFailed(reply.error ?? "There is nothing to draw with.");
  else onReply(reply);
  next();
});
element.addEventListener("bedrooms-failed", () => gaveUp(line.awaited?.id));

// ---- what is said

function notice(words) {
  find(".br-notice").textContent = words;
  find(".br-notice").hidden = !words;
}

const say = (words) => (find(".br-said").textContent = words);

// ---- the sixteen rooms

const settings = createSettings(bedrooms, {
  onChange() {
    settings.share();
    if (!isUnderWay()) drawRooms(); // Enter in the seed's field changes it, and sends it, too
  },
});
const rooms = createRooms(bedrooms, { onKeep: keep });
const shelf = createShelf(bedrooms, { onChange: () => rooms.mark(isKept) });
let shown = null; // what the rooms on the page are drawn from
let wanted = null; // what they were last asked to be drawn from

const roomAt = (index) => ({ recipe: shown.recipe, ...shown.room, index });
const isKept = (index) => shown !== null && shelf.has(roomAt(index));

const isUnderWay = () =>
  bedrooms.dataset.state === "busy" && JSON.stringify(settings.values()) === JSON.stringify(wanted);

function drawRooms() {
  const asked = settings.values();
  wanted = asked;
  rooms.progress(0);
  bedrooms.dataset.state = "busy";
  const failed = (words) => {
    if (asked !== wanted) return; // other rooms are on their way
    bedrooms.dataset.state = "failed";
    settings.complain(words);
    say("");
  };
  if (settings.isGiven()) ask("directions", { recipe: asked.recipe }, (reply) => met(asked, reply), failed);
  else ask("rooms", asked, (reply) => took(asked, reply), failed);
}

/** Now it is known which of the address's directions there are. */
function met(asked, { directions }) {
  if (asked.recipe === settings.values().recipe) settings.showDirections(directions);
  drawRooms();
}

function took(asked, reply) {
  shown = asked;
  settings.complain("");
  const unmet = "The link asks for a network that is not here; another one draws.";
  notice(settings.isUnmet() ? `${unmet} ${reply.notice}`.trim() : reply.notice);
  rooms.show(reply.rooms);
  rooms.mark(isKept);
  const over = !reply.more && asked === wanted;
  bedrooms.dataset.state = over ? "drawn" : "busy";
  if (asked.recipe === settings.values().recipe) settings.showDirections(reply.directions);
  if (!over) return;
  say("None of these rooms exists. Click one to keep it.");
  if (find(".br-inside").open) look();
}

function keep(index) {
  const kept = shelf.toggle({ ...roomAt(index), url: rooms.urlOf(index) });
  if (kept === null) return say("The shelf is full: remove a room first.");
  say(kept ? `Room ${index + 1} is kept.` : `Room ${index + 1} is no longer kept.`);
}

async function copyLink() {
  const address = settings.share();
  const label = find(".br-link span");
  try {
    await navigator.clipboard.writeText(address);
    label.textContent = "Copied";
  } catch {
    say(`The browser does not let this page copy. Here is the link: ${address}`);
  }
  setTimeout(() => (label.textContent = "Copy link"), 2000);
}

heedDisabled(bedrooms);
find(".br-link").addEventListener("click", copyLink);
find(".br-download").addEventListener("click", () => {
  rooms.download(`bedrooms-seed-${shown.room.seed}.png`);
});

// ---- the walk

const player = createPlayer(find(".br-player"), { calm });
const sayWalk = (words) => (find(".br-walk-says").textContent = words);
let walked = null; // the question of the walk that is shown

function under(what, question, onReply) {
  const progress = (reply) => {
    if (!reply.more) return onReply(reply);
    sayWalk(`${what}: frame ${reply.drawn} of ${reply.of}`);
  };
  sayWalk(`${what}…`);
  ask(what === "Walking" ? "walk" : "gif", question, progress, sayWalk);
}

find(".br-walk").addEventListener("click", () => {
  const stops = shelf.stops().map(({ seed, index, truncation, moves }) => ({ seed, index, truncation, moves }));
  const question = { recipe: shelf.stops()[0].recipe, stops };
  under("Walking", question, (reply) => {
    walked = question;
    sayWalk(`${stops.length} rooms, ${reply.frames} frames, along the sphere that rooms lie on.`);
    player.show(reply);
  });
});
find(".br-gif").addEventListener("click", () => {
  under("Making the GIF", walked, ({ gif }) => {
    sayWalk("The GIF is in your downloads.");
    save(gif, "bedrooms-walk.gif");
  });
});

// ---- the time machine, and inside

const machine = createMachine(find(".br-machine"), { calm });
find(".br-machine").addEventListener("toggle", () => {
  if (!find(".br-machine").open || !machine.isEmpty()) return;
  ask("history", {}, (reply) => machine.show(reply.history), machine.say);
});

const inside = createInside(find(".br-inside"), { urlOf: rooms.urlOf, onChoose: buildUp });

/** Have the rooms that are shown scored, and the best one taken apart. */
function look() {
  if (!shown) return;
  ask("scores", shown, (reply) => buildUp(inside.showScores(reply)), inside.say);
}

function buildUp(index) {
  const { recipe, room } = shown;
  const question = { recipe, room: { ...room, index } };
  ask("stages", question, (reply) => inside.showStages(reply, index), inside.say);
}

find(".br-inside").addEventListener("toggle", () => find(".br-inside").open && look());
new MutationObserver(inside.paint).observe(document.body, { attributeFilter: ["class"] });

// ---- the first rooms, as soon as somebody sees the tab

const eyes = new IntersectionObserver((seen) => {
  if (!seen.some((one) => one.isIntersecting)) return;
  eyes.disconnect();
  drawRooms();
});
eyes.observe(bedrooms);
shelf.show();
bedrooms.classList.add("is-ready");
