// The page in the visitor's language: English as it is written everywhere, others by table.
// English has a table, too: of what Gradio says by itself, and we say in other words.
//
// WORDS is {language: {section: {English: translation}}}; `{0}`, `{1}` stand for what varies. A
// section is the class of a tab's <section>; PAGE and ERRORS go for all. Whatever comes onto the
// page is looked up before it is painted: texts, and the attributes that are read out. What no
// table knows stays, as does what is inside [data-as-is]: words that the networks write.
//
// ?lang=zh chooses; without it the last choice in this browser, else the browser's language.

const SPOKEN = [
  ...["aria-label", "aria-valuetext", "aria-roledescription", "alt", "title", "placeholder"],
  "data-says", // which a style sheet shows
];
const REMEMBERED = "lesson7-language";
const NAMES = { en: "en", zh: "zh-CN" };

// ---- looking up

/** A text with one kind of space. */
const plain = (text) => text.replace(/\s+/g, " ").trim();

/** A table as exact entries and patterns, those with the most fixed letters first. */
function prepared(table) {
  const exact = new Map();
  const patterns = [];
  for (const [key, translation] of Object.entries(table)) {
    const english = plain(key);
    if (!/\{\d\}/.test(english)) {
      exact.set(english, translation);
      continue;
    }
    const parts = english.split(/\{\d\}/);
    const source = parts.map((one) => one.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("(.+?)");
    patterns.push({
      first: parts[0],
      last: parts.at(-1),
      fixed: parts.join("").length,
      shape: new RegExp(`^${source}$`, "s"),
      translation,
    });
  }
  patterns.sort((a, b) => b.fixed - a.fixed);
  return { exact, patterns };
}

const tables = Object.fromEntries(
  Object.entries(WORDS).map(([language, sections]) => [
    language,
    Object.fromEntries(Object.entries(sections).map(([name, one]) => [name, prepared(one)])),
  ]),
);

/** The translation of a text by some tables, or undefined; what varies is looked up, too. */
function lookUp(text, sections) {
  for (const { exact } of sections) if (exact.has(text)) return exact.get(text);
  for (const { patterns } of sections) {
    for (const { first, last, shape, translation } of patterns) {
      if (!text.startsWith(first) || !text.endsWith(last)) continue;
      const found = text.match(shape);
      if (!found) continue;
      return translation.replace(/\{(\d)\}/g, (_, n) => sentences(found[Number(n) + 1], sections));
    }
  }
  return undefined;
}

/** A text as a whole, or else sentence by sentence; what is unknown stays as it is. */
function sentences(text, sections) {
  if (!/[A-Za-z]/.test(text)) return text;
  const parts = text.split(/(?<=[.?!]) (?=[A-Z“])/);
  const each = parts.length > 1 && !sections.some(({ exact }) => exact.has(text))
    ? parts.map((one) => lookUp(one, sections))
    : [undefined];
  if (each.every((one) => one !== undefined)) return each.join("");
  return lookUp(text, sections) ?? parts.map((one, at) => each[at] ?? one).join(" ");
}

let language = "en";
const known = new Map(); // language, section and English -> translation

function translated(text, node) {
  const english = plain(text);
  if (!/[A-Za-z]|^,/.test(english)) return undefined;
  const section = node.closest?.(".l7-tab")?.classList[1] ?? "page";
  const key = `${language} ${section} ${english}`;
  if (!known.has(key)) {
    if (known.size > 5000) known.clear(); // words of networks come and go
    const { [section]: own, page, errors } = tables[language];
    const found = sentences(english, [own, page, errors].filter(Boolean));
    known.set(key, found === english ? undefined : found);
  }
  const found = known.get(key);
  return found === undefined ? undefined : text.replace(text.trim(), () => found);
}

// ---- the page

const texts = new WeakMap(); // text node -> {english, shown}
const labels = new WeakMap(); // element -> {attribute: {english, shown}}

function speakText(node) {
  const parent = node.parentElement;
  if (!parent || parent.closest("[data-as-is], script, style, textarea, code")) return;
  if (texts.get(node)?.shown === node.data) return;
  const shown = translated(node.data, parent);
  if (shown === undefined) return;
  texts.set(node, { english: node.data, shown });
  node.data = shown;
}

function speakLabel(element, name) {
  const english = element.getAttribute(name);
  if (!english) return;
  const known = labels.get(element) ?? {};
  if (known[name]?.shown === english) return;
  const shown = translated(english, element);
  if (shown === undefined) return;
  labels.set(element, { ...known, [name]: { english, shown } });
  element.setAttribute(name, shown);
}

/** All texts and labels in `root`, to `onText(node)` and `onLabel(element, attribute)`. */
function walk(root, onText, onLabel) {
  const all = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = root; node; node = all.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) onText(node);
    else if (node.nodeType === Node.ELEMENT_NODE) {
      for (const name of SPOKEN) if (node.hasAttribute(name)) onLabel(node, name);
    }
  }
}

/** Back to English, where the page still says what was put there. */
function unspeak() {
  walk(
    document.documentElement,
    (node) => {
      const one = texts.get(node);
      if (one?.shown === node.data) node.data = one.english;
    },
    (element, name) => {
      const one = labels.get(element)?.[name];
      if (one?.shown === element.getAttribute(name)) element.setAttribute(name, one.english);
    },
  );
}

const observer = new MutationObserver((changes) => {
  for (const { type, target, addedNodes, attributeName } of changes) {
    if (type === "characterData") speakText(target);
    else if (type === "attributes") speakLabel(target, attributeName);
    else for (const node of addedNodes) walk(node, speakText, speakLabel);
  }
});

function speak(wanted) {
  observer.disconnect();
  unspeak();
  language = wanted;
  document.documentElement.lang = NAMES[wanted];
  walk(document.documentElement, speakText, speakLabel);
  observer.observe(document.documentElement, {
    subtree: true,
    childList: true,
    characterData: true,
    attributeFilter: SPOKEN,
  });
}

// ---- which language

const asked = new URLSearchParams(location.search).get("lang");
let kept = null;
try {
  kept = localStorage.getItem(REMEMBERED);
} catch {
  // storage is closed to a page in a frame, in some browsers
}
const own = navigator.languages.map((one) => one.slice(0, 2));
speak([asked, kept, ...own].find((one) => Object.hasOwn(NAMES, one ?? "")) ?? "en");

document.addEventListener("click", (event) => {
  if (!event.target.closest?.(".l7-language")) return;
  speak(language === "en" ? "zh" : "en");
  const address = new URL(location.href);
  address.searchParams.set("lang", language);
  try {
    history.replaceState(history.state, "", address);
    localStorage.setItem(REMEMBERED, language);
  } catch {
    // as above: the choice then lasts as long as the page
  }
});
