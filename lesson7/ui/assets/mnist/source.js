// Pictures from elsewhere on their way to the pad: files, photographs, examples, what is pasted
// and what is dropped. This file comes between pad.js and digits.js.

const LARGEST = 7e6; // bytes of a file that the browser cannot shrink
const LONGEST = 800; // pixels: larger pictures are shrunk before they are sent

const readAsUrl = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

const isPicture = (item) => item.kind === "file" && item.type.startsWith("image/");

/** A file as the pad takes it: `[bitmap, url]`. What the browser cannot decode is left to the
    server. Throws, with words, if it is too large for that, or cannot be read at all. */
async function asPicture(file) {
  let bitmap = null;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    if (file.size > LARGEST) throw new Error("This file is too large: at most 7 MB.");
    try {
      return [null, await readAsUrl(file)];
    } catch {
      throw new Error("This file cannot be read. Please choose a picture.");
    }
  }
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const copy = document.createElement("canvas");
  copy.width = Math.max(1, Math.round(bitmap.width * scale));
  copy.height = Math.max(1, Math.round(bitmap.height * scale));
  copy.getContext("2d").drawImage(bitmap, 0, 0, copy.width, copy.height);
  return [copy, copy.toDataURL("image/png")];
}

/** Let `root`, the tab's section, take pictures in for `pad`; `refuse(words)` says why not. */
function takePictures(root, pad, refuse) {
  const find = (selector) => root.querySelector(selector);
  let latest = 0; // choice: an older one that is read slowly is not wanted any more

  /** A new choice; returns whether it is still the one that is wanted. */
  function choose() {
    const [mine, before] = [++latest, pad.changes()];
    return () => mine === latest && pad.changes() === before;
  }

  /** Show a file and have it read, unless something else is on the pad by then. */
  async function takeFile(file) {
    const isWanted = choose();
    try {
      const picture = await asPicture(file);
      if (isWanted()) pad.showPicture(...picture);
    } catch (error) {
      if (isWanted()) refuse(error.message);
    }
  }

  for (const [button, input] of [[".pad-upload", ".pad-file"], [".pad-photo", ".pad-camera"]]) {
    find(button).addEventListener("click", () => find(input).click());
    find(input).addEventListener("change", () => {
      const [file] = find(input).files;
      find(input).value = ""; // so that the same file can be chosen again
      if (file) takeFile(file);
    });
  }

  for (const example of root.querySelectorAll(".pad-examples button")) {
    const image = example.querySelector("img");
    example.addEventListener("click", async () => {
      const isWanted = choose();
      await image.decode();
      if (!isWanted()) return;
      const copy = document.createElement("canvas");
      [copy.width, copy.height] = [image.naturalWidth, image.naturalHeight];
      copy.getContext("2d").drawImage(image, 0, 0);
      pad.showPicture(copy, image.src);
    });
  }

  const onPage = () => root.isConnected && root.offsetParent !== null; // the tab is open
  document.addEventListener("paste", (event) => {
    const item = [...(event.clipboardData?.items ?? [])].find(isPicture);
    if (!item || !onPage()) return;
    event.preventDefault();
    takeFile(item.getAsFile());
  });

  const frame = find(".pad");
  frame.addEventListener("dragover", (event) => {
    event.preventDefault();
    frame.classList.add("is-target");
  });
  frame.addEventListener("dragleave", () => frame.classList.remove("is-target"));
  frame.addEventListener("drop", (event) => {
    event.preventDefault();
    frame.classList.remove("is-target");
    const [file] = event.dataTransfer.files;
    if (file) takeFile(file);
  });
}
