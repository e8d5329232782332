// The whole draft as a file of the officer's own: a cleared browser loses nothing that is in it.

import { askToKeep } from './keeping.js';
import { say } from './show.js';

const KIND = 'povertyplan-draft';
const LONG = 10 * 60 * 1000;

export function offerDrafts(form, saver) {
  const holder = document.getElementById('drafts');
  const warning = document.getElementById('draft-warning');
  const chooser = holder.querySelector('input[type=file]');
  holder.hidden = false;

  holder.querySelector('[data-draft=save]').addEventListener('click', save);
  warning.querySelector('button').addEventListener('click', save);
  chooser.addEventListener('change', async () => {
    const [file] = chooser.files;
    if (file) read(await file.text());
    chooser.value = '';
  });

  function save() {
    const cells = [...form.cells.values()].filter((cell) => cell.isAnswered || cell.isDirty);
    const content = {
      kind: KIND,
      of: form.name,
      at: new Date().toISOString(),
      cells: Object.fromEntries(cells.map((cell) => [cell.code, { ...cell.state, version: cell.version.value }])),
    };
    const link = document.createElement('a');
    link.href = `data:application/json;charset=utf-8,${encodeURIComponent(JSON.stringify(content, null, 1))}`;
    link.download = `nhap-${form.name.replace('/', '-')}.json`;
    link.click();
    warning.hidden = true;
  }

  function read(text) {
    let content = null;
    try {
      content = JSON.parse(text);
    } catch {
      // told below
    }
    const isCell = (state) => ['text', 'na', 'note'].every((part) => typeof state?.[part] === 'string');
    if (content?.kind !== KIND || !content.cells || !Object.values(content.cells).every(isCell)) {
      return saver.tell('bad', 'err', form.words.draft_not_read);
    }
    if (content.of !== form.name) {
      return saver.tell('bad', 'err', say(form.words.draft_of_another, { of: String(content.of) }));
    }
    const cells = Object.entries(content.cells)
      .map(([code, state]) => [form.cells.get(code), state])
      .filter(([cell, state]) => cell && !cell.isSame(state));
    const before = cells.map(([cell]) => [cell, { ...cell.state, version: cell.version.value }]);
    saver.put(cells);
    saver.offer('undo', say(form.words.draft_read, { count: cells.length }), () => saver.put(before));
    return null;
  }

  let isKept = false;
  let hasAsked = false;

  /** Unsent cells that grow old on a browser which may clear them: say so before it matters. */
  saver.onReport = async (left) => {
    if (left && !hasAsked) {
      hasAsked = true;
      isKept = await askToKeep();
    }
    const isOld = left > 0 && Date.now() - saver.store.since > LONG;
    warning.hidden = !(left && (!saver.store.works || (isOld && !isKept)));
  };
}
