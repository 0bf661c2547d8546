// The ladder: all seven networks go on from the same text, side by side.
//
// This file comes between words.js, which dresses its words, and counting.js.

const RUNG = 24; // words of each network

/** Fill the ladder in `root`, the tab's section; `onAsk(question)` asks for its words. */
function createLadder(root, { onAsk }) {
  const find = (selector) => root.querySelector(selector);
  let id = 0;
  let asked = "";
  let answered = 0; // the last question that has its answer
  let timer = 0;

  /** Wait for an answer, or for news of the place in line; but not for ever. */
  function expect() {
    clearTimeout(timer);
    timer = setTimeout(lost, LOST);
  }

  /** Have the networks go on from `text`, if it is another one than before. */
  function ask(text) {
    if (asked === text) return;
    asked = text;
    id -= 1; // below zero: never the number of a question for the paper
    find(".hn-ladder-empty").textContent = "Seven networks are counting…";
    expect();
    onAsk({ id, text, n: RUNG });
  }

  /** Show the reply to the latest question. */
  function show(reply) {
    if (reply.id !== id || reply.id === answered) return;
    if (reply.wait) {
      find(".hn-ladder-empty").textContent = reply.wait;
      return expect();
    }
    clearTimeout(timer);
    answered = id;
    if (reply.error) asked = ""; // the same text may be asked for again
    find(".hn-rungs").replaceChildren();
    find(".hn-ladder-empty").textContent = reply.error ?? `After “${textOf(reply.ladder[0].given?.slice(-8).map((word) => ({ word })) ?? [])}”, each always taking its likeliest word:`;
    for (const row of reply.ladder ?? []) find(".hn-rungs").append(rung(row, reply.vocabulary));
  }

  function rung({ model, words, broken }, known) {
    const choice = find(`.hn-networks input[value="${model}"]`).closest("label");
    const item = document.createElement("li");
    const head = document.createElement("div");
    head.innerHTML = "<h3></h3><p class='l7-quiet'></p>";
    head.querySelector("h3").textContent = choice.querySelector("strong").textContent;
    head.querySelector("p").textContent = choice.querySelector(".hn-facts").textContent;
    const text = document.createElement("p");
    text.className = "hn-rung-text";
    text.dataset.asIs = "";
    text.lang = "en";
    for (const one of words ?? []) {
      const word = document.createElement("span");
      word.className = "hn-word";
      dress(word, { ...one, likely: probabilitiesOf(one.likely) }, known);
      word.removeAttribute("aria-label");
      text.append(word);
    }
    if (broken) text.textContent = broken;
    const verdict = document.createElement("p");
    verdict.className = "hn-rung-verdict";
    const wrong = words?.findIndex((one) => one.right === false) ?? -1;
    const numbers = words?.at(-1)?.numbers ?? 0;
    verdict.textContent = broken
      ? "–"
      : `${plural(numbers, "number", "numbers")} right${wrong < 0 ? "" : ", then wrong"}`;
    verdict.classList.toggle("is-wrong", wrong >= 0);
    item.append(head, text, verdict);
    return item;
  }

  /** Say that no answer came. */
  function lost() {
    show({ id, error: "No answer came back. The app may be busy: try again in a moment." });
  }

  return { ask, show, lost };
}
