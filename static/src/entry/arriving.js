// What a colleague types into the same return: asked for every few seconds, shown as it arrives.
// What the same person typed elsewhere is taken without a word.

import { ASKING } from './saving.js';
import { say } from './show.js';

const EVERY = 12000;

export class Arriving {
  constructor(form, saver, since) {
    this.form = form;
    this.saver = saver;
    this.since = since;
    this.person = Number(document.querySelector('[data-person]').dataset.person);
    saver.arriving = this;
    document.addEventListener('visibilitychange', () => this.ask());
    window.addEventListener('online', () => this.ask());
    setInterval(() => this.ask(), EVERY);
  }

  async ask() {
    if (document.hidden || !navigator.onLine || this.isAsking) return;
    this.isAsking = true;
    try {
      const address = `${window.location.pathname}o/?tu=${encodeURIComponent(this.since)}`;
      const answer = await fetch(address, { headers: ASKING });
      if (answer.status === 401) this.saver.signedOut();
      else if (answer.ok) this.take(await answer.json());
    } catch {
      // no line now: the next time will do
    } finally {
      this.isAsking = false;
    }
  }

  take({ since, token, cells, closed }) {
    this.since = since;
    this.saver.token.value = token;
    const arrived = Object.entries(cells)
      .map(([code, told]) => [this.form.cells.get(code), told])
      .filter(([cell, told]) => cell && !cell.conflict && Number(cell.version.value) < told.version);
    let by = '';
    let count = 0;
    for (const [cell, told] of arrived) {
      const isMine = told.person === this.person;
      const theirs = { text: told.text, na: told.na, note: told.note };
      if (cell.isDirty && !cell.isSame(theirs)) {
        cell.conflict = {
          message: isMine ? this.form.words.both_mine : this.form.words.both, theirs: told.text, theirs_na: told.na,
          theirs_note: told.note, by: told.by, version: told.version,
        };
      } else {
        cell.state = theirs;
        cell.saved = cell.state;
        cell.version.value = told.version;
        if (isMine) continue;
        cell.tr.classList.add('arrived');
        by = told.by;
        count += 1;
      }
    }
    if (arrived.length) {
      this.saver.keep();
      this.form.refresh();
    }
    if (count) this.saver.line.append(` · ${say(this.form.words.arrived, { count, by })}`);
    if (closed) this.saver.tell('bad', 'lock', closed);
  }
}
