// What was chosen for a figure and is not on the server yet. Kept while the page is open, also
// while the dialog shows another figure or none.

import { say } from '../entry/show.js';
import { panelIn, post, token } from './sending.js';
import { shrunk } from './shrinking.js';

const megabytes = (size) => `${(size / 1024 ** 2).toLocaleString('vi', { maximumFractionDigits: 1 })} MB`;

export class Queue {
  constructor(address, words) {
    this.address = address;
    this.words = words;
    this.items = [];
    this.onChange = () => {};
    this.onTaken = () => {};
    this.onSay = () => {};
  }

  get unsent() {
    return this.items.filter((item) => item.state !== 'refused');
  }

  /** files: what was chosen; with none the decision is sent by itself. */
  add(files, decision, limits, form) {
    this.limits = limits;
    this.form = form;
    for (const file of files.length ? files : [null]) {
      this.items.push({ file, decision, name: file?.name || decision, state: 'waiting', part: 0, words: '' });
    }
    return this.send();
  }

  drop(item) {
    this.items = this.items.filter((other) => other !== item);
    this.onChange();
  }

  again() {
    for (const item of this.items) if (item.state === 'failed') item.state = 'waiting';
    return this.send();
  }

  async send() {
    this.onChange();
    if (this.isSending) return;
    this.isSending = true;
    let item;
    while ((item = this.items.find((one) => one.state === 'waiting'))) await this.sendOne(item);
    this.isSending = false;
  }

  async sendOne(item) {
    await this.prepare(item);
    if (item.state === 'refused') return this.onChange();
    item.state = 'sending';
    this.onChange();
    const body = new FormData();
    body.set('decision', item.decision);
    if (item.ready) body.set('file', item.ready, item.ready.name);
    const answer = await post(this.address, body, token(this.form), (part) => {
      item.part = part;
      this.onChange(item);
    });
    this.settle(item, answer);
    this.onChange();
  }

  /** Photos are shrunk once, however often they are sent. */
  async prepare(item) {
    const { words } = this;
    if (!item.file || item.ready) return;
    item.state = 'shrinking';
    this.onChange();
    item.ready = await shrunk(item.file);
    if (item.ready !== item.file) {
      const sizes = { before: megabytes(item.file.size), after: megabytes(item.ready.size) };
      item.note = say(words.shrunk, sizes);
    }
    if (item.ready.size > this.limits.most) this.refuse(item, say(words.too_large, { most: this.limits.said }));
  }

  settle(item, answer) {
    const panel = answer && panelIn(answer.text);
    if (answer?.status === 200 && panel) {
      this.items = this.items.filter((other) => other !== item);
      this.onTaken(panel);
      this.onSay(say(this.words.done, { name: item.name }));
    } else if (answer?.status === 422 && panel) {
      const told = [...panel.querySelectorAll('[data-problem]')].map((line) => line.textContent.trim());
      this.refuse(item, told.join(' '));
    } else {
      item.state = 'failed';
      item.words = this.words.failed;
      const isSignedOut = answer && (answer.status === 401 || answer.status === 403);
      this.onSay(isSignedOut ? this.words.signed_out : this.words.offline);
      // the rest would meet the same
      for (const other of this.items) if (other.state === 'waiting') other.state = 'failed';
    }
  }

  refuse(item, words) {
    item.state = 'refused';
    item.words = words;
    this.onSay(words.startsWith(item.name) ? words : `${item.name}: ${words}`, true);
  }
}
