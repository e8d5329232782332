// Sending what is typed when the server can be reached, and saying which cells wait.

import { Store } from './keeping.js';
import { drawing, say } from './show.js';

const PAUSE = 1500;
const AGAIN = 15000;
const LONGEST = 120000;

/** Headers by which the server knows a script asks, and answers 401 in place of its sign-in page. */
export const ASKING = { Accept: 'application/json', 'HX-Request': 'true' };

export class Saver {
  constructor(form) {
    this.form = form;
    this.store = new Store(form.store);
    this.line = document.getElementById('save-state');
    this.again = document.getElementById('save-again');
    this.atFirst = [...this.line.childNodes];
    this.sending = null;
    this.failures = 0; // since the server last took something
    this.again.addEventListener('click', () => this.now());
    window.addEventListener('online', () => this.now());
    window.addEventListener('offline', () => this.report());
    window.addEventListener('beforeunload', (event) => {
      if (!this.isLeaving && this.dirty().length && !this.store.works) event.preventDefault();
    });
    form.element.addEventListener('submit', (event) => this.submit(event));
  }

  dirty() {
    return [...this.form.cells.values()].filter((cell) => cell.isDirty);
  }

  // -- on the device -------------------------------------------------------------------------

  /** Keep every unsent cell, with the version it was typed over. */
  keep() {
    this.store.write(
      Object.fromEntries(
        this.dirty().map((cell) => [cell.code, { ...cell.state, version: cell.version.value }]),
      ),
    );
    this.report();
  }

  /** After a reload or a restart: put back what was never sent, say so, and send it. */
  restoreKept() {
    const kept = Object.entries(this.store.read());
    const lost = kept.filter(([code, state]) => !this.form.cells.has(code) && state.text);
    const cells = kept
      .map(([code, state]) => [this.form.cells.get(code), state])
      .filter(([cell, state]) => cell && !cell.isSame(state));
    for (const [code] of kept) if (this.form.cells.has(code)) this.store.mine.add(code);
    const words = [this.wordsOfRestored(cells), this.wordsOfLost(lost)].filter(Boolean).join(' ');
    this.put(cells);
    if (!words) return;
    this.offer('kept', words, () => {
      for (const [cell] of cells) cell.state = cell.saved;
      for (const [code] of lost) this.store.mine.add(code);
      this.keep();
      this.form.refresh();
    });
  }

  wordsOfRestored(cells) {
    if (!cells.length) return '';
    const times = cells.map(([, state]) => state.at || Date.now());
    const time = new Date(Math.min(...times)).toLocaleString('vi', {
      hour: '2-digit', minute: '2-digit', day: '2-digit', month: '2-digit',
    });
    return say(this.form.words.restored, { count: cells.length, time });
  }

  /** Typed here, but since then the figure is counted elsewhere or no longer asked for. */
  wordsOfLost(lost) {
    if (!lost.length) return '';
    const list = lost.map(([code, { text }]) => `${this.form.specs[code]?.number || code}: ${text}`);
    return say(this.form.words.no_box, { count: lost.length, list: list.join('; ') });
  }

  /** Put states into cells: [[cell, {text, na, note, version}]]; they wait to be sent. */
  put(cells) {
    for (const [cell, state] of cells) {
      cell.state = state;
      cell.version.value = state.version ?? cell.version.value;
    }
    this.keep();
    this.form.refresh();
    if (cells.length) this.soon();
  }

  /** A line that stays in view above the grid; its button does `act`, either takes it away. */
  offer(name, words, act) {
    const box = document.getElementById('kept');
    box.replaceChildren(document.getElementById(`piece-${name}`).content.cloneNode(true));
    box.querySelector('.m').textContent = words;
    box.hidden = false;
    for (const button of box.querySelectorAll('button')) {
      button.addEventListener('click', () => {
        box.hidden = true;
        if (!('close' in button.dataset)) act();
      });
    }
  }

  canSend(cell) {
    return !cell.conflict && !cell.refusal && !cell.read().fault;
  }

  // -- to the server ---------------------------------------------------------------------------

  soon(pause = PAUSE) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), pause);
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
    const outcome = await this.sending;
    this.sending = null;
    if (outcome === 'refused' || outcome === 'renewed') return this.now();
    return outcome && this.dirty().length === 0;
  }

  async send(cells) {
    const body = new FormData();
    const sent = new Map(cells.map((cell) => [cell, cell.state]));
    body.set('action', 'save');
    for (const [cell, state] of sent) {
      body.set(`v-${cell.code}`, state.text);
      body.set(`note-${cell.code}`, state.note);
      body.set(`version-${cell.code}`, cell.version.value);
      if (state.na) body.set(`na-${cell.code}`, state.na);
    }
    try {
      const token = this.token.value;
      const headers = { ...ASKING, 'X-CSRFToken': token };
      const answer = await fetch(window.location.pathname, { method: 'POST', body, headers });
      if (answer.status === 401) return this.signedOut();
      if (answer.status === 403) return (await this.renewed(token)) ? 'renewed' : this.signedOut();
      if (answer.status >= 500) return this.fail(true);
      const told = await answer.json();
      this.failures = 0;
      return answer.ok ? this.accept(sent, told) : this.refuse(sent, told);
    } catch {
      return this.fail();
    }
  }

  get token() {
    return this.form.element.elements.csrfmiddlewaretoken;
  }

  /** Somebody signed in anew: the page's token is of the session before. True when it is fresh now. */
  async renewed(old) {
    await this.arriving?.ask();
    return this.token.value !== old;
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
      // A choice made while this was on its way knows of their value already.
      else if (Number(cell.version.value) < told.version) cell.conflict = told;
    }
    this.form.refresh();
    const wasUnderstood = [...sent.keys()].some((cell) => cells?.[cell.code]);
    if (wasUnderstood) return 'refused';
    this.tell('bad', 'err', (problems || []).join(' ') || this.waiting());
    return false;
  }

  waiting() {
    const { words } = this.form;
    const sentence = navigator.onLine ? words.failed : words.offline;
    return say(sentence, { count: this.dirty().length });
  }

  /** Try again by itself, less and less often. `isServer`: it was reached, and failed. */
  fail(isServer = false) {
    this.isServer = isServer;
    this.tell('bad', 'off', this.waiting(), true);
    this.soon(Math.min(AGAIN * 2 ** this.failures, LONGEST));
    this.failures += 1;
    return false;
  }

  signedOut() {
    const link = document.createElement('a');
    link.href = `${this.form.words.sign_in_at}?next=${encodeURIComponent(window.location.pathname)}`;
    link.textContent = this.form.words.sign_in;
    this.tell('bad', 'lock', say(this.form.words.signed_out, { count: this.dirty().length }));
    this.line.append(' ', link);
    this.failures = 0; // the line is not at fault
    return false;
  }

  asAtFirst() {
    this.tell('on', 'met', '');
    this.line.replaceChildren(...this.atFirst);
  }

  /** Say how things stand when nothing is on its way. */
  report() {
    const left = this.dirty();
    if (!left.length) {
      if (this.time) this.tell('on', 'met', say(this.form.words.saved, { time: this.time }));
      else this.asAtFirst();
    } else if (!left.some((cell) => this.canSend(cell))) {
      this.tell('bad', 'err', say(this.form.words.refused, { count: left.length }));
    } else if (!navigator.onLine) {
      this.tell('off', 'off', this.waiting(), true);
    } else {
      this.tell('off', 'pen', say(this.form.words.kept, { count: left.length }));
    }
    this.onReport?.(left.length);
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
    const isDown = isSaved ? !(await this.reaches()) : this.failures > 0 && this.dirty().some((cell) => this.canSend(cell));
    if (isDown) {
      const { words } = this.form;
      this.tell('bad', 'off', this.isServer ? words.not_sent_failing : words.not_sent, !isSaved);
      return;
    }
    if (!isSaved) {
      this.form.attention()[0]?.box.focus();
      return;
    }
    this.isLeaving = true;
    this.leave(event.submitter);
  }

  /** Is anybody there to leave for? All may be saved, and the line cut since. */
  async reaches() {
    try {
      const since = encodeURIComponent(this.form.element.dataset.since);
      const { status } = await fetch(`${window.location.pathname}o/?tu=${since}`, { headers: ASKING });
      this.isServer = status >= 500;
      return !this.isServer;
    } catch {
      this.isServer = false;
      return false;
    }
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
