// Looking figures up: a search in the list of figures, a short address, a link to copy. The page
// works without any of it.

shortAddress(document.querySelector('form[data-short]'));
seekFigures(document.querySelector('.seek'));
catalogue(document.querySelector('[data-catalogue]'));
copying(document.querySelector('[data-copy]'));

/** Words without accents and case, as the server folds them. */
function folded(text) {
  return text
    .toLowerCase()
    .replace(/đ/g, 'd')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Send the boxes that are ticked as one value, and no empty ones: the address stays readable. */
function shortAddress(form) {
  if (!form) return;
  form.addEventListener('formdata', (event) => {
    const data = event.formData;
    for (const name of new Set(data.keys())) {
      const values = data.getAll(name).filter(Boolean);
      data.delete(name);
      if (values.length) data.set(name, values.join(','));
    }
  });
}

/**
 * The page comes with the chosen figures alone; the list of all is fetched when the form is
 * opened. What was ticked meanwhile stays ticked. When it cannot be fetched, the link leads to it.
 */
function catalogue(link) {
  if (!link) return;
  const box = link.closest('fieldset');
  const form = link.closest('details');
  let coming;
  const fetched = async () => {
    const answer = await fetch(link.dataset.catalogue);
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const text = await answer.text();
    const ticks = new Map([...box.querySelectorAll('input')].map((one) => [one.value, one.checked]));
    const held = box.contains(document.activeElement);
    box.innerHTML = text;
    for (const one of box.querySelectorAll('input[name]')) {
      one.checked = ticks.get(one.value) ?? one.checked;
    }
    seekFigures(box.querySelector('.seek'));
    if (held) box.querySelector('.seek input').focus();
  };
  const load = () => {
    coming ??= fetched().catch(() => {
      coming = undefined;
      return false;
    });
    return coming;
  };
  form.addEventListener('toggle', load, { once: true });
  link.addEventListener('click', async (event) => {
    event.preventDefault();
    if ((await load()) === false) window.location.assign(link.href);
  });
}

/** Show only the figures whose name has the words; themes without any are folded away. */
function seekFigures(box) {
  if (!box) return;
  const field = box.querySelector('input');
  const status = box.querySelector('[data-found]');
  const themes = [...document.querySelectorAll('.figlist details')].map((theme) => ({
    theme,
    wasOpen: theme.open,
    all: theme.querySelector('.all'),
    rows: [...theme.querySelectorAll('label:not(.all)')].map((row) => [row, folded(row.textContent)]),
  }));
  box.hidden = false;
  field.addEventListener('input', () => {
    const wanted = folded(field.value);
    let found = 0;
    for (const { theme, wasOpen, all, rows } of themes) {
      let shown = 0;
      for (const [row, name] of rows) {
        row.hidden = !wanted.split(' ').every((word) => name.includes(word));
        if (!row.hidden) shown += 1;
      }
      all.hidden = wanted !== '';
      theme.hidden = shown === 0;
      theme.open = wanted === '' ? wasOpen : shown > 0;
      found += shown;
    }
    status.textContent = wanted ? status.dataset.found.replace('{n}', found) : '';
  });
  // Enter looks for a figure; it does not send the whole form from here.
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault();
  });
}

function copying(button) {
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.addEventListener('focus', () => field.select());
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.done;
  });
}
