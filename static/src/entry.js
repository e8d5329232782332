// The entry grid. Without this script the page is a plain form; with it, rules are checked on
// leaving a cell, figures are worked out, and what is typed is kept on the device until the
// server has it.

import { Arriving } from './entry/arriving.js';
import { Form } from './entry/form.js';
import { listenToKeys } from './entry/keys.js';
import { Rest } from './entry/rest.js';
import { Saver } from './entry/saving.js';

const element = document.getElementById('entry-form');
// Rules and words come in a script of their own, which the browser keeps; without it the page is a
// plain form.
if (element && window.definitions) {
  element.insertAdjacentHTML('afterend', window.definitions.pieces);
  const form = new Form(element, window.definitions);
  const saver = new Saver(form);
  form.onEdit = (cell) => saver.keep(cell);
  form.onLeave = () => saver.soon();
  listenToKeys(form, saver);
  form.refresh();
  saver.restoreKept();
  performance.mark('usable');
  new Rest(form, saver).fetch();
  followTheLine(element);
  new Arriving(form, saver, element.dataset.since).ask();
  document.getElementById('problems')?.focus();
}

/** What sticks below the line that says what is saved sticks below it when it takes two lines too. */
function followTheLine(form) {
  const line = form.querySelector('.stat');
  new ResizeObserver(() => form.style.setProperty('--stat', `${line.offsetHeight}px`)).observe(line);
}
