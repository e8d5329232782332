// The allocation page. Without this script the server says what is left; with it, while typing.

import { absolute, divide, fromPlain, read, show } from './decimals.js';

const form = document.querySelector('form[data-manner]');
if (form) {
  const places = Number(form.dataset.places);
  const adds = form.dataset.manner === 'sum' || form.dataset.manner === 'count';
  const output = form.querySelector('output');
  const told = output.dataset;
  const words = output.querySelector('span');
  const shares = [...form.querySelectorAll('input[name^="v-"]')];

  const say = (text, value) =>
    text.replace('{n}', `${show(value, places)}${told.unit === '%' ? '' : ' '}${told.unit}`);

  function left(total, values) {
    const rest = total - values.reduce((sum, [value]) => sum + value, 0n);
    if (!rest) return [told.even, true];
    return [say(rest > 0n ? told.left : told.over, absolute(rest)), false];
  }

  function mean(values) {
    const weighed = values.map(([value, input]) => [
      value,
      form.dataset.manner === 'mean' ? 1n : fromPlain(input.dataset.weight || '0'),
    ]);
    const base = weighed.reduce((sum, [, weight]) => sum + weight, 0n);
    if (!base) return '';
    return say(told.mean, divide(weighed.reduce((sum, [value, weight]) => sum + value * weight, 0n), base));
  }

  form.addEventListener('input', () => {
    const total = read(form.elements.total.value, places).value;
    const values = shares.map((input) => [read(input.value, places).value, input]).filter(([value]) => value !== undefined);
    const missing = shares.length - values.length;
    // Whether a rate is good enough is the server's to say.
    const [text, isEven] = adds ? (total === undefined ? ['', false] : left(total, values)) : [mean(values), false];
    words.textContent = [text, missing ? told.missing.replace('{n}', missing) : ''].filter(Boolean).join('; ');
    const done = isEven && !missing;
    output.classList.toggle('s-met', done);
    output.classList.toggle('s-risk', !done);
    output.querySelector('use').setAttribute('href', done ? '#i-met' : '#i-risk');
  });

  document.getElementById('problems')?.focus();
}
