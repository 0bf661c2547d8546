// The switch between light and dark. Gradio itself follows the system and ?__theme=; a choice
// made here wins over the system, and is remembered in this browser.
const KEY = "lesson7-theme";
const button = element.querySelector(".l7-theme");

function show(dark) {
  document.body.classList.toggle("dark", dark);
  button.setAttribute("aria-pressed", String(dark));
}

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is closed to a page in a frame, in some browsers
  }
}

const asked = new URLSearchParams(location.search).get("__theme");
const kept = remembered();
show(!asked && kept ? kept === "dark" : document.body.classList.contains("dark"));

// A link may name a tab: ?tab=human-numbers. It is there a moment after this script runs.
const wanted = new URLSearchParams(location.search).get("tab");

function openWanted() {
  const tabs = [...document.querySelectorAll('#tabs button[role="tab"]')];
  const named = tabs.find((tab) => tab.textContent.trim().toLowerCase().replaceAll(" ", "-") === wanted);
  named?.click();
  return Boolean(named);
}

if (wanted && !openWanted()) {
  const waiting = new MutationObserver(() => openWanted() && waiting.disconnect());
  waiting.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => waiting.disconnect(), 10000); // there is no such tab
}

button.addEventListener("click", () => {
  const dark = !document.body.classList.contains("dark");
  show(dark);
  try {
    localStorage.setItem(KEY, dark ? "dark" : "light");
  } catch {
    // as above: the choice then lasts as long as the page
  }
});
