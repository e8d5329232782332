// The entry grid. Without this script the page is a plain form; with it, rules are checked on
// leaving a cell, figures are worked out, and what is typed is kept on the device until the
// server has it.

import { Form } from './entry/form.js';
import { listenToKeys } from './entry/keys.js';
import { Saver } from './entry/saving.js';

const element = document.getElementById('entry-form');
if (element) {
  const given = JSON.parse(document.getElementById('entry-given').textContent);
  const form = new Form(element, given);
  const saver = new Saver(form);
  form.onEdit = (cell) => saver.keep(cell);
  form.onLeave = () => saver.soon();
  listenToKeys(form, saver);
  form.refresh();
  saver.offerKept();
  document.getElementById('problems')?.focus();
}
