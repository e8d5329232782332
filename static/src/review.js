// The pass over a return by keyboard. Without this script the page is links and forms.
// Each press is sent in its turn; its answer renews the panel, the line, the filter and the bar.

const desk = document.getElementById('ban-duyet');
const table = document.getElementById('bang');

if (table) {
  const rows = () => [...table.querySelectorAll('tr.r')];
  const rowOf = (code) => (code ? document.getElementById(`o-${code}`) : null);
  const codeOf = (row) => row.id.slice(2);
  const linkOf = (row) => row.querySelector('a.o');
  const panel = () => document.getElementById('ben');
  const reason = () => document.getElementById('y-kien');
  let here = ''; // code of the line the reviewer is on

  // -- where one is: one line at a time is in the tab order, its name and then its buttons

  function roam(row) {
    for (const one of table.querySelectorAll('a, button')) one.tabIndex = row.contains(one) ? 0 : -1;
    here = codeOf(row);
  }

  function goTo(row) {
    if (!row) return;
    roam(row);
    linkOf(row).focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest' });
  }

  function step(by) {
    const all = rows();
    const at = all.indexOf(rowOf(here));
    goTo(all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]);
  }

  // -- asking the server, one after the other

  let queue = Promise.resolve();
  let waiting = 0;

  function ask(address, told, then) {
    waiting += 1;
    desk.setAttribute('aria-busy', 'true');
    queue = queue
      .then(() => fetch(address, { method: told ? 'POST' : 'GET', body: told, headers: { 'HX-Request': 'true' } }))
      .then(async (answer) => {
        if (!answer.ok || answer.redirected) return window.location.reload();
        renew(await answer.text());
        then?.();
        return undefined;
      })
      .catch(() => (document.querySelector('#tin [role=status]').textContent = desk.dataset.cut))
      .finally(() => {
        waiting -= 1;
        if (!waiting) desk.removeAttribute('aria-busy');
      });
  }

  function renew(text) {
    const box = document.createElement('template');
    box.innerHTML = text;
    const line = box.content.querySelector('template');
    for (const fresh of [...(line ? line.content.children : []), ...box.content.querySelectorAll('#ben, #tin, #loc, #thanh')]) {
      const old = document.getElementById(fresh.id);
      if (old) replace(old, fresh);
    }
    const { code } = panel().dataset;
    for (const row of table.querySelectorAll('tr.sel')) row.classList.remove('sel');
    rowOf(code)?.classList.add('sel');
    table.elements.o.value = code;
    desk.querySelector('.rev').classList.toggle('one', Boolean(code));
    if (rowOf(here)) roam(rowOf(here));
    if (early && !early.isConnected) holdEarly();
  }

  // What was being typed or had the focus stays so in the new piece.
  function replace(old, fresh) {
    const held = old.contains(document.activeElement) ? document.activeElement : null;
    const note = old.id === 'thanh' && old.querySelector('[name=note]');
    if (note) fresh.querySelector('[name=note]').value = note.value;
    old.replaceWith(fresh);
    if (!held) return;
    const same = held.id ? `#${held.id}` : `${held.localName}.${[...held.classList].join('.') || 'x'}`;
    const again = (held.value && fresh.querySelector(`[value="${held.value}"]`)) || fresh.querySelector(same);
    (again || (rowOf(here) && linkOf(rowOf(here))))?.focus({ preventScroll: true });
  }

  function open(address, then) {
    ask(address, null, () => {
      history.replaceState(null, '', address.replace('&y=1', ''));
      then?.();
    });
  }

  const openLine = (row, asked, then) => open(linkOf(row).getAttribute('href').replace('#ben', asked), then);
  const showPanel = () => document.getElementById('h-ben').focus();
  const showReason = () => reason()?.focus();

  // -- the first letters of a reason, typed before its box has come over the line

  let early = null;

  function holdEarly() {
    panel().prepend(early);
    early.focus({ preventScroll: true });
  }

  function expectReason() {
    early = document.createElement('textarea');
    early.rows = 3;
    early.ariaLabel = desk.dataset.reason;
    holdEarly();
  }

  function takeEarly() {
    const typed = early?.value ?? '';
    early?.remove();
    early = null;
    showReason();
    const box = reason();
    if (!box || !typed) return;
    box.value = [box.value.trim(), typed].filter(Boolean).join(' ');
    box.setSelectionRange(box.value.length, box.value.length);
  }

  // -- what the keys do

  function nextToLookAt() {
    const all = rows();
    const at = all.indexOf(rowOf(here));
    const waiting = (row) => row.hasAttribute('data-look');
    const found = all.slice(at + 1).find(waiting) || all.find(waiting);
    if (!found) return;
    goTo(found);
    openLine(found, '');
  }

  /** The line one stands on, or else the one whose panel is open: what is accepted has been seen. */
  function seen() {
    return document.activeElement.closest('tr.r') || rowOf(panel().dataset.code);
  }

  function accept() {
    const row = seen();
    if (!row) return;
    const button = row.querySelector('.k:not(.t)');
    const all = rows();
    const next = all[all.indexOf(row) + 1];
    if (button?.value.startsWith('accept:')) {
      row.removeAttribute('data-look');
      button.click();
    }
    goTo(next || row);
  }

  function sendBack() {
    const row = rowOf(here);
    if (early || !row?.querySelector('.k.t')) return;
    openLine(row, '&y=1', takeEarly);
    expectReason();
  }

  function conclude() {
    document.querySelector('#thanh button:not([aria-disabled=true])')?.focus();
  }

  const ALT = { KeyK: nextToLookAt, KeyD: accept, KeyT: sendBack, KeyS: conclude };

  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (event.altKey && !event.ctrlKey && !event.metaKey && ALT[event.code]) {
      event.preventDefault();
      ALT[event.code]();
    } else if (table.contains(target) && (key === 'ArrowDown' || key === 'ArrowUp') && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      step(key === 'ArrowDown' ? 1 : -1);
    } else if (key === 'Enter' && event.ctrlKey && target.id === 'y-kien') {
      event.preventDefault();
      target.form.querySelector('button[name=decision]').click();
    } else if (key === 'Escape' && panel().contains(target)) {
      goTo(rowOf(panel().dataset.code) || rows()[0]);
    }
  });

  desk.addEventListener('focusin', (event) => {
    const row = event.target.closest('tr.r');
    if (row && codeOf(row) !== here) roam(row);
  });

  desk.addEventListener('submit', (event) => {
    const { submitter, target } = event;
    if (!submitter) return;
    if (target.id === 'thanh') return whole(event);
    event.preventDefault();
    const told = new FormData(target, submitter);
    const code = submitter.value.split(':')[1];
    if (code && rowOf(code)) here = code;
    const isReason = submitter.value.startsWith('ask:');
    const isSaid = Boolean(submitter.closest('.say'));
    ask(target.getAttribute('action') || '', told, () => {
      if (isReason) showReason();
      else if (isSaid) goTo(rowOf(here));
    });
    return undefined;
  });

  // The return as a whole goes by an ordinary page, once every press before it has its answer.
  function whole(event) {
    if (!waiting) return;
    event.preventDefault();
    const { value } = event.submitter;
    queue = queue.then(() => {
      const button = document.querySelector(`#thanh button[value="${value}"]`);
      if (button) button.form.requestSubmit(button);
    });
  }

  desk.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest('a.o');
    if (link) {
      event.preventDefault();
      const asked = new URLSearchParams(link.search);
      here = asked.get('o');
      open(link.getAttribute('href').replace('#ben', ''), asked.has('y') ? showReason : showPanel);
    } else if (event.target.closest('#dong')) {
      event.preventDefault();
      desk.querySelector('.rev').classList.remove('one');
      goTo(rowOf(panel().dataset.code));
    }
  });

  // A sentence that is chosen is put down after what is written already.
  desk.addEventListener('change', (event) => {
    if (event.target.id !== 'cau-mau' || !event.target.value) return;
    const box = reason();
    box.value = [box.value.trim(), event.target.value].filter(Boolean).join(' ');
    event.target.value = '';
    box.focus();
  });

  const first = rowOf(table.elements.o.value) || rows()[0];
  if (first) roam(first);
  // What is asked before a return leaves the desk has the focus, at its button.
  document.querySelector('.asking button[name=decision]')?.focus();
}
