// The drawing pad: strokes by mouse, finger, pen or keyboard, or one picture, on a canvas.
//
// What is drawn is kept as strokes in a square of 280 units, so that it can be taken back,
// painted sharply on any screen in the theme's colours, and sent as black ink on white paper
// whatever the theme. This file is the beginning of digits.js.

const PAD = 280; // side of the pad, in its own units
const MARGIN = 4; // units of paper around what is sent: what touches the border is paper
const KEY_STEP = 10; // units per arrow key: 1/28 of the side, one pixel of what the network sees
const PAUSE = 500; // ms without a key after which the pen's place is told

function createPad(root, { onChange, onNote }) {
  const canvas = root.querySelector(".pad-canvas");
  const frame = root.querySelector(".pad");
  const brush = root.querySelector(".pad-brush input");
  const context = canvas.getContext("2d");
  const past = []; // earlier drawings, for undo

  let drawing = { strokes: [], picture: null };
  let stroke = null; // the one being drawn
  let pointer = null; // what draws it; null: the keys
  let changes = 0; // how often something else was drawn, or is about to be
  const keys = { shown: false, down: false, x: PAD / 2, y: PAD / 2, held: new Set(), timer: 0 };

  const isEmpty = () => !drawing.picture && drawing.strokes.length === 0;

  // ---- painting

  function paintStroke(target, { points, width }) {
    target.lineWidth = width;
    target.lineCap = target.lineJoin = "round";
    target.beginPath();
    target.moveTo(points[0].x, points[0].y);
    // Each point bends the line towards itself; the line passes through the middles.
    for (let i = 1; i < points.length - 1; i++) {
      const [a, b] = [points[i], points[i + 1]];
      target.quadraticCurveTo(a.x, a.y, (a.x + b.x) / 2, (a.y + b.y) / 2);
    }
    const last = points[points.length - 1];
    target.lineTo(last.x, last.y); // for a dot: a line of no length, round at both ends
    target.stroke();
  }

  function paintPicture(target, picture) {
    const scale = Math.min(PAD / picture.width, PAD / picture.height);
    const [w, h] = [picture.width * scale, picture.height * scale];
    target.drawImage(picture, (PAD - w) / 2, (PAD - h) / 2, w, h);
  }

  function paintPen(colours) {
    const radius = Number(brush.value) / 2;
    context.lineWidth = 2;
    context.strokeStyle = context.fillStyle = colours.getPropertyValue("--l7-accent");
    context.beginPath();
    context.arc(keys.x, keys.y, radius, 0, 2 * Math.PI);
    if (keys.down) context.fill();
    else context.stroke();
  }

  let painting = 0;
  function paint() {
    cancelAnimationFrame(painting);
    painting = requestAnimationFrame(() => {
      const colours = getComputedStyle(canvas);
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.scale(canvas.width / PAD, canvas.height / PAD);
      if (drawing.picture) paintPicture(context, drawing.picture.bitmap);
      context.strokeStyle = colours.getPropertyValue("--l7-ink");
      for (const one of drawing.strokes) paintStroke(context, one);
      if (keys.shown) paintPen(colours);
    });
  }

  function fit() {
    const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
    if (side && side !== canvas.width) canvas.width = canvas.height = side;
    paint();
  }

  // ---- changing what is drawn

  function remember() {
    past.push(drawing);
    if (past.length > 100) past.shift();
  }

  function changed(settled) {
    changes += 1;
    frame.classList.toggle("is-empty", isEmpty());
    paint();
    onChange({ settled, empty: isEmpty(), canUndo: past.length > 0 });
  }

  function begin(point) {
    remember();
    stroke = { points: [point], width: Number(brush.value) };
    // A picture is not drawn upon: the first stroke starts a new drawing.
    const kept = drawing.picture ? [] : drawing.strokes;
    drawing = { strokes: [...kept, stroke], picture: null };
  }

  function extend(point) {
    const last = stroke.points[stroke.points.length - 1];
    if (Math.hypot(point.x - last.x, point.y - last.y) >= 1) stroke.points.push(point);
  }

  function end() {
    if (!stroke) return;
    stroke = null;
    changed(true);
  }

  function undo() {
    if (!past.length) return;
    stroke = null;
    keys.down = false;
    drawing = past.pop();
    changed(true);
    onNote("Taken back.");
  }

  function clear() {
    if (isEmpty()) return;
    stroke = null;
    keys.down = false;
    remember();
    drawing = { strokes: [], picture: null };
    changed(true);
    onNote("Cleared.");
  }

  /** Put a picture on the pad: `bitmap` to show (null: nothing to show), `url` to send. */
  function showPicture(bitmap, url) {
    stroke = null;
    keys.down = false;
    remember();
    drawing = { strokes: [], picture: { bitmap: bitmap ?? new OffscreenCanvas(1, 1), url } };
    changed(true);
  }

  /** What is on the pad as a data URL: the picture as it came, or black strokes on white. */
  function toUrl() {
    if (drawing.picture) return drawing.picture.url;
    const paper = document.createElement("canvas");
    paper.width = paper.height = PAD + 2 * MARGIN;
    const ink = paper.getContext("2d");
    ink.fillStyle = "white";
    ink.fillRect(0, 0, paper.width, paper.height);
    ink.translate(MARGIN, MARGIN);
    ink.beginPath();
    ink.rect(0, 0, PAD, PAD); // what runs off the pad is not on it
    ink.clip();
    ink.strokeStyle = "black";
    for (const one of drawing.strokes) paintStroke(ink, one);
    return paper.toDataURL("image/png");
  }

  // ---- mouse, finger, pen

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * PAD,
      y: ((event.clientY - box.top) / box.height) * PAD,
    };
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    const other = pointer !== null && pointer !== event.pointerId;
    if (other && event.pointerType !== "pen") return; // a palm beside the pen
    if (other && stroke) drawing = past.pop(); // the palm was first: what it drew goes
    pointer = event.pointerId;
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    showKeys(false);
    begin(place(event));
    changed(false);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!stroke || keys.down || event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) extend(place(one));
    changed(false);
  });
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(kind, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      if (!keys.down) end();
    });
  }

  // ---- keyboard

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function showKeys(shown) {
    keys.shown = shown;
    if (!shown) keys.down = false;
    frame.classList.toggle("by-keyboard", shown);
    paint();
  }

  function lift() {
    keys.down = false;
    end();
  }

  function tellPlace() {
    const cell = (value) => Math.round((value / PAD) * 100);
    const pen = keys.down ? "Pen down" : "Pen up";
    onNote(`${pen}, ${cell(keys.x)} percent across, ${cell(keys.y)} percent down.`);
  }

  function move(small) {
    for (const key of keys.held) {
      const [dx, dy] = ARROWS[key];
      const step = small ? KEY_STEP / 4 : KEY_STEP;
      keys.x = Math.min(PAD, Math.max(0, keys.x + dx * step));
      keys.y = Math.min(PAD, Math.max(0, keys.y + dy * step));
    }
    if (keys.down) {
      extend({ x: keys.x, y: keys.y });
      changed(false);
    }
    clearTimeout(keys.timer);
    keys.timer = setTimeout(() => {
      tellPlace();
      if (keys.down) changed(true);
    }, PAUSE);
  }

  canvas.addEventListener("keydown", (event) => {
    if (event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "z") undo();
    else if (command) return;
    else if (event.key in ARROWS) {
      keys.held.add(event.key); // two arrows at once go diagonally
      move(event.shiftKey);
    } else if (event.key === " " || event.key === "Enter") {
      if (event.repeat) return;
      if (keys.down) lift();
      else {
        keys.down = true;
        begin({ x: keys.x, y: keys.y });
        changed(false);
      }
      onNote(keys.down ? "Pen down." : "Pen up.");
    } else if (event.key === "Delete" || event.key === "Backspace") clear();
    else return;
    event.preventDefault();
    showKeys(true);
  });
  canvas.addEventListener("keyup", (event) => keys.held.delete(event.key));
  canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && showKeys(true));
  canvas.addEventListener("blur", () => {
    keys.held.clear();
    clearTimeout(keys.timer);
    lift();
    showKeys(false);
  });

  new ResizeObserver(fit).observe(canvas);
  brush.addEventListener("input", paint);
  frame.classList.add("is-empty");
  fit();
  return { isEmpty, changes: () => changes, toUrl, undo, clear, showPicture, paint };
}
