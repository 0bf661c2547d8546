// The text: what was typed, and word by word what the network added.
//
// A word is {word, given, likely, right, expected, numbers, inside, yours}: `likely` holds the
// network's probabilities of all words, `numbers` how many numbers were right up to here,
// `yours` is true where a visitor chose it. The files after this one use what is plain here.

const plural = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

const bytesOf = (base64) => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));

/** Probabilities from the bytes that the server sends: minus a thousand times their logarithm. */
function probabilitiesOf(base64) {
  const bytes = new DataView(bytesOf(base64).buffer);
  return Array.from({ length: bytes.byteLength / 2 }, (_, i) =>
    Math.exp(-bytes.getUint16(2 * i, true) / 1000),
  );
}

function percent(probability) {
  const value = 100 * probability;
  if (value < 0.05) return "0 %";
  return value > 99.94 && value < 99.9999 ? "> 99.9 %" : `${value.toFixed(1)} %`;
}

const textOf = (words) => words.map((one) => one.word).join(" ").replaceAll(" ,", ",");

/** A word's colour and its name for a screen reader. */
function dress(node, one, vocabulary) {
  node.textContent = one.word;
  node.classList.toggle("is-comma", one.word === ",");
  node.classList.toggle("is-given", Boolean(one.given));
  node.classList.toggle("is-yours", Boolean(one.yours));
  node.classList.toggle("is-wrong", one.right === false);
  if (!one.likely) return;
  const own = one.likely[vocabulary.indexOf(one.word)];
  node.style.setProperty("--p", own.toFixed(3));
  const name = one.word === "," ? "comma" : one.word;
  const wrong = one.right === false ? ", wrong" : "";
  node.setAttribute("aria-label", `${name}, ${percent(own)} sure${wrong}`);
}

/**
 * The words on the page. One of them can be reached by the tab key, the others by arrow keys.
 * `onLook(index)` is called when a word is pointed at or focused, with -1 when none is.
 */
function createPaper(box, { onLook }) {
  let words = [];
  let vocabulary = [];
  let looked = -1;

  const nodes = () => [...box.children];

  function add(one) {
    const node = document.createElement("button");
    node.type = "button";
    node.className = "hn-word";
    node.tabIndex = words.length === 0 ? 0 : -1;
    dress(node, one, vocabulary);
    box.append(node);
    words.push(one);
    box.scrollTop = box.scrollHeight;
  }

  function cut(length) {
    for (const node of nodes().slice(length)) node.remove();
    words = words.slice(0, length);
    const left = nodes();
    if (left.length && !left.some((node) => node.tabIndex === 0)) left.at(-1).tabIndex = 0;
    look(-1);
  }

  /** Mark what a counter copied from while it chose a word: shares of the words before it. */
  function look(index) {
    looked = index;
    const inside = words[index]?.inside;
    nodes().forEach((node, at) => {
      node.classList.toggle("is-looked-at", at === index);
      const back = index - 1 - at;
      const share = inside?.length < 40 && back >= 0 ? inside[inside.length - 1 - back] : 127;
      const pointed = share === undefined ? 0 : Math.max(0, (share - 127.5) / 127.5);
      node.classList.toggle("is-pointed", pointed > 0.05);
      node.style.setProperty("--pointed", pointed.toFixed(2));
    });
    onLook(index);
  }

  function indexOf(event) {
    return nodes().indexOf(event.target.closest(".hn-word"));
  }

  box.addEventListener("pointerover", (event) => indexOf(event) >= 0 && look(indexOf(event)));
  box.addEventListener("click", (event) => indexOf(event) >= 0 && look(indexOf(event)));
  box.addEventListener("focusin", (event) => {
    const index = indexOf(event);
    nodes().forEach((node, at) => (node.tabIndex = at === index ? 0 : -1));
    look(index);
  });
  box.addEventListener("keydown", (event) => {
    const all = nodes();
    const at = indexOf(event);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    all[to].focus();
  });

  return {
    add,
    cut,
    look,
    get words() {
      return words;
    },
    get looked() {
      return looked;
    },
    begin(given, known) {
      vocabulary = known;
      box.replaceChildren();
      words = [];
      for (const word of given) add({ word, given: true });
      look(-1);
    },
  };
}
