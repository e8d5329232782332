// Keeping what is typed on the device, and sending it when the server can be reached.

import { drawing, say } from './show.js';

const PAUSE = 1500;
const AGAIN = 15000;
const PREFIX = 'povertyplan:entry:';

export class Saver {
  constructor(form) {
    this.form = form;
    this.key = PREFIX + form.store;
    this.line = document.getElementById('save-state');
    this.again = document.getElementById('save-again');
    this.atFirst = [...this.line.childNodes];
    this.sending = null;
    this.again.addEventListener('click', () => this.now());
    window.addEventListener('online', () => this.now());
    window.addEventListener('beforeunload', (event) => {
      if (!this.isLeaving && this.dirty().length) event.preventDefault();
    });
    form.element.addEventListener('submit', (event) => this.submit(event));
  }

  dirty() {
    return [...this.form.cells.values()].filter((cell) => cell.isDirty);
  }

  // -- on the device -------------------------------------------------------------------------

  /** Keep every unsent cell, with the version it was typed over. */
  keep() {
    const cells = this.dirty();
    const kept = Object.fromEntries(
      cells.map((cell) => [cell.code, { ...cell.state, version: cell.version.value }]),
    );
    try {
      if (cells.length) localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), cells: kept }));
      else localStorage.removeItem(this.key);
    } catch {
      // a private window or a full disk: the page still has everything
    }
    this.report();
  }

  /** After a reload: offer what was never sent. */
  offerKept() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(this.key));
    } catch {
      return;
    }
    const cells = Object.entries(kept?.cells || {})
      .map(([code, state]) => [this.form.cells.get(code), state])
      .filter(([cell, state]) => cell && ['text', 'na', 'note'].some((part) => cell.state[part] !== state[part]));
    if (!cells.length) return;
    const box = document.getElementById('kept');
    box.replaceChildren(document.getElementById('piece-kept').content.cloneNode(true));
    const time = new Date(kept.at).toLocaleString('vi', { hour: '2-digit', minute: '2-digit', day: '2-digit', month: '2-digit' });
    box.querySelector('span').textContent = say(this.form.words.restore, { count: cells.length, time });
    box.hidden = false;
    box.addEventListener('click', (event) => {
      const choice = event.target.dataset.kept;
      if (!choice) return;
      box.hidden = true;
      if (choice === 'restore') this.restore(cells);
      else this.keep();
    });
  }

  restore(cells) {
    for (const [cell, state] of cells) {
      cell.state = state;
      cell.version.value = state.version;
    }
    this.keep();
    this.form.refresh();
    this.soon();
  }

  canSend(cell) {
    return !cell.conflict && !cell.refusal && !cell.read().fault;
  }

  // -- to the server ---------------------------------------------------------------------------

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), PAUSE);
  }

  /** Send what can be sent; one request at a time. Gives true when nothing is left unsent. */
  async now() {
    clearTimeout(this.timer);
    while (this.sending) await this.sending;
    const cells = this.dirty().filter((cell) => this.canSend(cell));
    if (!cells.length) {
      this.report();
      return this.dirty().length === 0;
    }
    this.tell('busy', 'clock', this.form.words.saving);
    this.sending = this.send(cells);
    const wentWell = await this.sending;
    this.sending = null;
    if (wentWell === 'refused') return this.now(); // without the refused cells
    return wentWell && this.dirty().length === 0;
  }

  async send(cells) {
    const { element } = this.form;
    const body = new FormData();
    const sent = new Map(cells.map((cell) => [cell, cell.state]));
    body.set('action', 'save');
    for (const [cell, state] of sent) {
      body.set(`v-${cell.code}`, state.text);
      body.set(`note-${cell.code}`, state.note);
      body.set(`version-${cell.code}`, cell.version.value);
      if (state.na) body.set(`na-${cell.code}`, '1');
    }
    try {
      const answer = await fetch(window.location.pathname, {
        method: 'POST',
        body,
        headers: {
          Accept: 'application/json',
          'HX-Request': 'true',
          'X-CSRFToken': element.elements.csrfmiddlewaretoken.value,
        },
      });
      if (answer.status === 401 || answer.status === 403) return this.signedOut();
      const told = await answer.json();
      return answer.ok ? this.accept(sent, told) : this.refuse(sent, told);
    } catch {
      return this.fail();
    }
  }

  accept(sent, { saved_at: time, versions }) {
    for (const [cell, state] of sent) {
      cell.saved = state;
      if (versions[cell.code] !== undefined) cell.version.value = versions[cell.code];
    }
    this.time = time;
    this.form.refresh();
    this.keep();
    return true;
  }

  refuse(sent, { cells, problems }) {
    for (const [cell] of sent) {
      const told = cells?.[cell.code];
      if (told?.version === undefined) cell.refusal = told?.message || '';
      else cell.conflict = told;
    }
    this.form.refresh();
    const wasUnderstood = [...sent.keys()].some((cell) => cell.conflict || cell.refusal);
    if (wasUnderstood) return 'refused';
    this.tell('bad', 'err', (problems || []).join(' ') || this.failure());
    return false;
  }

  failure() {
    return say(this.form.words.failed, { count: this.dirty().length });
  }

  fail() {
    this.tell('bad', 'off', this.failure(), true);
    this.timer = setTimeout(() => this.now(), AGAIN);
    return false;
  }

  signedOut() {
    this.tell('bad', 'lock', this.form.words.signed_out, true);
    return false;
  }

  asAtFirst() {
    this.tell('on', 'met', '');
    this.line.replaceChildren(...this.atFirst);
  }

  /** Say how things stand when nothing is on its way. */
  report() {
    const left = this.dirty();
    const words = left.some((cell) => this.canSend(cell)) ? ['off', 'pen', 'kept'] : ['bad', 'err', 'refused'];
    if (left.length) this.tell(words[0], words[1], say(this.form.words[words[2]], { count: left.length }));
    else if (this.time) this.tell('on', 'met', say(this.form.words.saved, { time: this.time }));
    else this.asAtFirst();
  }

  tell(kind, icon, words, mayRetry = false) {
    this.line.className = `save ${kind}`;
    this.line.hidden = false;
    this.line.replaceChildren(drawing(icon), words);
    this.again.hidden = !mayRetry;
  }

  /** Save and send buttons: first what is typed, then the page; without a link nothing is lost. */
  async submit(event) {
    event.preventDefault();
    for (const cell of this.form.cells.values()) cell.tidy();
    const isSubmit = event.submitter?.value === 'submit';
    const isSaved = await this.now();
    if (!isSubmit) return;
    if (!isSaved) {
      this.form.attention()[0]?.box.focus();
      return;
    }
    this.isLeaving = true;
    this.leave(event.submitter);
  }

  /** Post the page for good, with the button that was pressed. */
  leave(button) {
    const action = document.createElement('input');
    action.type = 'hidden';
    action.name = button.name;
    action.value = button.value;
    this.form.element.append(action);
    HTMLFormElement.prototype.submit.call(this.form.element);
  }
}
