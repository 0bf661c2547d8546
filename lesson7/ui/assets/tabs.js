// The row of tabs: a link may name one, the address follows, and the arrow keys go along it.

const TABS = '#tabs [role="tablist"] [role="tab"]';
const tabs = () => [...document.querySelectorAll(TABS)];
const nameOf = (tab) => tab.dataset.tabId;

// A link may name a tab: ?tab=human-numbers. It is there a moment after this script runs.
const wanted = fromAddress("tab");

function openWanted() {
  const named = tabs().find((tab) => nameOf(tab) === wanted);
  named?.click();
  return Boolean(named);
}

if (wanted && !openWanted()) {
  const waiting = new MutationObserver(() => openWanted() && waiting.disconnect());
  waiting.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => waiting.disconnect(), 10000); // there is no such tab
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest?.(TABS);
  if (tab) toAddress({ tab: tab === tabs()[0] ? "" : nameOf(tab) });
});

document.addEventListener("keydown", (event) => {
  const all = tabs();
  const at = all.indexOf(event.target);
  if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const tab = all[(to + all.length) % all.length];
  tab.focus();
  tab.click();
});
