// The form as cells: reading, working out, checking, showing.

import { fromPlain, read, round, show } from '../decimals.js';
import { check, prepare } from '../rules.js';
import { computeRatio } from './computed.js';
import { questions } from './bands.js';
import { lineOf, previousOf } from './lines.js';
import { comparison } from './plan.js';
import { drawing, Messages, say, status } from './show.js';

/** What a control showed when the server last answered, whatever was typed while this loaded. */
function before(control) {
  const first = control.options
    ? [...control.options].find((option) => option.defaultSelected)?.value ?? ''
    : control.defaultValue;
  return control.dataset.was ?? first;
}

/** The line's code, as its box or its worked-out figure carries it. */
const codeOf = (tr) => tr.querySelector('[id^="c-"]').id.slice(2);
const NOTE_LENGTH = 500;

export class Cell {
  constructor(form, tr, spec) {
    this.form = form;
    this.tr = tr;
    this.code = codeOf(tr);
    this.spec = spec;
    const named = (name) => form.element.elements.namedItem(`${name}-${this.code}`);
    this.box = named('v');
    this.excuse = named('na');
    this.note = named('note');
    this.note.maxLength = NOTE_LENGTH;
    const line = tr.cells[0].textContent.replace(/\s+/g, ' ');
    this.excuse.setAttribute('aria-label', say(form.words.answer_of, { line }));
    this.note.setAttribute('aria-label', say(form.words.note_of, { line }));
    this.version = { value: form.versions[this.code] || '0' };
    this.saved = {
      text: before(this.box),
      na: before(this.excuse),
      note: before(this.note),
    };
    this.conflict = null;
    this.refusal = '';
  }

  /** As it stands on the form, without its number and sign. */
  get name() {
    const [, words] = this.tr.cells[0].textContent.trim().split('\t');
    return words.replace(this.form.words.of_which, '').trim().replace(/^[+−=] /, '');
  }

  get state() {
    return { text: this.box.value.trim(), na: this.excuse.value, note: this.note.value.trim() };
  }

  set state({ text, na, note }) {
    this.box.value = text;
    this.excuse.value = na === true ? 'na' : na || ''; // true: as older pages kept it
    this.note.value = note;
  }

  get isDirty() {
    return !this.isSame(this.saved);
  }

  isSame(state) {
    const now = this.state;
    return ['text', 'na', 'note'].every((part) => now[part] === (state[part] || ''));
  }

  /** The figure in words, as the page of the reviewer shows it. */
  get told() {
    const { value } = this.read();
    if (this.excuse.value) return this.form.words[this.excuse.value].toLowerCase();
    return value === null ? '–' : show(value, this.spec.decimals || 0);
  }

  /** Is a returned figure another one now? */
  get isEdited() {
    return this.told !== this.spec.then;
  }

  get isAnswered() {
    return this.excuse.value !== '' || this.box.value.trim() !== '';
  }

  /** {value} in millionths or null, and {fault} in words when the text cannot be recorded. */
  read() {
    const text = this.box.value.trim();
    if (this.excuse.value === 'none' && !this.note.value.trim()) {
      return { value: null, fault: this.form.words.why };
    }
    return this.excuse.value || !text ? { value: null } : this.understand(text);
  }

  /** What `text` would be in this cell: {value}, or {value: null, fault} as `read` gives them. */
  understand(text) {
    const decimals = this.spec.decimals || 0;
    const found = read(text, decimals);
    const { words } = this.form;
    if (found.fault) {
      const wanted = decimals ? say(words.digits, { count: decimals }) : words.whole;
      const example = decimals ? '1.234,5' : '1.234';
      return { value: null, fault: say(words[found.fault], { text, example, wanted }) };
    }
    const limit = (bound) => show(fromPlain(bound), decimals);
    if (this.spec.min && found.value < fromPlain(this.spec.min)) {
      return { value: null, fault: say(words.at_least, { limit: limit(this.spec.min) }) };
    }
    if (this.spec.max && found.value > fromPlain(this.spec.max)) {
      return { value: null, fault: say(words.at_most, { limit: limit(this.spec.max) }) };
    }
    return found;
  }

  /** Write the number as officials do: 1.234,5. */
  tidy() {
    const { value } = this.read();
    if (value !== null && this.box.tagName === 'INPUT') {
      this.box.value = show(value, this.spec.decimals || 0);
    }
  }

  fill(text) {
    this.excuse.value = '';
    this.box.value = text;
  }
}

const total = (cells) => cells.reduce((sum, cell) => sum + cell.errors, 0);

export class Form {
  constructor(element, { lines, rules, words }) {
    this.element = element;
    this.words = words;
    this.store = element.dataset.store;
    this.name = element.dataset.name;
    this.rows = new Map();
    for (const tr of element.querySelectorAll('tr.r')) {
      tr.dataset.row = codeOf(tr);
      this.rows.set(tr.dataset.row, tr);
    }
    this.specs = {};
    for (const [code, tr] of this.rows) if (lines[code]) this.specs[code] = lineOf(tr, lines[code]);
    this.rules = prepare(rules.map((rule) => ({ ...rule, decimals: this.decimals(rule) })));
    this.previous = previousOf(this.specs);
    this.messages = new Messages(element);
    this.cells = new Map();
    const versions = element.elements.versions.value.split(' ').filter(Boolean);
    this.versions = Object.fromEntries(versions.map((word) => word.split(':')));
    for (const [code, tr] of this.rows) {
      if (this.specs[code] && tr.querySelector('.cellin')) this.cells.set(code, new Cell(this, tr, this.specs[code]));
    }
    this.onEdit = () => {};
    this.onLeave = () => {};
    this.listen();
  }

  decimals({ terms }) {
    return Object.fromEntries(terms.map(([, code]) => [code, this.specs[code].decimals || 0]));
  }

  listen() {
    const cellOf = (event) => this.cells.get(this.codeOf(event.target));
    this.element.addEventListener('input', (event) => {
      const cell = cellOf(event);
      if (!cell) return;
      if (event.target === cell.excuse && cell.excuse.value) cell.box.value = '';
      if (event.target === cell.box && cell.box.value) cell.excuse.value = '';
      cell.refusal = '';
      this.onEdit(cell);
    });
    this.element.addEventListener('focusin', (event) => {
      const cell = cellOf(event);
      if (cell && event.target === cell.box && cell.box.select) cell.box.select();
    });
    this.element.addEventListener('change', (event) => {
      const cell = cellOf(event);
      if (!cell) return;
      this.settle(cell);
    });
    this.element.addEventListener('click', (event) => {
      const { value, dataset } = event.target;
      if (event.target.name === 'fill') {
        event.preventDefault();
        const [code, text] = value.split(':');
        const cell = this.cells.get(code);
        cell.fill(text);
        this.settle(cell);
        cell.box.focus();
      } else if (dataset.pick) {
        this.pick(this.cells.get(event.target.closest('tr').dataset.of), dataset.pick);
      }
    });
  }

  /** After a cell has changed for good: tidy, keep, check, and let it be sent. */
  settle(cell) {
    cell.tidy();
    this.onEdit(cell);
    this.refresh();
    this.onLeave(cell);
  }

  /** The code of the row a control stands in, its comment row included. */
  codeOf(control) {
    const name = control.name || '';
    return /^(v|na|note)-/.test(name) ? name.slice(name.indexOf('-') + 1) : '';
  }

  value(code, offset) {
    if (offset) return this.previous.get(code) ?? null;
    const spec = this.specs[code];
    if (spec?.locked) return fromPlain(spec.locked);
    if (spec?.above) return computeRatio(spec, (term) => this.value(term, 0));
    return this.cells.get(code)?.read().value ?? null;
  }

  /** Work out, check and show everything anew. */
  refresh() {
    this.showComputed();
    this.findings = check(this.rules, (code, offset) => this.value(code, offset));
    this.messages.begin();
    for (const cell of this.cells.values()) this.showCell(cell);
    this.showFindings();
    this.showQuestions();
    this.messages.finish();
    this.showCounts();
  }

  showComputed() {
    for (const [code, spec] of Object.entries(this.specs)) {
      if (!spec.above && !spec.opening) continue;
      const target = document.getElementById(`c-${code}`);
      const value = this.computed(spec);
      if (value === null) {
        const terms = spec.above ? spec.above.concat(spec.below) : [spec.opening, spec.closing];
        const waits = terms.find((term) => this.value(term, 0) === null);
        target.textContent = waits ? say(this.words.wait, { number: this.specs[waits].number }) : '–';
      } else {
        target.textContent = show(value, spec.decimals || 0);
      }
      target.classList.toggle('wait', value === null);
      this.showStanding(target.closest('tr'), this.planned(spec, value));
    }
  }

  computed(spec) {
    if (spec.above) return computeRatio(spec, (term) => this.value(term, 0));
    const [opening, closing] = [this.value(spec.opening, 0), this.value(spec.closing, 0)];
    return opening === null || closing === null ? null : opening - closing;
  }

  planned(spec, value) {
    if (!spec.plan || value === null) return null;
    return comparison(round(value, spec.decimals || 0), spec, this.words);
  }

  showCell(cell) {
    const { value, fault, isGuess } = cell.read();
    const problem = fault || cell.refusal;
    const errors = this.findings.filter((found) => found.cell === cell.code && found.rule.severity === 'error');
    const warned =
      this.findings.some((found) => found.cell === cell.code && found.rule.severity !== 'error') ||
      (!cell.note.value.trim() && questions(cell.spec, value, this.words).some((asked) => asked.needsReason));
    cell.errors = errors.length + Number(Boolean(problem || cell.conflict));
    cell.hasError = cell.errors > 0;
    cell.tr.classList.toggle('err', cell.hasError);
    cell.tr.classList.toggle('bad', Boolean(problem));
    cell.box.classList.toggle('empty', !cell.isAnswered);
    cell.box.toggleAttribute('data-dirty', cell.isDirty);
    cell.box.setAttribute('aria-invalid', String(cell.hasError));
    cell.box.removeAttribute('aria-describedby');
    if (problem) this.showProblem(cell, problem);
    this.showReading(cell, isGuess ? value : null);
    if (cell.conflict) this.showConflict(cell);
    if (cell.spec.then) this.showEdit(cell);
    this.showStanding(cell.tr, this.standing(cell, warned, value));
  }

  /** What became of a returned figure: 0 → 5. */
  showEdit(cell) {
    const { words } = this;
    cell.tr.querySelector('[data-changes]').textContent = cell.isEdited
      ? say(words.edited_from, { old: cell.spec.then, new: cell.told })
      : words.not_edited;
  }

  standing(cell, warned, value) {
    const { words } = this;
    if (cell.conflict) return ['err', words.conflict];
    if (cell.hasError) return ['err', words.error];
    if (cell.spec.then) {
      return cell.isEdited ? ['pen', words.edited] : ['back', words.returned];
    }
    if (warned) return ['risk', words.warning];
    if (!cell.isAnswered) return ['none', words.missing];
    return this.planned(cell.spec, value);
  }

  showStanding(tr, standing) {
    status(tr.querySelector('.cp'), standing);
  }

  showProblem(cell, text) {
    const row = this.messages.row(`error ${cell.code}`, cell.tr, 'error');
    row.querySelector('.t').textContent = text;
    row.cells[0].id = `e-${cell.code}`;
    this.describe(cell, row);
  }

  /** The message of `row` belongs to the box of `cell`. */
  describe(cell, row) {
    const ids = cell?.box.getAttribute('aria-describedby');
    cell?.box.setAttribute('aria-describedby', ids ? `${ids} ${row.cells[0].id}` : row.cells[0].id);
  }

  /** A lone group of three after a point is read as thousands: say so where decimals exist. */
  showReading(cell, value) {
    const holder = cell.box.parentElement;
    holder.querySelector('.hint')?.remove();
    if (value === null) return;
    const hint = document.createElement('span');
    hint.className = 'hint';
    hint.textContent = say(this.words.read_as, { number: show(value, cell.spec.decimals) });
    holder.append(hint);
  }

  showConflict(cell) {
    const { message, theirs, theirs_na: na, by } = cell.conflict;
    const row = this.messages.row(`conflict ${cell.code}`, cell.tr, 'conflict');
    row.dataset.of = cell.code;
    this.describe(cell, row);
    row.querySelector('.t').textContent = message;
    row.querySelector('.theirs').textContent = na ? this.words[na] : theirs || '–';
    row.querySelector('.by').textContent = by ? `(${by})` : '';
  }

  /** One of two values was chosen: go on from the stored one, with mine over it or not. */
  pick(cell, choice) {
    const { theirs: text, theirs_na: na, theirs_note: note, version } = cell.conflict;
    cell.version.value = version;
    cell.saved = { text, na, note };
    if (choice === 'theirs') cell.state = cell.saved;
    cell.conflict = null;
    this.settle(cell);
    cell.box.focus();
  }

  showFindings() {
    for (const found of this.findings) {
      const anchor = this.rows.get(found.cell);
      if (!anchor) continue;
      const isError = found.rule.severity === 'error';
      const row = this.messages.row(`rule ${found.rule.id}`, anchor, 'found');
      row.classList.add(isError ? 'err' : 'warn');
      row.querySelector('.ico').replaceChildren(drawing(isError ? 'err' : 'risk'));
      row.querySelector('.t').textContent = `${found.rule.name}:`;
      row.querySelector('.worked').textContent = found.sum && `${found.sum}.`;
      row.querySelector('.m').textContent = found.message;
      row.querySelector('.ask').hidden = isError || Boolean(this.cells.get(found.cell)?.note.value.trim());
      this.offerFill(row.querySelector('button'), found);
      this.describe(this.cells.get(found.cell), row);
    }
  }

  /** What is odd about a figure, typed or worked out: asked about under its row. */
  showQuestions() {
    for (const [code, spec] of Object.entries(this.specs)) {
      const anchor = this.rows.get(code);
      const cell = this.cells.get(code);
      for (const asked of questions(spec, this.value(code, 0), this.words)) {
        const row = this.messages.row(`asked ${code} ${asked.question}`, anchor, 'asked');
        row.querySelector('.t').textContent = `${asked.label}:`;
        row.querySelector('.m').textContent = asked.detail;
        row.querySelector('[data-why]').hidden = !asked.needsReason || !cell || Boolean(cell.note.value.trim());
        row.querySelector('[data-look]').hidden = asked.needsReason;
        this.describe(cell, row);
      }
    }
  }

  offerFill(button, found) {
    const cell = found.fill === null ? null : this.cells.get(found.cell);
    button.hidden = !cell;
    if (!cell) return;
    const number = show(found.fill, cell.spec.decimals || 0);
    button.name = 'fill';
    button.value = `${found.cell}:${number}`;
    button.textContent = say(this.words.fill, { number });
  }

  showCounts() {
    const all = [...this.cells.values()];
    const progress = document.getElementById('progress');
    const done = this.doneIn([...this.rows.keys()]);
    progress.value = done;
    const told = `${done}/${progress.max}`;
    document.getElementById('progress-text').textContent = told;
    const badge = document.querySelector('.lead [data-answered]')?.lastChild; // đang nhập 75/117
    if (badge && badge.textContent !== told) badge.textContent = badge.textContent.replace(/\d+\/\d+/, told);
    this.showCount('count-errors', this.words.errors, total(all));
    this.showCount('count-missing', this.words.left, progress.max - done);
    const toFirst = document.getElementById('to-first');
    const [first] = this.attention();
    toFirst.hidden = !first;
    if (first) toFirst.textContent = this.wayTo(first);
    for (const body of this.element.querySelectorAll('tbody')) this.showSection(body);
  }

  /** How many of these lines are answered; a locked one, once its source has told it. */
  doneIn(codes) {
    return codes.filter((code) => this.cells.get(code)?.isAnswered || this.specs[code]?.locked).length;
  }

  showCount(id, words, count) {
    const line = document.getElementById(id);
    line.hidden = !count;
    line.querySelector('span').textContent = say(words, { count });
  }

  showSection(body) {
    const codes = [...body.querySelectorAll('tr.r')].map((tr) => tr.dataset.row);
    const link = this.element.querySelector(`.secnav a[href="#${body.id}"]`);
    const heading = body.querySelector('[data-count]');
    const told = `${this.doneIn(codes)}/${heading.textContent.split('/')[1]}`;
    for (const count of [heading, link?.querySelector('[data-count]')]) {
      if (count && count.textContent !== told) count.textContent = told;
    }
    if (link) {
      const errors = total(codes.map((code) => this.cells.get(code)).filter(Boolean));
      link.querySelector('[data-errors]').textContent = errors ? say(this.words.short_errors, { count: errors }) : '';
    }
  }

  wayTo(cell) {
    if (cell.hasError) return this.words.to_error;
    return cell.spec.then ? this.words.to_returned : this.words.to_missing;
  }

  /** Cells that ask for attention, top down: errors first met, then returned ones, then empty ones. */
  attention() {
    const all = [...this.cells.values()];
    const wanted = [
      (cell) => cell.hasError,
      (cell) => cell.spec.then && !cell.isEdited,
      (cell) => !cell.isAnswered,
    ];
    return wanted.map((is) => all.filter(is)).find((found) => found.length) || [];
  }
}
