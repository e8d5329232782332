// The keyboard of the grid.

import { show } from '../decimals.js';

export function listenToKeys(form, saver) {
  const order = [...form.cells.values()];

  function go(cell, step, part = 'box') {
    const next = order[order.indexOf(cell) + step];
    if (!next) return false;
    next[part].focus();
    next.tr.scrollIntoView({ block: 'nearest' });
    return true;
  }

  function goToNext(current) {
    const waiting = form.attention();
    if (!waiting.length) return;
    const place = order.indexOf(current);
    const next = waiting.find((cell) => order.indexOf(cell) > place) || waiting[0];
    next.box.focus();
    next.tr.scrollIntoView({ block: 'center' });
  }

  const moves = {
    Enter(cell, event, part) {
      remember();
      if (cell.isDirty) form.settle(cell); // the last cell has nowhere to go and is left all the same
      go(cell, event.shiftKey ? -1 : 1, part);
      return true;
    },
    ArrowDown: (cell, event, part) => part === 'box' && go(cell, 1),
    ArrowUp: (cell, event, part) => part === 'box' && go(cell, -1),
    Escape(cell) {
      cell.state = cell.saved;
      form.settle(cell);
      cell.box.select?.();
      return true;
    },
    F2(cell) {
      const end = cell.box.value.length;
      cell.box.setSelectionRange?.(end, end);
      return true;
    },
  };

  const shortcuts = {
    s: () => saver.now(),
    g: (cell) => cell?.note.focus(),
    l: (cell) => goToNext(cell),
    d: (cell) => takeLastYear(cell),
  };

  /** Last year's figure into the cell; why it is the same is asked for. */
  function takeLastYear(cell) {
    const last = form.previous.get(cell.code);
    if (last === undefined || cell.box.options) return;
    cell.fill(show(last, cell.spec.decimals || 0));
    form.settle(cell);
    if (cell.note.value.trim()) return;
    cell.note.placeholder = form.words.took_last;
    cell.note.focus();
  }

  // What a cell was before it was last left, for Ctrl+Z; typing itself is undone by the browser.
  const past = [];
  let entered = null;
  form.element.addEventListener('focusin', (event) => {
    const cell = form.cells.get(form.codeOf(event.target));
    entered = cell ? [cell, cell.state] : null;
  });
  form.element.addEventListener('focusout', remember);

  function remember() {
    if (entered && !entered[0].isSame(entered[1])) past.push(entered);
    entered = entered && [entered[0], entered[0].state];
  }

  /** True when there was something to undo. */
  function undo(current) {
    if (current && entered && !current.isSame(entered[1])) return false; // typing: the browser's own
    const last = past.pop();
    if (!last) return false;
    const [cell, state] = last;
    cell.state = state;
    form.settle(cell);
    entered = null;
    cell.box.focus();
    return true;
  }

  document.addEventListener('keydown', (event) => {
    const cell = form.cells.get(form.codeOf(event.target));
    const letter = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && letter === 's' && !event.altKey) {
      event.preventDefault();
      if (cell) form.settle(cell);
      shortcuts.s();
    } else if ((event.ctrlKey || event.metaKey) && letter === 'd' && cell && !event.altKey) {
      event.preventDefault();
      shortcuts.d(cell);
    } else if ((event.ctrlKey || event.metaKey) && letter === 'z' && !event.shiftKey && !event.altKey) {
      if (undo(cell)) event.preventDefault();
    } else if (event.altKey && (letter === 'g' || letter === 'l')) {
      event.preventDefault();
      shortcuts[letter](cell);
    } else if (cell && !event.ctrlKey && !event.altKey && !event.metaKey) {
      move(cell, event);
    }
  });

  function move(cell, event) {
    const part = { [cell.box.name]: 'box', [cell.note.name]: 'note' }[event.target.name];
    const isList = event.target.tagName === 'SELECT' && event.key.startsWith('Arrow');
    if (!part || isList || event.isComposing) return;
    if (moves[event.key]?.(cell, event, part)) event.preventDefault();
  }

  document.getElementById('to-first').addEventListener('click', () => goToNext(null));
}
