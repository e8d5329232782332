// Pasting from a workbook: one column or a block, shown before it applies.

import { read, show } from '../decimals.js';
import { say } from './show.js';

const NUMBER = /^\d{1,2}\.\d{1,3}\.?$/;
const same = (text) => text.normalize('NFC').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

/** Rows of texts, as a spreadsheet puts them on the clipboard; quoted cells may hold line breaks. */
export function table(text) {
  const rows = [[]];
  let cell = '';
  let isQuoted = false;
  const body = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  for (let at = 0; at < body.length; at += 1) {
    const sign = body[at];
    if (isQuoted) {
      if (sign === '"' && body[at + 1] === '"') at += 1;
      else if (sign === '"') {
        isQuoted = false;
        continue;
      }
      cell += sign;
    } else if (sign === '"' && !cell) isQuoted = true;
    else if (sign === '\t' || sign === '\n') {
      rows[rows.length - 1].push(cell.trim());
      cell = '';
      if (sign === '\n') rows.push([]);
    } else cell += sign;
  }
  rows[rows.length - 1].push(cell.trim());
  return rows;
}

export class Pasting {
  constructor(form, saver) {
    this.form = form;
    this.saver = saver;
    this.order = [...form.cells.values()];
    this.dialog = document.getElementById('paste-dialog');
    this.names = new Map(this.order.map((cell) => [same(cell.name), cell]));
    this.numbers = new Map(this.order.map((cell) => [cell.spec.number, cell]));
    this.dialog.querySelector('select').addEventListener('change', () => this.list());
    this.dialog.querySelector('[data-paste=apply]').addEventListener('click', () => this.apply());
  }

  /** `text` as a spreadsheet puts it on the clipboard, pasted into the box of `start`. */
  begin(start, text) {
    this.rows = table(text);
    this.start = start;
    this.width = Math.max(...this.rows.map((row) => row.length));
    this.targets = this.named() || this.downward();
    this.offerColumns();
    this.list();
    this.dialog.showModal();
  }

  /** Where half the rows or more name an indicator, by its number or its name: those. */
  named() {
    for (let column = 0; column < this.width - 1; column += 1) {
      const found = this.rows.map((row) => {
        const text = row[column] || '';
        if (NUMBER.test(text)) return this.numbers.get(text.replace(/\.$/, ''));
        return text && this.names.get(same(text));
      });
      if (found.filter(Boolean).length * 2 >= this.rows.length) {
        this.key = column;
        return found;
      }
    }
    return null;
  }

  downward() {
    this.key = -1;
    const first = this.order.indexOf(this.start);
    return this.rows.map((row, place) => this.order[first + place]);
  }

  /** Columns of numbers, the last of them chosen: results stand to the right of plans. */
  offerColumns() {
    const columns = [...Array(this.width).keys()].filter(
      (column) => column !== this.key && this.rows.some((row) => row[column] && !read(row[column], 6).fault),
    );
    const choice = this.dialog.querySelector('select');
    const usual = columns.length ? columns : [this.width - 1];
    choice.replaceChildren(
      ...usual.map((column) => {
        const sample = this.rows.map((row) => row[column]).filter(Boolean).slice(0, 3).join(' · ');
        return new Option(`${column + 1}: ${sample}`, column);
      }),
    );
    choice.value = usual[usual.length - 1];
    choice.parentElement.hidden = usual.length < 2;
  }

  /** What would change: number, name, what is there, what comes, and whether it is understood. */
  list() {
    const { words } = this.form;
    const column = Number(this.dialog.querySelector('select').value);
    const pairs = this.rows
      .map((row, place) => [this.targets[place], row[column] || ''])
      .filter(([cell, text]) => cell && text)
      .map(([cell, text]) => [cell, this.understand(cell, text)]);
    const lost = this.rows.filter((row, place) => !this.targets[place] && row[column]).length;
    const lines = pairs.map(([cell, found]) => {
      const line = document.createElement('tr');
      const state = found.fault ? say(words.paste_wrong, found) : found.isSame ? words.paste_same : '';
      for (const part of [cell.spec.number, cell.name, this.standsIn(cell), found.told, state]) {
        line.append(Object.assign(document.createElement('td'), { textContent: part }));
      }
      line.classList.toggle('err', Boolean(found.fault));
      return line;
    });
    this.dialog.querySelector('tbody').replaceChildren(...lines);
    this.pairs = pairs.filter(([, found]) => !found.fault && !found.isSame);
    const wrong = pairs.filter(([, found]) => found.fault).length;
    this.dialog.querySelector('.m').textContent = say(words.paste_sum, {
      count: this.pairs.length, same: pairs.length - wrong - this.pairs.length, wrong, lost,
    });
    this.dialog.querySelector('[data-paste=apply]').hidden = !this.pairs.length;
  }

  /** What is in a cell before the paste, as it is read. */
  standsIn({ box, excuse }) {
    if (excuse.value) return this.form.words[excuse.value];
    return (box.value && (box.options ? box.selectedOptions[0].text : box.value)) || '–';
  }

  /** What `text` would put into the cell: {fill, told, isSame}, or {fault, told} where nothing. */
  understand(cell, text) {
    const { fault, fill, told } = cell.box.options ? this.choice(cell, text) : this.number(cell, text);
    if (fault) return { fault, told: text };
    return { fill, told, isSame: !cell.excuse.value && cell.box.value === fill };
  }

  number(cell, text) {
    const { value, fault } = cell.understand(text);
    if (fault) return { fault };
    const shown = show(value, cell.spec.decimals || 0);
    return { fill: shown, told: shown };
  }

  /** The option that a text stands for, by its words or its value. */
  choice(cell, text) {
    const found = [...cell.box.options].find((option) => option.value && (same(option.text) === same(text) || option.value === text));
    return found ? { fill: found.value, told: found.text } : { fault: say(this.form.words.paste_choice, { text }) };
  }

  /** Only what is understood and differs is put in. */
  apply() {
    this.dialog.close();
    const undo = this.pairs.map(([cell]) => [cell, { ...cell.state, version: cell.version.value }]);
    for (const [cell, { fill }] of this.pairs) {
      cell.fill(fill);
      this.form.onEdit(cell);
    }
    this.form.refresh();
    this.form.onLeave();
    const words = say(this.form.words.pasted, {
      count: undo.length,
      first: undo[0][0].spec.number,
      last: undo[undo.length - 1][0].spec.number,
    });
    this.saver.offer('undo', words, () => {
      this.saver.put(undo);
      undo[0][0].box.focus();
    });
  }
}
