// What the page itself says of each line: the numbers it shows, and in `data-own` what only this
// return can know (reports/entry/specs.py writes it). The rest is in the definitions.

import { fromPlain } from '../decimals.js';

const SHOWN = /^[\u2212-]?\d[\d.]*(,\d+)?$/;

/** 1.234,5 as 1234.5; nothing where no number is shown. */
export function plain(text) {
  const shown = text.trim();
  if (!SHOWN.test(shown)) return '';
  return shown.replace(/\./g, '').replace(',', '.').replace('\u2212', '-');
}

/** The catalogue's spec of a line with what its row says; numbers as plain text. */
export function lineOf(tr, spec) {
  const own = {};
  for (const word of (tr.dataset.own || '').split(' ')) {
    const [name, ...parts] = word.split(':');
    own[name] = parts;
  }
  const shown = (part, selector) => own[part]?.[0] ?? plain(tr.querySelector(selector)?.textContent || '');
  return {
    ...spec,
    number: tr.cells[0].textContent.trim().split('\t')[0],
    previous: shown('p', '.pv'),
    plan: shown('k', '.pl'),
    locked: spec.above || spec.opening ? '' : shown('v', '.auto.locked'),
    then: tr.dataset.then || '',
    isComparable: !own.x,
    history: own.h,
    near: own.n,
  };
}

/** Last year's figures in millionths. */
export const previousOf = (specs) =>
  new Map(Object.entries(specs).flatMap(([code, { previous }]) => (previous ? [[code, fromPlain(previous)]] : [])));
