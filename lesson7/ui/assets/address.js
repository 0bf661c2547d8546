// What a visitor has chosen, in the address of the page: a link to it brings the same again.
//
// This file is the beginning of every script that keeps something there. Each tab's parts
// begin with its name, and what is as usual is left out.

/** A part of the address; empty if it is not there. */
const fromAddress = (name) => new URLSearchParams(location.search).get(name) ?? "";

/** An address as a link for others: without the visitor's own pass to a private Space. */
function linkTo(address) {
  const link = new URL(address);
  if (link.searchParams.has("__sign")) link.searchParams.delete("__sign");
  return link.href;
}

/** Write parts, `{name: value}`, into the address; empty ones are taken out. Returns a link to it. */
function toAddress(parts) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(parts)) {
    if (value === "") address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  try {
    history.replaceState(history.state, "", address);
  } catch {
    // a page in a frame may not have an address of its own; the link still says it
  }
  return linkTo(address);
}

/** Choose the radio button that a part of the address names, if there is such a one. */
function chooseFromAddress(name, buttons) {
  const wanted = fromAddress(name);
  const named = [...buttons].find((one) => one.value === wanted && !one.disabled);
  if (named) named.checked = true;
}
