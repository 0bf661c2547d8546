// Before and after in one place: a line to drag, zoom for both halves together.
//
// One finger or the mouse moves the line, and once the picture is larger than its frame, the
// picture; two fingers zoom, as do Ctrl and the wheel, a double click, and + - 0 1. On the
// line the arrow keys move it. All lengths are CSS pixels, `k` is how many of them a pixel
// of the result takes.

const FAR = 16; // the largest k
const FILL = 4; // the largest k that is chosen to fill the frame
const ZOOM = 1.5; // what a button does to k
const SQUARES = 3; // screen pixels per pixel from which on pixels are shown as squares
const SWEEP = [900, 500]; // ms for the line to cross the picture, and to come back to the middle

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

function createViewer(root, { calm }) {
  const find = (selector) => root.querySelector(selector);
  const [surface, handle, pan] = [find(".rs-surface"), find(".rs-handle"), find(".rs-pan")];
  const [before, after] = [find(".rs-before"), find(".rs-after")];
  const size = { width: 1, height: 1 };
  const at = { x: 0, y: 0, k: 1, fitted: true, split: 0.5 };
  const pointers = new Map();
  let moving = null; // "line", "picture" or "zoom"
  let sweeping = 0;
  let shown = 0; // which result was asked for last: a large one is decoded slowly

  const frame = () => [surface.clientWidth, surface.clientHeight];
  const real = () => 1 / (window.devicePixelRatio || 1);
  const fitting = () => {
    const [width, height] = frame();
    return Math.min(width / size.width, height / size.height, FILL);
  };
  const isZoomed = () => at.k > fitting() * 1.001;

  /** Where the picture can be seen: left and right, top and bottom. */
  function visible() {
    const [width, height] = frame();
    return {
      left: Math.max(0, at.x),
      right: Math.min(width, at.x + size.width * at.k),
      top: Math.max(0, at.y),
      bottom: Math.min(height, at.y + size.height * at.k),
    };
  }

  function settle() {
    const [width, height] = frame();
    const [wide, high] = [size.width * at.k, size.height * at.k];
    at.x = wide <= width ? (width - wide) / 2 : clamp(at.x, width - wide, 0);
    at.y = high <= height ? (height - high) / 2 : clamp(at.y, height - high, 0);
  }

  function paint() {
    if (!surface.clientWidth) return;
    if (at.fitted) at.k = fitting();
    settle();
    const squares = at.k / real() >= SQUARES;
    for (const image of [before, after]) {
      image.style.width = `${size.width * at.k}px`;
      image.style.height = `${size.height * at.k}px`;
      image.style.transform = `translate(${at.x}px, ${at.y}px)`;
      image.style.imageRendering = squares ? "pixelated" : "auto";
    }
    const { left, right, top, bottom } = visible();
    surface.style.setProperty("--at", `${left + at.split * (right - left)}px`);
    surface.style.setProperty("--left", `${left}px`);
    surface.style.setProperty("--right", `${frame()[0] - right}px`);
    surface.style.setProperty("--top", `${top}px`);
    surface.style.setProperty("--bottom", `${frame()[1] - bottom}px`);
    const percent = Math.round(100 * at.split);
    handle.setAttribute("aria-valuenow", percent);
    handle.setAttribute(
      "aria-valuetext",
      `Line at ${percent} percent: damaged to the left of it, restored to the right`,
    );
    const zoomed = isZoomed();
    root.classList.toggle("is-zoomed", zoomed);
    root.classList.toggle("names-before", (right - left) * at.split > 90);
    root.classList.toggle("names-after", (right - left) * (1 - at.split) > 90);
    if (zoomed) pan.setAttribute("tabindex", "0");
    else {
      if (document.activeElement === pan) handle.focus({ preventScroll: true });
      pan.removeAttribute("tabindex");
    }
    find(".rs-zoom").textContent = `${Math.round((100 * at.k) / real())} %`;
    enable(find(".rs-in"), at.k < FAR);
    enable(find(".rs-out"), at.k > Math.min(fitting(), real()) * 1.001);
  }

  function moveLine(split) {
    cancelAnimationFrame(sweeping);
    at.split = clamp(split, 0, 1);
    paint();
  }

  function lineTo(x) {
    const { left, right } = visible();
    moveLine((x - left) / Math.max(1, right - left));
  }

  /** Zoom so that what is at (x, y) stays there; by default the middle. */
  function zoomTo(k, x = frame()[0] / 2, y = frame()[1] / 2) {
    const least = Math.min(fitting(), real());
    const next = clamp(k, least, FAR);
    at.x = x - ((x - at.x) * next) / at.k;
    at.y = y - ((y - at.y) * next) / at.k;
    at.k = next;
    at.fitted = Math.abs(next - fitting()) < 1e-6;
    paint();
  }

  function fit() {
    at.fitted = true;
    paint();
  }

  /** Let the line cross the picture once: what it leaves behind is restored. */
  function sweep() {
    cancelAnimationFrame(sweeping);
    if (calm.matches) return moveLine(0.5);
    const start = performance.now();
    const ease = (share) => (1 - Math.cos(Math.PI * clamp(share, 0, 1))) / 2;
    const step = (now) => {
      const over = now - start;
      at.split = 1 - 0.95 * ease(over / SWEEP[0]) + 0.45 * ease((over - SWEEP[0]) / SWEEP[1]);
      paint();
      if (over < SWEEP[0] + SWEEP[1]) sweeping = requestAnimationFrame(step);
    };
    step(start);
  }

  // ---- mouse, fingers, wheel

  const place = (event) => {
    const box = surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  function pinch() {
    const [one, other] = [...pointers.values()];
    return {
      apart: Math.max(1, Math.hypot(one.x - other.x, one.y - other.y)),
      x: (one.x + other.x) / 2,
      y: (one.y + other.y) / 2,
    };
  }

  surface.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    const onLine = event.target.closest(".rs-handle");
    surface.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    if (pointers.size === 2) moving = "zoom";
    else moving = onLine || !isZoomed() ? "line" : "picture";
    if (moving === "line") {
      handle.focus({ preventScroll: true, focusVisible: false });
      if (event.pointerType === "mouse") lineTo(place(event).x);
    }
    event.preventDefault();
  });
  surface.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const now = place(event);
    if (moving === "zoom" && pointers.size === 2) {
      const from = pinch();
      pointers.set(event.pointerId, now);
      const to = pinch();
      at.x += to.x - from.x;
      at.y += to.y - from.y;
      zoomTo((at.k * to.apart) / from.apart, to.x, to.y);
      return;
    }
    pointers.set(event.pointerId, now);
    if (moving === "line") lineTo(now.x);
    if (moving === "picture") {
      at.x += now.x - last.x;
      at.y += now.y - last.y;
      paint();
    }
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    surface.addEventListener(kind, (event) => {
      pointers.delete(event.pointerId);
      moving = null;
    });
  }
  surface.addEventListener("dblclick", (event) => {
    const { x, y } = place(event);
    if (isZoomed()) fit();
    else zoomTo(Math.max(2 * fitting(), real()), x, y);
  });
  surface.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // or the page could not be scrolled
      event.preventDefault();
      const { x, y } = place(event);
      zoomTo(at.k * Math.exp(-event.deltaY / 240), x, y);
    },
    { passive: false },
  );

  // ---- keys and buttons

  const LINE = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10 };
  handle.addEventListener("keydown", (event) => {
    const percent = Math.round(100 * at.split);
    if (event.key in LINE) moveLine((percent + LINE[event.key] * (event.shiftKey ? 5 : 1)) / 100);
    else if (event.key === "Home") moveLine(0);
    else if (event.key === "End") moveLine(1);
    else return;
    event.preventDefault();
  });
  const PAN = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  pan.addEventListener("keydown", (event) => {
    if (!(event.key in PAN)) return;
    const step = event.shiftKey ? 200 : 50;
    at.x += PAN[event.key][0] * step;
    at.y += PAN[event.key][1] * step;
    paint();
    event.preventDefault();
  });
  const ZOOMS = {
    "+": () => zoomTo(at.k * ZOOM),
    "=": () => zoomTo(at.k * ZOOM),
    "-": () => zoomTo(at.k / ZOOM),
    0: fit,
    1: () => zoomTo(real()),
  };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in ZOOMS)) return;
    ZOOMS[event.key]();
    event.preventDefault();
  });
  const buttons = { ".rs-in": "+", ".rs-out": "-", ".rs-fit": "0", ".rs-real": "1" };
  for (const [button, key] of Object.entries(buttons)) {
    find(button).addEventListener("click", ZOOMS[key]);
  }
  new ResizeObserver(paint).observe(surface);

  /** The size that both halves are drawn at: the result's. */
  function resize(width, height) {
    if (size.width === width && size.height === height) return;
    const share = width / size.width;
    Object.assign(size, { width, height });
    at.k /= share;
    paint();
  }

  return {
    /** Show a picture that is not restored yet, all of it. */
    showBefore(url, width, height) {
      shown += 1;
      before.src = url;
      after.removeAttribute("src");
      Object.assign(size, { width, height });
      at.fitted = true;
      root.classList.remove("has-after");
      moveLine(0.5);
    },
    /** Show what became of it; `fresh` if no other result of this picture was shown before.
        Throws if it cannot be loaded. */
    async showAfter(url, width, height, fresh) {
      const mine = ++shown;
      const decoded = new Image();
      decoded.src = url;
      const there = before.decode().catch(() => {}); // or another has taken its place
      await Promise.all([decoded.decode(), there]);
      if (mine !== shown) return;
      after.src = url;
      resize(width, height);
      root.classList.add("has-after");
      if (fresh) sweep();
      else paint();
    },
    /** How much of the result is seen over the damaged picture, 0 to 1. */
    fade(amount) {
      after.style.opacity = amount;
    },
    fit,
  };
}
