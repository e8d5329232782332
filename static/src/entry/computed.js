// Rates of the form, from the same terms as the server's.

import { fromPlain, ratio } from '../decimals.js';

/** Sum of numerators over sum of denominators, times the scale; null when a term is not known. */
export function computeRatio(spec, value) {
  const sum = (codes) =>
    codes.map(value).reduce((all, one) => (all === null || one === null ? null : all + one), 0n);
  const [top, bottom] = [sum(spec.above), sum(spec.below)];
  return top === null || bottom === null ? null : ratio(top, fromPlain(spec.scale), bottom);
}
