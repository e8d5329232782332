// Small pieces of the page.

/** Put values into a sentence: say('{count} ô', {count: 3}). */
export function say(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A copy of a piece the page carries for the script. */
export function piece(name) {
  return document.getElementById(`piece-${name}`).content.firstElementChild.cloneNode(true);
}

/**
 * The message rows under the cells. A row that is still true stays the very same element, so
 * that a button in it is still there when the press that left the cell is let go over it.
 */
export class Messages {
  constructor(element) {
    this.rows = new Map();
    // what the server wrote is written anew, word for word
    for (const row of element.querySelectorAll('tr.found, tr.msg.err')) row.remove();
  }

  /** Begin a look at the form: rows not asked for until `finish` go. */
  begin() {
    this.wanted = new Set();
    this.fresh = [];
  }

  /** The row of `key` under `tr`; `name` is the piece it is made from the first time. */
  row(key, tr, name) {
    this.wanted.add(key);
    let row = this.rows.get(key);
    if (!row) {
      row = piece(name);
      this.rows.set(key, row);
      let last = tr;
      while (last.nextElementSibling?.classList.contains('msg')) last = last.nextElementSibling;
      last.after(row);
      row.cells[0].id = `m-${key.replace(/\W+/g, '-')}`;
      this.fresh.push(row);
    }
    return row;
  }

  /** What has come up since the last look is read aloud; what stood there at first is not. */
  finish() {
    if (this.hasBegun && this.fresh.length) {
      const words = this.fresh.map((row) => [...row.querySelectorAll('.t, .worked, .m')].map((part) => part.textContent).join(' '));
      document.getElementById('said').textContent = words.join(' ');
    }
    this.hasBegun = true;
    for (const [key, row] of this.rows) {
      if (this.wanted.has(key)) continue;
      row.remove();
      this.rows.delete(key);
    }
  }
}

/** Show in its cell how a line stands: [icon, words], or a dash. The icon is drawn by its class. */
export function status(cell, standing) {
  const [icon, words] = standing || ['', '–'];
  cell.className = icon ? `cp i-${icon}` : 'cp';
  cell.textContent = words;
}

export function drawing(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('class', 'ic');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(space, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}
