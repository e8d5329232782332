// The keyboard of the grid, and pasting a column from a workbook.

import { say } from './show.js';

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
  };

  document.addEventListener('keydown', (event) => {
    const cell = form.cells.get(form.codeOf(event.target));
    const letter = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && letter === 's' && !event.altKey) {
      event.preventDefault();
      if (cell) form.settle(cell);
      shortcuts.s();
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

  form.element.addEventListener('paste', (event) => {
    const start = form.cells.get(form.codeOf(event.target));
    const lines = event.clipboardData.getData('text').replace(/\r/g, '').replace(/\n$/, '').split('\n');
    if (!start || event.target !== start.box || lines.length < 2) return;
    event.preventDefault();
    pasteColumn(order.slice(order.indexOf(start)), lines);
  });

  /** One number a line, downward; an empty line leaves its cell as it is. */
  function pasteColumn(targets, lines) {
    const pairs = targets.slice(0, lines.length).map((cell, place) => [cell, lines[place].split('\t')[0].trim()]);
    const changed = pairs.filter(([, text]) => text);
    const undo = changed.map(([cell]) => [cell, cell.state]);
    for (const [cell, text] of changed) {
      cell.fill(text);
      cell.tidy();
      form.onEdit(cell);
    }
    form.refresh();
    form.onLeave();
    if (changed.length) offerUndo(undo);
  }

  function offerUndo(undo) {
    const number = ([cell]) => cell.spec.number;
    const words = say(form.words.pasted, {
      count: undo.length,
      first: number(undo[0]),
      last: number(undo[undo.length - 1]),
    });
    saver.offer('undo', words, () => {
      saver.put(undo);
      undo[0][0].box.focus();
    });
  }
}
