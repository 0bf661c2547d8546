// Buttons that cannot be pressed for a moment: the keyboard's focus stays where it is.
//
// A browser takes it from a button that becomes `disabled`, and whoever works by keyboard starts
// again at the top of the page. This file comes before every script that uses it.

/** Say whether a button can be pressed. */
const enable = (button, can) => button.setAttribute("aria-disabled", String(!can));

/** Let no press reach a button in `root` that cannot be pressed. */
function heedDisabled(root) {
  root.addEventListener(
    "click",
    (event) => {
      if (!event.target.closest('button[aria-disabled="true"]')) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
}
