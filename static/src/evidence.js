// Files on the figures of a return. Without this script the links lead to a page of its own; with
// it that page opens in a dialog over the form, and photos are shrunk before they are sent.

import { drawing } from './entry/show.js';
import { Queue } from './evidence/queue.js';
import { panelIn, post, token } from './evidence/sending.js';

const dialog = document.getElementById('mc-dialog');
const holder = dialog?.querySelector('.mc-in');
const queues = new Map(); // address of a figure's page → Queue
const openers = new Map(); // the same address → the link in the grid that leads to it
let shown = ''; // the address in the dialog

// -- the dialog -----------------------------------------------------------------------------------

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a.mc');
  if (!link || !dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openers.set(link.href, link);
  holder.textContent = holder.dataset.loading;
  dialog.showModal();
  load(link.href);
});

dialog?.addEventListener('close', () => openers.get(shown)?.focus());

holder?.addEventListener('click', (event) => {
  const link = event.target.closest('#mc-told a.btn');
  if (!link) return;
  event.preventDefault();
  load(link.href);
});

holder?.addEventListener('submit', async (event) => {
  if (!event.target.matches('.mc-go')) return;
  event.preventDefault();
  const form = event.target;
  const answer = await post(form.action, new FormData(form), token(form), () => {});
  show(answer);
});

async function load(address) {
  [shown] = address.split('?');
  try {
    const answer = await fetch(address, { headers: { 'HX-Request': 'true' } });
    show({ status: answer.status, text: await answer.text() });
  } catch {
    show(null);
  }
}

/** Put the panel of an answer into the dialog, or say why there is none. */
function show(answer) {
  const panel = answer && panelIn(answer.text);
  if (!panel) {
    const line = document.createElement('p');
    line.setAttribute('role', 'alert');
    line.textContent = answer ? holder.dataset.refused : holder.dataset.unreachable;
    holder.replaceChildren(line);
    return;
  }
  holder.replaceChildren(panel);
  renewCell(panel, shown);
  enhance(panel, shown);
  (panel.querySelector('[autofocus]') || heading(panel)).focus();
}

function heading(panel) {
  const found = panel.querySelector('h2');
  found.tabIndex = -1;
  return found;
}

/** Let the grid show what was changed. */
function renewCell(panel, address) {
  const told = panel.querySelector('template.mc-cell')?.content.firstElementChild;
  const link = openers.get(address);
  if (!told || !link) return;
  const fresh = document.importNode(told, true);
  (link.closest('.mcs') || link).replaceWith(fresh);
  openers.set(address, fresh.matches('a.mc') ? fresh : fresh.querySelector('a.mc:last-of-type'));
}

// -- adding ---------------------------------------------------------------------------------------

/** The form of a panel sends each file by itself, and keeps what could not be sent. */
function enhance(panel, address) {
  const form = panel.querySelector('.mc-add');
  if (!form) return;
  const words = JSON.parse(panel.querySelector('#mc-words').textContent);
  for (const hint of form.querySelectorAll('[data-scripted]')) hint.hidden = false;
  const queue = queues.get(address) || new Queue(address, words);
  queues.set(address, queue);
  const said = form.querySelector('.mc-said');
  const { file, decision } = form.elements;
  queue.form = form;
  queue.onSay = (text, isSeenElsewhere = false) => {
    said.textContent = text;
    said.classList.toggle('vh', isSeenElsewhere);
  };
  queue.onChange = (item) => (item ? progress(form, queue, item) : list(form, queue));
  queue.onTaken = (fresh) => {
    fresh.querySelector('#mc-told .msgbox')?.remove(); // said below
    panel.querySelector('#mc-told').replaceWith(fresh.querySelector('#mc-told'));
    renewCell(fresh, address);
  };
  list(form, queue);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = decision.value.trim();
    if (!file.files.length && !text) {
      queue.onSay(words.empty);
      file.focus();
      return;
    }
    const limits = { most: Number(form.dataset.most), said: form.dataset.mostSaid };
    const sent = queue.add([...file.files], text, limits, form);
    file.value = '';
    sent.then(() => {
      if (!queue.items.length && decision.value.trim() === text) decision.value = '';
    });
  });
}

/** Draw what waits: name, how it stands, and what can be done. */
function list(form, queue) {
  const rows = form.querySelector('.mc-queue');
  const hadFocus = rows.contains(document.activeElement);
  rows.hidden = !queue.items.length;
  rows.replaceChildren(...queue.items.map((item) => line(queue, item)));
  if (hadFocus) form.querySelector('[type=submit]').focus();
}

function progress(form, queue, item) {
  const bar = form.querySelectorAll('.mc-queue li')[queue.items.indexOf(item)]?.querySelector('progress');
  if (bar) bar.value = item.part;
}

function line(queue, item) {
  const { words } = queue;
  const row = document.createElement('li');
  const name = document.createElement('b');
  const state = document.createElement('span');
  name.textContent = item.name;
  const bad = item.state === 'failed' || item.state === 'refused';
  state.className = bad ? 'st bare s-late' : 'mut';
  if (bad) state.append(drawing(item.state === 'failed' ? 'off' : 'err'));
  state.append(item.words && bad ? item.words.replace(`${item.name}: `, '') : words[item.state]);
  row.append(name, ' ', state);
  if (item.note) row.append(` (${item.note})`);
  if (item.state === 'sending') {
    const bar = document.createElement('progress');
    bar.value = item.part;
    bar.setAttribute('aria-label', item.name);
    row.append(bar);
  }
  if (item.state === 'failed') row.append(button(words.again, item, () => queue.again()));
  if (bad) row.append(button(words.drop, item, () => queue.drop(item)));
  return row;
}

function button(words, item, press) {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'btn s';
  made.textContent = words;
  made.setAttribute('aria-label', `${words}: ${item.name}`);
  made.addEventListener('click', press);
  return made;
}

// -- the page -------------------------------------------------------------------------------------

window.addEventListener('online', () => {
  for (const queue of queues.values()) queue.again();
});
window.addEventListener('beforeunload', (event) => {
  if ([...queues.values()].some((queue) => queue.unsent.length)) event.preventDefault();
});

const own = document.querySelector('.mc-page #minh-chung');
if (own) enhance(own, window.location.pathname);
