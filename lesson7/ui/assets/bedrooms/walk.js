// Plays a walk: frames come in pictures of one row each, and are drawn one after the other.

/** `calm`: whether a visitor would rather not have things move by themselves. */
function createPlayer(root, { calm }) {
  const find = (selector) => root.querySelector(selector);
  const canvas = find("canvas");
  const pen = canvas.getContext("2d");
  const scrub = find(".br-scrub");
  const button = find(".br-play");
  let film = null; // {rows, frames, columns, size, fps}
  let started = 0; // when the first frame would have been shown, in ms; 0 while it stands still
  let going = 0; // the next frame's request

  function draw(frame) {
    const { rows, columns, size } = film;
    const [row, x] = [rows[Math.floor(frame / columns)], (frame % columns) * size];
    pen.imageSmoothingQuality = "high";
    pen.drawImage(row, x, 0, size, size, 0, 0, canvas.width, canvas.height);
    scrub.value = frame;
    scrub.setAttribute("aria-valuetext", `frame ${frame + 1} of ${film.frames}`);
  }

  function go() {
    if (!started || !root.isConnected) return;
    going = requestAnimationFrame(go);
    if (!root.offsetParent) return; // in another tab nothing need be drawn
    const frame = Math.floor(((performance.now() - started) / 1000) * film.fps) % film.frames;
    if (frame !== Number(scrub.value)) draw(frame);
  }

  function play(plays) {
    started = plays ? performance.now() - (1000 * Number(scrub.value)) / film.fps : 0;
    button.classList.toggle("is-playing", plays);
    button.setAttribute("aria-label", plays ? "Pause" : "Play");
    cancelAnimationFrame(going);
    if (plays) going = requestAnimationFrame(go);
  }

  async function show(reply) {
    const rows = reply.film.map((src) => Object.assign(new Image(), { src }));
    await Promise.all(rows.map((row) => row.decode()));
    started = 0;
    film = { ...reply, rows };
    scrub.max = film.frames - 1;
    root.hidden = false;
    draw(0);
    play(!calm);
  }

  scrub.addEventListener("input", () => {
    const frame = Number(scrub.value);
    play(false);
    draw(frame);
  });
  button.addEventListener("click", () => play(!started));
  return { show, hide: () => ((started = 0), (root.hidden = true)) };
}
