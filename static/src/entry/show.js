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
    }
    return row;
  }

  finish() {
    for (const [key, row] of this.rows) {
      if (this.wanted.has(key)) continue;
      row.remove();
      this.rows.delete(key);
    }
  }
}

/** Show a status in a table cell: [colour class, icon, words], or a dash. */
export function status(holder, standing) {
  const line = document.createElement('span');
  const [colour, icon, words] = standing || ['mut', '', '–'];
  line.className = icon && colour ? `st bare ${colour}` : colour;
  if (icon === 'none') line.classList.add('ring'); // most rows of a new form: drawn without an svg
  else if (icon) line.append(drawing(icon));
  line.append(words);
  holder.replaceChildren(line);
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
