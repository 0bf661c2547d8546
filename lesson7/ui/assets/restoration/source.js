// Where photographs come from: a file, a drop, the clipboard, the camera, an example.
//
// `onStart()` is called as soon as one is chosen, and `onPicture({blob, url, name, width, height,
// note, unsure})` when it is read; `url` is null where the browser cannot show the file, and the
// server has to; `unsure` where what the browser shows may not be what the server reads.
// `onRefused(words)` instead, if it is too large to be sent and cannot be made smaller here.

const READABLE = /^image\/(png|jpeg|webp|bmp|gif|avif|tiff)$/;
const MOST_BYTES = 9.9e6; // of an upload
const MOST_PIXELS = 4096 * 3072;
const MOST_SIDE = 8192;

const SMALLER = "Made smaller first: 12 million pixels are the most.";
const TOO_LARGE =
  "The file is larger than 10 MB. Please save the picture smaller, or as JPEG, and try again.";
const LOSSY = "Compressed first, which costs a little detail: 10 MB are the most.";

// GIF, WebP, AVIF and animated PNG: browsers play what moves, and do not turn every WebP upright.
const UNSURE = /^(GIF8|RIFF.{4}WEBP|.{4}ftypavi|.PNG.*acTL)/s;

/** A copy of at most the server's size; if PNG is too large for it, with a loss: WebP, which
    keeps what is transparent, or from browsers that write none, JPEG on white. */
async function shrunk(bitmap) {
  const { width, height } = bitmap;
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)), MOST_SIDE / Math.max(width, height));
  const copy = document.createElement("canvas");
  copy.width = Math.max(1, Math.floor(width * scale));
  copy.height = Math.max(1, Math.floor(height * scale));
  const pen = copy.getContext("2d");
  pen.drawImage(bitmap, 0, 0, copy.width, copy.height);
  const encoded = (type, quality) => new Promise((done) => copy.toBlob(done, type, quality));
  const png = await encoded("image/png");
  if (png && png.size < MOST_BYTES) return png;
  const webp = await encoded("image/webp", 0.93);
  if (webp?.type === "image/webp") return webp;
  pen.globalCompositeOperation = "destination-over";
  pen.fillStyle = "white";
  pen.fillRect(0, 0, copy.width, copy.height);
  return encoded("image/jpeg", 0.93);
}

/** Whether the browser may show something else than the server reads; by what is inside. */
async function isUnsure(file) {
  const head = await file.slice(0, 65536).arrayBuffer();
  return UNSURE.test(new TextDecoder("latin1").decode(head));
}

/** A file as `onPicture` gets it. */
async function asPicture(file) {
  const name = (file.name ?? "").replace(/\.[^.]*$/, "") || "photograph";
  try {
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    const large = width * height > MOST_PIXELS || Math.max(width, height) > MOST_SIDE;
    let [blob, note, unsure] = [file, "", false];
    if (large || file.size > MOST_BYTES || !READABLE.test(file.type)) {
      blob = await shrunk(bitmap);
      const notes = [large && SMALLER, blob.type !== "image/png" && LOSSY];
      note = notes.filter(Boolean).join(" ");
    } else unsure = await isUnsure(file);
    bitmap.close();
    const small = large ? await createImageBitmap(blob) : { width, height };
    const url = URL.createObjectURL(blob);
    return { blob, url, name, width: small.width, height: small.height, note, unsure };
  } catch {
    if (file.size > MOST_BYTES) return { refused: TOO_LARGE };
    return { blob: file, url: null, name, width: 0, height: 0, note: "" };
  }
}

function createSource(root, { onStart, onPicture, onRefused, onWords, isOpen }) {
  const find = (selector) => root.querySelector(selector);
  const stage = find(".rs-stage");
  const camera = find(".rs-camera");
  const video = camera.querySelector("video");
  let stream = null;
  let opened = 0; // how often the camera was asked for, or given up
  let latest = 0; // choice: an older one that is read slowly is not wanted any more

  async function take(file, extra = {}) {
    closeCamera();
    const mine = ++latest;
    onStart();
    const one = await asPicture(file);
    if (mine === latest) {
      if (one.refused) onRefused(one.refused);
      else onPicture({ ...one, ...extra });
    } else if (one.url) URL.revokeObjectURL(one.url);
  }

  find(".rs-upload").addEventListener("click", () => find(".rs-file").click());
  for (const input of [".rs-file", ".rs-capture"]) {
    find(input).addEventListener("change", () => {
      const [file] = find(input).files;
      find(input).value = ""; // so that the same file can be chosen again
      if (file) take(file);
    });
  }

  for (const example of root.querySelectorAll(".rs-examples button")) {
    example.addEventListener("click", () => {
      const [, base64] = example.querySelector("img").src.split(",");
      const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
      const { name, scale } = example.dataset;
      take(new File([bytes], `${name}.jpg`, { type: "image/jpeg" }), {
        scale: Number(scale),
        example: name,
      });
    });
  }

  // ---- drop and paste

  const isPicture = (item) => item.kind === "file" && item.type.startsWith("image/");
  document.addEventListener("paste", (event) => {
    const item = [...(event.clipboardData?.items ?? [])].find(isPicture);
    if (!item || !isOpen()) return;
    event.preventDefault();
    take(item.getAsFile());
  });
  stage.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    stage.classList.add("is-target");
  });
  stage.addEventListener("dragleave", (event) => {
    if (!stage.contains(event.relatedTarget)) stage.classList.remove("is-target");
  });
  stage.addEventListener("drop", (event) => {
    event.preventDefault();
    stage.classList.remove("is-target");
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });

  // ---- the camera: a phone's own, elsewhere here in the stage

  const stopTracks = (one) => one?.getTracks().forEach((track) => track.stop());

  function closeCamera() {
    opened += 1;
    stopTracks(stream);
    stream = null;
    camera.hidden = true;
  }

  async function openCamera() {
    if (matchMedia("(pointer: coarse)").matches || !navigator.mediaDevices) {
      find(".rs-capture").click();
      return;
    }
    closeCamera();
    const mine = opened;
    let found;
    try {
      found = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } },
      });
    } catch {
      if (mine !== opened) return;
      onWords("The camera cannot be used. Please allow it for this page, or upload a photograph.");
      return;
    }
    if (mine !== opened || !isOpen()) return stopTracks(found); // the visitor has gone on meanwhile
    stream = found;
    camera.hidden = false;
    video.srcObject = stream;
    find(".rs-shoot").focus();
  }

  // Nobody is filmed who cannot see it: another tab closes the camera.
  new IntersectionObserver(() => !isOpen() && stream && closeCamera()).observe(stage);
  find(".rs-photo").addEventListener("click", openCamera);
  find(".rs-close").addEventListener("click", () => {
    closeCamera();
    find(".rs-photo").focus();
  });
  find(".rs-shoot").addEventListener("click", () => {
    if (!video.videoWidth) return; // no picture has come yet
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [video.videoWidth, video.videoHeight];
    copy.getContext("2d").drawImage(video, 0, 0);
    copy.toBlob((blob) => take(new File([blob], "camera.png", { type: "image/png" })), "image/png");
  });

  /** What is being read is not wanted any more. */
  return { forget: () => (latest += 1) };
}
