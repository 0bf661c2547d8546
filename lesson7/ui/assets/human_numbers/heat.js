// What is inside, as a heat map: a column per word, a row per number that the network holds.

const COLUMNS = 80; // the last words
const POINTER = "A column is a word that the network chose, a row a place before it, the nearest " +
  "at the bottom. Bright is where it pointed and copied from: the word at the same place of the " +
  "number before. Dark columns are words that it knew by itself.";
const STATE = "A column is a word, a row one of the 64 numbers of the hidden state when the next " +
  "word was chosen: teal above zero, orange below. Rows that change slowly remember; stripes that " +
  "come back with every number are where the network is within a number.";

/** A colour of the theme as [red, green, blue]. */
function themeColour(node, name) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.fillStyle = getComputedStyle(node).getPropertyValue(name).trim();
  return [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16));
}

function createHeat(details) {
  const canvas = details.querySelector("canvas");
  const says = details.querySelector(".hn-inside-says");
  let shown = [];

  function paint() {
    if (!details.open || shown.length === 0) return;
    const rows = shown[0].inside.length;
    const colours = { up: themeColour(canvas, "--l7-for"), down: themeColour(canvas, "--l7-against") };
    canvas.width = shown.length;
    canvas.height = rows;
    canvas.style.aspectRatio = `${Math.max(shown.length, 24)} / ${rows}`;
    const context = canvas.getContext("2d");
    const image = context.createImageData(shown.length, rows);
    shown.forEach((one, x) => {
      one.inside.forEach((byte, y) => {
        const value = (byte - 127.5) / 127.5;
        const colour = value > 0 ? colours.up : colours.down;
        const strength = Math.sqrt(Math.abs(value) < 0.01 ? 0 : Math.abs(value));
        const at = 4 * (y * shown.length + x);
        image.data.set([...colour.map((part) => part * strength), 255], at);
      });
    });
    context.putImageData(image, 0, 0);
    says.textContent = rows < 40 ? POINTER : STATE;
    const words = textOf(shown.slice(-6));
    canvas.setAttribute("aria-label", `Heat map of the last ${shown.length} words, up to “${words}”`);
  }

  details.addEventListener("toggle", paint);
  return {
    show(words) {
      shown = words.filter((one) => one.inside).slice(-COLUMNS);
      paint();
    },
    paint,
  };
}
