// What was typed and not yet sent, kept on this device: at once, cell by cell, past any restart.

const PREFIX = 'povertyplan:entry:';

export class Store {
  constructor(name) {
    this.key = PREFIX + name;
    this.mine = new Set(); // cells this window has kept: another window's are not its to drop
    this.works = true;
  }

  /** {code: {text, na, note, version, at}} of every window, oldest included. */
  read() {
    try {
      return JSON.parse(localStorage.getItem(this.key))?.cells || {};
    } catch {
      return {};
    }
  }

  /** Keep exactly `cells` of this window's own: {code: {text, na, note, version}}. */
  write(cells) {
    const kept = this.read();
    for (const code of this.mine) if (!cells[code]) delete kept[code];
    for (const [code, state] of Object.entries(cells)) {
      this.mine.add(code);
      kept[code] = { ...state, at: kept[code]?.at || Date.now() };
    }
    try {
      if (Object.keys(kept).length) localStorage.setItem(this.key, JSON.stringify({ cells: kept }));
      else localStorage.removeItem(this.key);
      this.works = true;
    } catch {
      this.works = false; // a private window or a full disk: the page itself still has everything
    }
    return this.works;
  }

  /** When the oldest unsent cell was typed; 0 when there is none. */
  get since() {
    const times = Object.values(this.read()).map((state) => state.at || Date.now());
    return times.length ? Math.min(...times) : 0;
  }
}

/** Ask the browser not to clear what is kept when space runs short. Gives whether it agreed. */
export async function askToKeep() {
  try {
    return (await navigator.storage.persisted()) || (await navigator.storage.persist());
  } catch {
    return false;
  }
}
