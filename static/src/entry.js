// The entry grid. Without this script the page is a plain form; with it, rules are checked on
// leaving a cell, figures are worked out, and what is typed is kept on the device until the
// server has it.

import { Arriving } from './entry/arriving.js';
import { offerDrafts } from './entry/drafts.js';
import { Form } from './entry/form.js';
import { listenToKeys } from './entry/keys.js';
import { Saver } from './entry/saving.js';

const element = document.getElementById('entry-form');
// Rules and words come in a script of their own, which the browser keeps; without it the page is a
// plain form.
if (element && window.definitions) {
  const given = JSON.parse(document.getElementById('entry-given').textContent);
  Object.assign(given, window.definitions);
  const form = new Form(element, given);
  const saver = new Saver(form);
  form.onEdit = (cell) => saver.keep(cell);
  form.onLeave = () => saver.soon();
  listenToKeys(form, saver);
  form.refresh();
  offerDrafts(form, saver);
  saver.restoreKept();
  new Arriving(form, saver, given.since).ask();
  document.getElementById('problems')?.focus();
}
