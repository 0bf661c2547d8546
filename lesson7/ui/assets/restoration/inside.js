// Look inside: what each loss sees of the lab's photograph, and how the recipes learnt.

function createInside(root, { desk, lab }) {
  const find = (selector) => root.querySelector(selector);
  const NAMES = { degraded: "damaged", restored: "restored", target: "the truth" };
  let done = ""; // what is shown
  let wanted = "";

  function words(text) {
    find(".rs-sights-empty").textContent = text;
    find(".rs-sights-empty").hidden = !text;
  }

  function refresh() {
    if (!root.open) return;
    const question = lab.question();
    const key = JSON.stringify(question);
    wanted = key;
    if (key === done || !question.recipe) return;
    desk.ask("sights", question, (reply) => show(reply, key), () => words("No answer came back."));
  }

  function show(reply, key) {
    if (key !== wanted) return; // another recipe, or other damage, by now
    words(reply.error ?? reply.broken ?? "");
    if (!reply.sights) return;
    done = key;
    find(".rs-sights").replaceChildren(...reply.sights.map(row));
  }

  function row({ title, sentence, maps }) {
    const item = document.createElement("li");
    const text = document.createElement("div");
    text.innerHTML = "<h3></h3><p class='l7-quiet'></p>";
    text.querySelector("h3").textContent = title;
    text.querySelector("p").textContent = sentence;
    const pictures = document.createElement("div");
    pictures.className = "rs-maps";
    for (const { name, url, words } of maps) {
      const figure = document.createElement("figure");
      figure.innerHTML = "<img><figcaption><strong></strong><span></span></figcaption>";
      figure.querySelector("img").src = url;
      figure.querySelector("img").alt = `${title}, ${NAMES[name]}`;
      figure.querySelector("strong").textContent = NAMES[name];
      figure.querySelector("span").textContent = words;
      pictures.append(figure);
    }
    item.append(text, pictures);
    return item;
  }

  root.addEventListener("toggle", refresh);
  lab.onChange(refresh);
  if (find(".rs-story")) createStory(find(".rs-story"), { desk, details: root });
  return { refresh };
}

/** The training story: moments of each recipe's training, by a slider. */
function createStory(root, { desk, details }) {
  const [image, at] = [root.querySelector("img"), root.querySelector("input")];
  const buttons = [...root.querySelectorAll("button")];
  let story = null; // recipe -> [{url, label}]
  let recipe = buttons[0].dataset.recipe;

  function paint() {
    const moments = story[recipe];
    at.max = moments.length - 1;
    const { url, label } = moments[Math.min(at.value, moments.length - 1)];
    image.src = url;
    const { textContent: name } = buttons.find((one) => one.dataset.recipe === recipe);
    image.alt = `Restored by ${name}, ${label}`;
    image.hidden = false;
    at.setAttribute("aria-valuetext", label);
    root.querySelector(".rs-story-label").textContent = label;
    for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.recipe === recipe));
  }

  details.addEventListener("toggle", () => {
    if (story || !details.open) return;
    const missing = () => (root.querySelector(".rs-story-label").textContent = "The pictures did not come.");
    desk.ask("story", {}, (reply) => {
      story = reply.story;
      at.max = Math.max(...Object.values(story).map((moments) => moments.length - 1));
      at.value = at.max;
      paint();
    }, missing);
  });
  at.addEventListener("input", () => story && paint());
  for (const one of buttons) {
    one.addEventListener("click", () => {
      recipe = one.dataset.recipe;
      if (story) paint();
    });
  }
}
