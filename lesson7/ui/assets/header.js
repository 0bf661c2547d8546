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

const isDark = () => document.body.classList.contains("dark");
let chosen = new URLSearchParams(location.search).get("__theme") ? null : remembered();
show(chosen ? chosen === "dark" : isDark());

// The system may turn dark at sunset, and Gradio with it.
new MutationObserver(() => {
  if (chosen && isDark() !== (chosen === "dark")) show(chosen === "dark");
  else button.setAttribute("aria-pressed", String(isDark()));
}).observe(document.body, { attributeFilter: ["class"] });

button.addEventListener("click", () => {
  const dark = !isDark();
  chosen = dark ? "dark" : "light";
  show(dark);
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // as above: the choice then lasts as long as the page
  }
});

// ---- the link to what is on the page: every tab keeps its choices in the address

const link = element.querySelector(".l7-link");
const copied = element.querySelector(".l7-copied");

let copying = 0; // the timer that takes the words away again

link.addEventListener("click", async () => {
  const address = linkTo(location.href);
  clearTimeout(copying);
  try {
    await navigator.clipboard.writeText(address);
    copied.textContent = "The link is copied.";
    copying = setTimeout(() => copied.replaceChildren(), 6000);
  } catch {
    copied.textContent = "The browser does not let this page copy. Here is the link:";
    const field = document.createElement("input");
    Object.assign(field, { value: address, readOnly: true });
    field.setAttribute("aria-label", "The link");
    copied.append(field);
    field.select();
    field.addEventListener("blur", () => copied.replaceChildren());
  }
});
