// The line that says how fresh the figures are. While something is being added up it asks again,
// and when that is done it renews the page in place: what is focused, open, typed or scrolled stays.

import { Idiomorph } from 'idiomorph';

const PAUSES = [1000, 2000, 5000]; // ms; the last one repeats
const LIMIT = 3 * 60 * 1000; // ms of asking, then it is left to the reader
const HEADERS = { 'HX-Request': 'true' }; // without a session: 401, no sign-in page

follow();

function follow() {
  const line = document.querySelector('[data-fresh]');
  if (line) ask(line, 0, Date.now());
}

async function ask(line, turn, since) {
  await new Promise((go) => setTimeout(go, PAUSES[Math.min(turn, PAUSES.length - 1)]));
  if (document.hidden) await shown();
  const address = line.dataset.fresh;
  const state = await status(address);
  if (!line.isConnected || line.dataset.fresh !== address) return;
  if (state === 200) renew(line);
  else if ((state === 204 || state === 0 || state >= 500) && Date.now() - since < LIMIT) {
    ask(line, turn + 1, since);
  } else giveUp(line);
}

/** The answer's status; 0 while the network is away. */
async function status(address) {
  try {
    return (await fetch(address, { headers: HEADERS, cache: 'no-store' })).status;
  } catch {
    return 0;
  }
}

function shown() {
  return new Promise((go) => {
    document.addEventListener('visibilitychange', go, { once: true });
  });
}

async function renew(line) {
  const page = await pageAnew();
  const now = document.getElementById('noidung');
  if (!page) {
    giveUp(line);
    return;
  }
  const held = document.activeElement;
  const target = held?.getAttribute('href');
  Idiomorph.morph(now, page, KEEPING);
  // The row that was focused may stand elsewhere now.
  if (target && document.activeElement?.getAttribute('href') !== target) {
    now.querySelector(`a[href="${CSS.escape(target)}"]`)?.focus({ preventScroll: true });
  }
  document.dispatchEvent(new CustomEvent('fresh:renewed'));
  if (document.querySelector('[data-fresh]')) follow();
  else announce();
}

/** The main part of this very page as it is now; null when it cannot be had. */
async function pageAnew() {
  try {
    const answer = await fetch(window.location.href, { cache: 'no-store' });
    if (!answer.ok || answer.redirected) return null;
    const read = new DOMParser().parseFromString(await answer.text(), 'text/html');
    return read.getElementById('noidung');
  } catch {
    return null;
  }
}

function announce() {
  const line = document.getElementById('do-moi');
  say(`${line.dataset.updated} ${line.querySelector('b').textContent}`);
  line.classList.add('renewed');
}

function giveUp(line) {
  say(line.dataset.gaveUp);
  line.querySelector('.again')?.classList.add('btn', 's');
  delete line.dataset.fresh;
}

function say(words) {
  document.getElementById('do-moi-bao').textContent = words;
}

// -- what stays as the reader has it -----------------------------------------------------------

const READERS_OWN = { DETAILS: ['open'], INPUT: ['value', 'checked'] };
const DRAWN = '.trend'; // by charts.js, which draws the new one

const KEEPING = {
  ignoreActiveValue: true,
  callbacks: {
    beforeAttributeUpdated: (name, node) => !READERS_OWN[node.nodeName]?.includes(name),
    beforeNodeMorphed(old, fresh) {
      if (!old.matches?.(DRAWN)) return true;
      old.replaceWith(fresh.cloneNode(true));
      return false;
    },
  },
};
