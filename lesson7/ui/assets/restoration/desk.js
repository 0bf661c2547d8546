// One question to the server at a time, each kind's latest only; replies find their question.
//
// Gradio hands over one value per component: two replies at once would be one. The first of
// KINDS is asked first; a running restoration is halted for a newer one, all else is awaited.

const KINDS = ["ask", "spoil", "crops", "sights", "story"];
const LOST = 180000; // ms without a word after which no reply is awaited any more
const REFUSED = 2000; // the same after some question failed: which one, Gradio does not say

/** `onWait(kind, words)` is called while others are before a question; at its turn, with "". */
function createDesk(trigger, onWait) {
  const waiting = new Map(); // kind -> {question, onReply, onLost}
  let current = null;
  let id = 0;
  let timer = 0;

  function next() {
    if (current) return;
    const kind = KINDS.find((one) => waiting.has(one));
    if (!kind) return;
    current = { kind, id: ++id, ...waiting.get(kind) };
    waiting.delete(kind);
    timer = setTimeout(lost, LOST);
    trigger(kind, { id, ...current.question });
  }

  function finish() {
    clearTimeout(timer);
    current = null;
  }

  /** Give up the restoration that is under way; the server stops at its next tile. */
  function halt() {
    if (current?.kind !== "ask") return;
    trigger("halt", { id: current.id });
    finish();
  }

  function lost() {
    if (!current) return;
    const { onLost } = current;
    finish();
    onLost();
    next();
  }

  return {
    /** Some question failed: the one that is out, unless there is word of it soon. */
    failed() {
      if (!current) return;
      clearTimeout(timer);
      timer = setTimeout(lost, REFUSED);
    },
    ask(kind, question, onReply, onLost) {
      waiting.set(kind, { question, onReply, onLost });
      if (kind === "ask") halt();
      next();
    },
    /** Forget the restoration that is under way or waits. */
    cancel() {
      waiting.delete("ask");
      halt();
      next();
    },
    receive(reply) {
      if (!current || reply.id !== current.id) return; // to a question that was given up
      const { kind, onReply } = current;
      clearTimeout(timer);
      if (reply.wait || current.waited) onWait(kind, reply.wait ?? "");
      current.waited = Boolean(reply.wait);
      if (reply.wait) {
        timer = setTimeout(lost, LOST);
        return;
      }
      if (reply.done === false) timer = setTimeout(lost, LOST);
      else finish();
      onReply(reply);
      next();
    },
  };
}
