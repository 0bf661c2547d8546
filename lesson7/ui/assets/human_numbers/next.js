// What may come next: the five likeliest words, and what temperature and top-k make of them.

const SHOWN = 5;
const MARKS = 8; // the first words of the vocabulary, which are never said

/** Probabilities after top-k and temperature, as the server draws by them. */
function tempered(likely, temperature, topK) {
  const order = likely.map((_, i) => i).filter((i) => i >= MARKS);
  order.sort((a, b) => likely[b] - likely[a]);
  const kept = order.slice(0, topK);
  const weight = (i) =>
    temperature === 0
      ? Number(i === order[0])
      : Math.exp(Math.log(likely[i] / likely[order[0]]) / temperature);
  const sum = kept.reduce((total, i) => total + weight(i), 0);
  const result = likely.map(() => 0);
  for (const i of kept) result[i] = weight(i) / sum;
  return { order, result };
}

/** `onPick(index, word, one)` is called when a word is chosen in place of the one at `index`. */
function createNext(root, { onPick }) {
  const find = (selector) => root.querySelector(selector);
  const heat = find("#hn-temperature");
  const cut = find("#hn-top-k");
  let shown = null; // {words, index, one, vocabulary}; the word may be taken back meanwhile

  const temperature = () => Number(heat.value);
  const topK = () => Number(cut.value);

  function bar(word, own, drawn, chosen) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "hn-bar";
    button.classList.toggle("is-chosen", chosen);
    const name = word === "," ? "comma" : word;
    button.setAttribute("aria-label", `${name}, ${percent(drawn)}: go on with it`);
    const label = document.createElement("b");
    label.textContent = word === "," ? ", (comma)" : word;
    if (word !== ",") Object.assign(label, { lang: "en" }).dataset.asIs = "";
    const track = document.createElement("i");
    track.style.setProperty("--own", own.toFixed(4));
    track.style.setProperty("--drawn", drawn.toFixed(4));
    const number = document.createElement("span");
    number.textContent = percent(drawn);
    button.append(label, track, number);
    button.addEventListener("click", () => onPick(shown.index, word, shown.one));
    item.append(button);
    return item;
  }

  function paint() {
    find(".hn-temperature").textContent = temperature().toFixed(1).replace(".0", "");
    find(".hn-top-k").textContent = topK() === 30 ? "all" : String(topK());
    heat.setAttribute(
      "aria-valuetext",
      temperature() === 0 ? "0: always the likeliest word" : temperature().toFixed(1),
    );
    cut.setAttribute("aria-valuetext", topK() === 30 ? "all words" : `${topK()} words`);
    find(".hn-knobs-say").textContent =
      temperature() === 0 || topK() === 1
        ? "The likeliest word is always taken. Raise the temperature, and chance has a say; top-k leaves it the likeliest few."
        : "Words are drawn by the solid bars; the pale ones are the network’s own probabilities.";
    if (!shown) return;
    const { one } = shown;
    const { order, result } = tempered(one.likely, temperature(), topK());
    const listed = order.slice(0, SHOWN);
    const bars = find(".hn-bars");
    const held = [...bars.children].findIndex((one) => one.contains(document.activeElement));
    bars.replaceChildren(
      ...listed.map((i) =>
        bar(shown.vocabulary[i], one.likely[i], result[i], shown.vocabulary[i] === one.word),
      ),
    );
    if (held >= 0) bars.children[held].firstElementChild.focus(); // the keyboard stays where it is
    const before = textOf(shown.words.slice(Math.max(0, shown.index - 4), shown.index));
    const wrong =
      one.right === false && one.expected ? ` Right would be “${one.expected}”.` : "";
    find(".hn-after").textContent = `After “… ${before}”.${wrong}`;
  }

  for (const knob of [heat, cut]) knob.addEventListener("input", paint);
  paint();

  return {
    temperature,
    topK: () => (topK() === 30 ? 0 : topK()),
    show(words, index, vocabulary) {
      if (!words[index]?.likely) return;
      shown = { words, index, one: words[index], vocabulary };
      paint();
    },
    clear() {
      shown = null;
      find(".hn-bars").replaceChildren();
      find(".hn-after").textContent = "Point at a word to see what else the network thought of.";
    },
  };
}
